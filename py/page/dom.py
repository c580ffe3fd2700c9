"""The document: finding elements, listening, and bringing them in line with trees of nodes.

Text is only ever set as text. `patch` changes what differs and leaves the rest in place, so that
focus, selection and opened disclosures survive an update.
"""

from collections.abc import Callable, Sequence
from typing import Any

from js import document, history, location
from pyodide.ffi import JsException, create_proxy

from page.frame import FRAMED, tell_query
from present.markup import Node, serialized


def find(element_id: str) -> Any:
    """The element of that id, which index.html must have."""
    element = document.getElementById(element_id)
    if not element:
        raise LookupError(f"index.html has no element #{element_id}")
    return element


def listen(target: Any, event: str, handler: Callable[[Any], object]) -> None:
    """Call a plain function on each event, for as long as the page lives."""
    target.addEventListener(event, create_proxy(handler))


def show(element: Any, visible: bool) -> None:
    """Show or hide an element."""
    element.hidden = not visible


def write_query(query: str, *, new_entry: bool = False) -> None:
    """Put a query string (without "?") into the address, as a new step of the history or in place of this one."""
    address = f"{location.pathname}{'?' if query else ''}{query}"
    if FRAMED:
        tell_query(query)
    try:
        if new_entry and not FRAMED:  # a host's back button leads through the host's own pages
            history.pushState(None, "", address)
        elif address != f"{location.pathname}{location.search}":
            history.replaceState(None, "", address)
    except JsException:
        pass  # refused in a sandboxed frame, where nobody sees the address either


def patch(parent: Any, nodes: Sequence[Node | str]) -> None:
    """Make the children of an element equal to these nodes."""
    present = list(parent.childNodes)
    for index, node in enumerate(nodes):
        current = present[index] if index < len(present) else None
        if current is None:
            parent.appendChild(_created(node))
        elif not _updated(current, node):
            parent.replaceChild(_created(node), current)
    for leftover in present[len(nodes) :]:
        parent.removeChild(leftover)


def patch_if_other(parent: Any, nodes: Sequence[Node | str]) -> None:
    """As `patch`, where the children often are what they should be: then no node is asked."""
    if str(parent.innerHTML) != serialized(nodes):
        patch(parent, nodes)


def _updated(current: Any, node: Node | str) -> bool:
    """Bring an existing node in line; False where it is of another kind."""
    if isinstance(node, str):
        if current.nodeType != current.TEXT_NODE:
            return False
        if current.data != node:
            current.data = node
        return True
    if current.nodeType != current.ELEMENT_NODE or current.localName != node.tag:
        return False
    wanted = dict(node.attributes)
    for name in list(current.getAttributeNames()):
        if name not in wanted and name != "open":
            current.removeAttribute(name)
    for name, value in wanted.items():
        if current.getAttribute(name) != value:
            current.setAttribute(name, value)
    patch(current, node.children)
    return True


def _created(node: Node | str) -> Any:
    if isinstance(node, str):
        return document.createTextNode(node)
    element = document.createElement(node.tag)
    for name, value in node.attributes:
        element.setAttribute(name, value)
    for child in node.children:
        element.appendChild(_created(child))
    return element
