"""The models read so far, and where the next one comes from."""

from contextlib import suppress

from js import Date

from page import storage
from page.frame import FRAMED
from page.hub import Files, Hub, HubFailure, TooLarge
from present import errors, hubtext, kept, models
from present.errors import Problem
from present.hubtext import ModelRef
from present.kept import Kept
from present.models import Loaded
from present.state import PASTED, Scenario
from roofline import RooflineError

STORE = "configs"
PASSING = frozenset({"hub-unreachable", "hub-timeout", "hub-error", "rate-limited"})
"""Failures that say nothing about the model: what an earlier visit has of it still holds."""


class Refused(Exception):
    """There is no model; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem."""
        super().__init__(problem.code)
        self.problem = problem


class Library:
    """What was read in this visit, by what stood in the model box."""

    def __init__(self, hub: Hub) -> None:
        """Start empty: bundled models are read when they are asked for."""
        self.hub = hub
        self._read: dict[str, Loaded] = {}
        self._kept = kept.read(storage.load(STORE))

    def at_hand(self, scenario: Scenario, pasted: str) -> Loaded | None:
        """The scenario's model where no network is needed, else None. Raises Refused."""
        try:
            if scenario.manual:
                return models.manual(scenario)
            if scenario.model == PASTED:
                return models.pasted(pasted) if pasted.strip() else None
            return self._bundled(scenario.model) or self._read.get(scenario.model)
        except RooflineError as refusal:
            raise Refused(errors.from_engine(refusal)) from refusal
        except hubtext.NotAConfig as reason:
            raise Refused(errors.not_a_config(str(reason), "The pasted text")) from reason

    def prepare(self, typed: str) -> None:
        """Read a bundled model before it is asked for: what asks then does less in one go."""
        with suppress(RooflineError):
            self._bundled(typed)

    def _bundled(self, typed: str) -> Loaded | None:
        name = models.bundled_name(typed)
        if name is not None and name not in self._read:
            self._read[name] = models.bundled(name)
        return self._read[name] if name is not None else None

    def from_earlier(self, typed: str) -> Loaded | None:
        """A model that an earlier visit read; None where there is none that can be used."""
        try:
            ref = hubtext.model_ref(typed)
            found = kept.find(self._kept, ref)
            return kept.loaded(found, ref) if found is not None else None
        except (hubtext.NotAModel, hubtext.NotAConfig, RooflineError):
            return None

    def _keep(self, ref: ModelRef, files: Files) -> None:
        """Keep a model for later visits, unless it took a token to see it."""
        if files.with_token:
            self._kept = kept.without(self._kept, str(ref))
        else:
            date = str(Date.new().toISOString())[:10]
            new = Kept(str(ref), date, files.config, files.sidecar, files.complete)
            self._kept = kept.with_model(self._kept, new)
        storage.save(STORE, kept.written(self._kept))

    async def fetch(self, ref: ModelRef, typed: str) -> None:
        """Read a model from the Hub, or leave it at what an earlier visit has. Raises Refused."""
        try:
            files = await self.hub.files(ref)
            self._read[typed] = models.from_hub(
                ref, files.config, files.sidecar, complete=files.complete, with_token=files.with_token
            )
            self._keep(ref, files)
        except HubFailure as failure:
            if failure.code in PASSING and self.from_earlier(typed) is not None:
                return
            bundled = models.closest_bundled(ref.id)
            raise Refused(errors.hub_problem(failure.code, ref, bundled, takes_token=not FRAMED)) from failure
        except TooLarge as failure:
            raise Refused(errors.too_large(ref)) from failure
        except RooflineError as refusal:
            raise Refused(errors.from_engine(refusal)) from refusal
        except hubtext.NotAConfig as reason:
            raise Refused(errors.not_a_config(str(reason), f"The config.json of {ref}")) from reason
