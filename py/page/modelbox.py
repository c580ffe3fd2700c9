"""Around the model box: the key that leads to it, its revision, the reader's token, and its switches."""

from typing import Any

from js import document

from page import storage
from page.dom import find, listen, show
from page.hub import Hub
from page.picker import Picker
from present import access, picker

OWN = frozenset({"token", "slash", "search"})
"""Controls that are not part of a scenario: an edit there computes nothing."""
_EDITABLE = "input:not([type=radio], [type=checkbox], [type=file]), textarea, select, [contenteditable]"


class ModelBox:
    """Controls that say how the model is found."""

    def __init__(self, hub: Hub, suggestions: Picker) -> None:
        """Set the switches as they were left."""
        self.box, self.token_box, self.revision_box = find("model"), find("token"), find("revision")
        self.hub, self.picker = hub, suggestions
        for name in ("slash", "search"):
            find(name).checked = storage.load(name) != "off"
            listen(find(name), "change", self.switched)
        self._apply()
        listen(document, "keydown", self.pressed)
        listen(self.token_box, "input", self.token_typed)
        listen(find("forget-token"), "click", self.forget)
        self.token_typed()

    def switched(self, event: Any) -> None:
        """A switch: it holds from now on, and for the next visits."""
        storage.save(str(event.target.id), "on" if event.target.checked else "off")
        self._apply()

    def _apply(self) -> None:
        self.slash = bool(find("slash").checked)
        self.picker.searches = bool(find("search").checked)
        show(find("slash-key"), self.slash)
        if self.slash:
            self.box.setAttribute("aria-keyshortcuts", "/")
        else:
            self.box.removeAttribute("aria-keyshortcuts")

    def pressed(self, event: Any) -> None:
        """A slash outside of any text leads to the model box."""
        if event.key != "/" or not self.slash or event.ctrlKey or event.metaKey or event.altKey:
            return
        if event.defaultPrevented or event.target.closest(_EDITABLE) or not self.box.checkVisibility():
            return
        event.preventDefault()
        self.box.focus()
        self.box.select()

    def token_typed(self, _event: Any = None) -> None:
        """A token is held from the moment it is complete, and dropped with its last letter."""
        text = str(self.token_box.value)
        try:
            self.hub.token = access.token(text)
        except access.NotAToken:
            self.hub.token = None
        find("token-hint").textContent = access.note(text)
        show(find("forget-token"), bool(text))

    def forget(self, _event: Any) -> None:
        """Drop the token, on the page and in memory."""
        self.token_box.value = ""
        self.token_typed()
        self.token_box.focus()

    def ask_token(self) -> None:
        """Lead to the token box."""
        find("advanced").open = True
        self.token_box.focus()

    def revise(self) -> None:
        """The revision box was edited: the model box says so."""
        self.box.value = picker.with_revision(str(self.box.value), str(self.revision_box.value))

    def reflect(self) -> None:
        """The model box may have changed: show its revision, but not under the reader's fingers."""
        if not self.revision_box.isSameNode(document.activeElement):
            self.revision_box.value = picker.revision_of(str(self.box.value))
