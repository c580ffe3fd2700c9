"""The model box as a combobox: a list of suggestions, picked by hand (W3C APG, list autocomplete).

The focus stays in the box; `aria-activedescendant` says which suggestion the arrow keys have reached. Nothing
is asked of the Hub before the user has typed and paused.
"""

from collections.abc import Callable
from typing import Any

from js import AbortController, clearTimeout, setTimeout
from pyodide.ffi import create_once_callable

from page import storage
from page.dom import find, listen, patch, show
from page.hub import Hub, HubFailure, TooLarge
from present import hubtext, modelview, picker
from present.picker import Group, Option
from roofline import CATALOGUE

_CARET_KEYS = frozenset({"ArrowLeft", "ArrowRight", "Home", "End"})


class Picker:
    """The box, its list, and the search behind it."""

    def __init__(
        self,
        hub: Hub,
        *,
        pick: Callable[[str], None],
        leave: Callable[[], None],
        announce: Callable[[str], None],
        start: Callable[[Any], None],
    ) -> None:
        """Take the box over from the browser's own list, which served until Python was ready."""
        self.box, self.list, self.popup = find("model"), find("model-list"), find("model-popup")
        self.hub, self.announce, self.start = hub, announce, start
        self.pick, self.leave = pick, leave
        self.searches = True
        self.recent = picker.remembered(storage.load("recent"))
        self.words = self.doing = ""
        self.found: tuple[Option, ...] = ()
        self.known: dict[str, tuple[Option, ...]] = {}
        self.groups: tuple[Group, ...] = ()
        self.active: int | None = None
        self.settled = str(self.box.value)
        self._timer: int | None = None
        self._abort: Any = None
        self._become_combobox()

    def _become_combobox(self) -> None:
        self.box.removeAttribute("list")
        attributes = {"role": "combobox", "aria-autocomplete": "list", "aria-expanded": "false"}
        for name, value in {**attributes, "aria-controls": "model-list", "aria-haspopup": "listbox"}.items():
            self.box.setAttribute(name, value)
        for event, handler in {"input": self.typed, "keydown": self.pressed, "blur": self.left}.items():
            listen(self.box, event, handler)
        listen(self.popup, "pointerdown", lambda event: event.preventDefault())
        listen(self.list, "click", self.clicked)
        listen(find("model-open"), "pointerdown", lambda event: event.preventDefault())
        listen(find("model-open"), "click", self.toggled)
        show(find("model-open"), True)

    @property
    def is_open(self) -> bool:
        """Whether the list is shown."""
        return not self.popup.hidden

    @property
    def offers(self) -> bool:
        """Whether there is something to pick, or may be in a moment: the text need not be a model yet."""
        return self.is_open and bool(self.groups or self._timer or self._abort)

    def typed(self, _event: Any) -> None:
        """Letters: suggest at once what is at hand, and ask the Hub after a pause."""
        words = picker.query(str(self.box.value))
        if (self.box.value and not words) or words in (*CATALOGUE, *self.recent):
            return self.close()
        self.active = None
        self._look_for(words)
        self._open()
        if self.searches and picker.asks_hub(self.words) and self.words not in self.known:
            self._timer = setTimeout(create_once_callable(self._search), picker.DEBOUNCE_MS)
        return None

    def _look_for(self, words: str) -> None:
        self._stop()
        self.words, self.doing = words, ""
        self.found = self.known.get(words, ())

    def _search(self) -> None:
        self._timer = None
        rest_s = self.hub.rest_s()
        if rest_s:
            return self._say(picker.paused(rest_s))
        self._abort = AbortController.new()
        self._say(picker.SEARCHING)
        return self.start(self._ask(self.words, self._abort.signal))

    async def _ask(self, words: str, signal: Any) -> None:
        doing = ""
        try:
            self.known[words] = await self.hub.search(words, signal)
        except HubFailure as failure:
            doing = self._why(failure.code)
        except (TooLarge, hubtext.NotAConfig):
            doing = picker.FAULT
        if signal.aborted or words != self.words or not self.is_open:
            return
        self._abort = None
        self.found = self.known.get(words, ())
        self._say(doing)
        if not self.offers:
            self.leave()

    def _why(self, code: str) -> str:
        if code == "rate-limited":
            return picker.paused(self.hub.rest_s())
        return picker.UNREACHABLE if code == "hub-unreachable" else picker.FAULT

    def _stop(self) -> None:
        """Neither wait for a pause nor for an answer any longer."""
        if self._timer is not None:
            clearTimeout(self._timer)
            self._timer = None
        if self._abort is not None:
            self._abort.abort()
            self._abort = None

    def _open(self) -> None:
        show(self.popup, True)
        self.box.setAttribute("aria-expanded", "true")
        self._say(self.doing)

    def close(self) -> None:
        """Hide the list; what was under way ends."""
        self._stop()
        self.active = None
        self._draw()
        show(self.popup, False)
        self.box.setAttribute("aria-expanded", "false")

    def left(self, _event: Any) -> None:
        """The focus went elsewhere."""
        self.close()
        self.leave()

    def toggled(self, _event: Any) -> None:
        """The button beside the box: everything at hand, whatever the box says."""
        was_open = self.is_open
        self.box.focus()
        if was_open:
            return self.close()
        self._look_for("")
        return self._open()

    def _say(self, doing: str) -> None:
        """Show the list as it is now, and how much there is in it."""
        self.doing = doing
        reached = self._option(self.active)
        self.groups = picker.suggestions(self.words, self.recent, self.found)
        if self._option(self.active) != reached:
            self.active = None
        status = picker.status(self.groups, doing)
        find("model-status").textContent = status
        self._draw()
        self.announce(status)

    def _draw(self) -> None:
        patch(self.list, modelview.suggestion_nodes(self.groups, self.active))
        if self.active is None:
            self.box.removeAttribute("aria-activedescendant")
            return
        name = modelview.option_id(self.active)
        self.box.setAttribute("aria-activedescendant", name)
        find(name).scrollIntoView(block="nearest")

    def _option(self, index: int | None) -> Option | None:
        options = [option for group in self.groups for option in group.options]
        return options[index] if index is not None and index < len(options) else None

    def pressed(self, event: Any) -> None:
        """Keys with a meaning of their own; the others edit the text."""
        key = str(event.key)
        if key in ("ArrowDown", "ArrowUp"):
            event.preventDefault()
            self._arrow(key, alone=not event.altKey)
        elif key == "Enter":
            option = self._option(self.active)
            if self.is_open and option is not None:
                event.preventDefault()
                return self._choose(option.id)
            self.close()
        elif key == "Escape" and self.is_open:
            event.preventDefault()
            self.close()
            self.leave()
        elif key in _CARET_KEYS and self.active is not None:
            self.active = None
            self._draw()
        return None

    def _arrow(self, key: str, *, alone: bool) -> None:
        if not alone and key == "ArrowUp":
            return self.close()
        if not self.is_open:
            self._look_for(picker.query(str(self.box.value), self.settled))
            self._open()
        if alone:
            self.active = picker.move(self.active, key, sum(len(group.options) for group in self.groups))
            self._draw()
        return None

    def clicked(self, event: Any) -> None:
        """A suggestion was pressed."""
        chosen = event.target.closest("[data-pick]")
        if chosen:
            self._choose(str(chosen.dataset.pick))

    def _choose(self, name: str) -> None:
        self.box.value = name
        self.close()
        self.pick(name)

    def settle(self, name: str, *, wanted: bool) -> None:
        """What the box says is computed; a model that was asked for is suggested again from now on."""
        self.settled = str(self.box.value)
        if wanted:
            self.recent = picker.remember(self.recent, name)
            storage.save("recent", picker.written(self.recent))
