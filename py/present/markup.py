"""A view as a tree of nodes: written into the document by `page`, into static HTML by tools.

Text stays text until the last moment; whoever builds the document sets text nodes, and `to_html`
escapes. There is no way to put markup into a node's text.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr"})


@dataclass(frozen=True, slots=True)
class Node:
    """One element."""

    tag: str
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple["Node | str", ...] = ()

    def text(self) -> str:
        """The text of this element and all within, as a reader meets it."""
        return "".join(each if isinstance(each, str) else each.text() for each in self.children)

    def walk(self) -> Iterator["Node"]:
        """This node and every node within."""
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()


def h(tag: str, *children: "Node | str | None", **attributes: str | None) -> Node:
    """An element; `class_` is written class, underscores become hyphens, None is left out."""
    pairs = tuple(
        (name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items() if value is not None
    )
    return Node(tag, pairs, tuple(child for child in children if child is not None))


def to_html(node: "Node | str") -> str:
    """HTML text of the tree."""
    if isinstance(node, str):
        return escape(node, quote=False)
    opening = "".join(f' {name}="{escape(value)}"' for name, value in node.attributes)
    if node.tag in VOID:
        return f"<{node.tag}{opening}>"
    inner = "".join(to_html(child) for child in node.children)
    return f"<{node.tag}{opening}>{inner}</{node.tag}>"


def serialized(nodes: Iterable[Node | str]) -> str:
    """Their HTML as browsers write it, in all that this page's text can hold; to be compared only."""
    return "".join(map(to_html, nodes)).replace("\N{NO-BREAK SPACE}", "&nbsp;").replace("&#x27;", "'")
