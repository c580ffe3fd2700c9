"""The dialogs that take an answer away: exports, the serving command, the link."""

from present import inputs
from present.cards import Answer
from present.export import FORMATS, Format
from present.markup import Node, h
from present.serving_command import ServingCommand, serving_command
from present.state import is_in_link

VERSION = "0.1.0"
"""Of this calculator, in exports."""

WITHHELD = (
    "This answer is not exported: the model’s config.json was read with your access token."
    " What a token opens stays on this page; it is never stored, and leaves the page in no file."
)
LINK_COPIED = "The link is copied."
LINK_WITHOUT_CONFIG = "The link is copied. The pasted config.json is not in it: who opens it has to paste it again."


def link_said(answer: Answer) -> str:
    """What to say of a link that was copied."""
    return LINK_COPIED if is_in_link(answer.scenario) else LINK_WITHOUT_CONFIG


def link_nodes(address: str) -> tuple[Node, ...]:
    """The link to be copied by hand, where the browser does not let the page do it."""
    return (_code(address, "link", "Link to this scenario"),)


def export_nodes(answer: Answer, chosen: Format, text: str) -> tuple[Node, ...]:
    """The choice of a format, its text, and what to do with it; a refusal in words where a token was used."""
    if answer.with_token:
        return (h("p", WITHHELD, class_="notice"),)
    choices = (_radio(form, checked=form is chosen) for form in FORMATS.values())
    legend = h("legend", "Format", class_="visually-hidden")
    return (
        h("fieldset", legend, *choices, class_="segmented"),
        _code(text, "export", f"The answer as {chosen.name}"),
        h("p", _button("Copy", copy="export"), _button("Download", download=""), class_="fixes"),
        h("p", "Every figure with its unit, its SI value and its 80 % range, and all that was asked.", class_="hint"),
    )


def _radio(form: Format, *, checked: bool) -> Node:
    mark = {"checked": ""} if checked else {}
    box = h("input", type="radio", name="format", value=form.suffix, **mark)
    return h("label", box, h("span", form.name))


def command(answer: Answer) -> ServingCommand:
    """The command of an answer."""
    scenario = answer.scenario
    return serving_command(answer.model, inputs.deployment(scenario), inputs.workload(scenario), answer.estimate)


def command_nodes(found: ServingCommand) -> tuple[Node, ...]:
    """The command, the file that it reads, and what the reader should know."""
    notes = [h("li", note) for note in found.notes]
    nodes = [
        h("p", f"{found.engine} {found.version}, with the settings that the estimate assumed.", class_="hint"),
        _code(found.text, "command", f"Command that starts {found.engine}"),
        h("p", _button("Copy command", copy="command"), class_="fixes"),
    ]
    if found.file is not None:
        nodes += [
            h("h3", found.file.name),
            _code(found.file.content, "file", f"Content of {found.file.name}"),
            h("p", _button(f"Copy {found.file.name}", copy="file"), class_="fixes"),
        ]
    return (*nodes, h("ul", *notes, class_="hint remarks")) if notes else tuple(nodes)


def _code(text: str, name: str, label: str) -> Node:
    about = {"aria_label": label, "data_text": name}
    return h("pre", text, class_="snippet", tabindex="0", role="region", **about)


def _button(label: str, **data: str) -> Node:
    about = {f"data_{key}": text for key, text in data.items()}
    return h("button", label, type="button", class_="chip", **about)
