"""Pinned scenarios: the link holds them, this visit also their models where the link cannot."""

from dataclasses import dataclass

from js import location

from page.dom import find, write_query
from present import pins, state
from present.fields import Issue
from present.models import Loaded
from present.pins import TooLong
from present.state import PINS, Scenario

NAME = "Compare"
ALL_TAKEN = f"{len(PINS)} scenarios are pinned already. Unpin one in {NAME} first."


@dataclass(frozen=True, slots=True)
class Kept:
    """A model as it was when its scenario was pinned, and the text that it was pasted as."""

    loaded: Loaded
    pasted: str


class Pinboard:
    """The scenarios that are pinned."""

    def __init__(self) -> None:
        """Read the link."""
        self.pinned: dict[str, Scenario] = {}
        self.issues: tuple[Issue, ...] = ()
        self.kept: dict[str, Kept] = {}
        self._linked: tuple[tuple[str, str], ...] | None = None
        self.follow_link()

    def follow_link(self) -> None:
        """The address has changed, perhaps its pins too."""
        query = str(location.search)
        linked = pins.pairs_of(query)
        if linked == self._linked:
            return
        self._linked = linked
        before = self.pinned
        self.pinned, self.issues = pins.read(query)
        self.kept = {pin: each for pin, each in self.kept.items() if self.pinned.get(pin) == before.get(pin)}
        self._count()

    def pin(self, scenario: Scenario, loaded: Loaded) -> tuple[str, str]:
        """Pin a scenario: its name, or "", and what there is to say."""
        self.follow_link()
        taken, free = pins.same(self.pinned, scenario), pins.free(self.pinned)
        if taken is not None:
            return "", f"This scenario is pinned already, as {pins.name_of(taken)}."
        if free is None:
            return "", ALL_TAKEN
        try:
            self.put(free, scenario, loaded, str(find("config").value))
        except TooLong as refusal:
            return "", str(refusal)
        return pins.name_of(free), f"Pinned as {pins.name_of(free)}. {NAME} shows it beside the form."

    def put(self, pin: str, scenario: Scenario, loaded: Loaded, pasted: str) -> None:
        """Pin a scenario in this place; `pasted` is what stands in the box for a config.json. Raises TooLong."""
        plain = pins.plain(scenario)
        self._write({**self.pinned, pin: plain})
        self.kept[pin] = Kept(loaded, "" if state.is_in_link(plain) else pasted)

    def drop(self, pin: str) -> None:
        """Take a pin away."""
        self.kept.pop(pin, None)
        self._write({each: scenario for each, scenario in self.pinned.items() if each != pin})

    def _write(self, pinned: dict[str, Scenario]) -> None:
        write_query(pins.with_pins(str(location.search), pinned))
        self.pinned = {pin: pinned[pin] for pin in PINS if pin in pinned}
        self.issues = ()
        self._linked = pins.pairs_of(str(location.search))
        self._count()

    def _count(self) -> None:
        """On the tab."""
        find("tab-compare").textContent = f"{NAME} ({len(self.pinned)})" if self.pinned else NAME


BOARD = Pinboard()
