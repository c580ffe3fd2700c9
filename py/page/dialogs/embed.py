"""The dialog that makes a snippet for other pages: its choices, the text, and the way to the clipboard."""

from functools import cache
from typing import Any

from js import location

from page.dialogs.box import Box, styled
from page.dom import listen, patch
from page.output import Output
from present import embedview, state
from present.snippets import DEFAULT_HEIGHT_PX, KINDS, MAX_HEIGHT_PX, MIN_HEIGHT_PX, PARTS, Frame, Kind


async def open_for(_output: Output, _detail: str) -> None:
    """Open the dialog, which is made when it is first asked for and then keeps its choices."""
    await styled()
    _dialog().open()


class EmbedDialog:
    """The dialog and what was chosen in it."""

    def __init__(self) -> None:
        """Make the dialog."""
        self.box = Box("embed")
        self.made = False
        listen(self.box.element, "input", lambda _event: self._update())
        listen(self.box.element, "submit", lambda event: event.preventDefault())
        listen(self.box.element, "click", self._clicked)

    def open(self) -> None:
        """Show it, for the scenario in the address."""
        if not self.made:
            self.box.fill(embedview.dialog_nodes())
            self.made = True
        self._update()
        self.box.show("Embed this estimate")

    def _part(self, name: str) -> Any:
        return self.box.element.querySelector(f"[data-part={name}]")

    def _update(self) -> None:
        frame, kind = self._chosen()
        patch(self._part("code"), (kind.make(frame),))
        patch(self._part("note"), (embedview.note(frame, kind),))
        self._part("preview").href = frame.address
        self.box.element.querySelector("[name=follows]").disabled = not kind.can_follow
        self.box.say("")

    def _chosen(self) -> tuple[Frame, Kind]:
        checked = list(self.box.element.querySelectorAll("input:checked"))
        chosen = {(str(box.name), str(box.value)) for box in checked}
        (kind,) = (each for each in KINDS if ("kind", each.key) in chosen)
        scenario, _ = state.from_query(str(location.search))
        frame = Frame(
            page_url=f"{location.origin}{location.pathname}",
            scenario=scenario,
            theme=str(self._part("theme").value),
            parts=tuple(part for part in PARTS if ("part", part) in chosen) or PARTS[:1],
            height_px=_height_px(str(self._part("height").value)),
            follows=("follows", "1") in chosen,
        )
        return frame, kind

    def _clicked(self, event: Any) -> None:
        if event.target.closest("[data-part=copy]"):
            code = self._part("code")
            self.box.start(self.box.copy(str(code.textContent), code))


def _height_px(text: str) -> int:
    return min(max(int(text), MIN_HEIGHT_PX), MAX_HEIGHT_PX) if text.isdigit() else DEFAULT_HEIGHT_PX


@cache
def _dialog() -> EmbedDialog:
    return EmbedDialog()
