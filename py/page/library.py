"""The models read so far, and where the next one comes from."""

from page.frame import FRAMED
from page.hub import Hub, HubFailure, TooLarge
from present import errors, hubtext, models
from present.errors import Problem
from present.hubtext import ModelRef
from present.models import Loaded
from present.state import PASTED, Scenario
from roofline import RooflineError


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

    def _bundled(self, typed: str) -> Loaded | None:
        name = models.bundled_name(typed)
        if name is not None and name not in self._read:
            self._read[name] = models.bundled(name)
        return self._read[name] if name is not None else None

    async def fetch(self, ref: ModelRef, typed: str) -> None:
        """Read a model from the Hub, to be at hand from then on. Raises Refused."""
        try:
            files = await self.hub.files(ref)
            self._read[typed] = models.from_hub(
                ref, files.config, files.sidecar, complete=files.complete, with_token=files.with_token
            )
        except HubFailure as failure:
            bundled = models.closest_bundled(ref.id)
            raise Refused(errors.hub_problem(failure.code, ref, bundled, takes_token=not FRAMED)) from failure
        except TooLarge as failure:
            raise Refused(errors.too_large(ref)) from failure
        except RooflineError as refusal:
            raise Refused(errors.from_engine(refusal)) from refusal
        except hubtext.NotAConfig as reason:
            raise Refused(errors.not_a_config(str(reason), f"The config.json of {ref}")) from reason
