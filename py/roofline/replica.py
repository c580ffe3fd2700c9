"""One replica under any number of clients: what does not depend on them is worked out once."""

from __future__ import annotations

from .constants import Constants
from .deployment import Deployment, Workload
from .machine import make_machine
from .memory import Limits, Memory, per_model
from .model import Model
from .operators import Bound, bind
from .plan import plan_for
from .serving import Load, Recurring, Serving, serve


def bound_for(model: Model, deployment: Deployment, kv_precision: str, constants: Constants | None = None) -> Bound:
    """The layout on its machine; ``constants`` as in ``make_machine``."""
    if constants is None:
        return _calibrated(model, deployment, kv_precision)
    return bind(plan_for(model, deployment), make_machine(deployment, kv_precision, constants))


@per_model
def _calibrated(model: Model, deployment: Deployment, kv_precision: str) -> Bound:
    return bind(plan_for(model, deployment), make_machine(deployment, kv_precision))


class Replica:
    """A layout that holds the model, ready to be timed.

    Attributes:
        bound: the plan on its machine.
    """

    def __init__(
        self,
        model: Model,
        deployment: Deployment,
        workload: Workload,
        limits: Limits,
        memory: Memory,
        constants: Constants | None = None,
    ) -> None:
        self.bound = bound_for(model, deployment, limits.kv_precision, constants)
        self._workload = workload
        self._recurring = Recurring()
        self._most_running = min(limits.max_running, memory.running_sequences)
        self._budget_tokens = limits.max_batched_tokens
        self._mixes = deployment.engine_data.mixes_prefill_and_decode

    def load(self, concurrency: int) -> Load:
        """Clients and schedule; those above what fits wait."""
        return Load(concurrency, min(concurrency, self._most_running), self._budget_tokens, self._mixes)

    def serve(self, concurrency: int) -> Serving:
        """Times that so many clients see."""
        return serve(self.bound, self._workload, self.load(concurrency), self._recurring)
