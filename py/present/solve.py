"""One scenario and one model to an answer, or to a problem in words."""

from dataclasses import replace

from present import errors, inputs
from present.cards import Answer
from present.errors import Action, Fix, Problem
from present.figures import Writer
from present.models import Loaded
from present.state import Scenario
from roofline import Model, RooflineError, estimate, smallest_fit

DEGREES = (1, 2, 4, 8, 16, 32, 64)
"""Tensor parallelism that is tried in search of a way out."""


def solve(scenario: Scenario, loaded: Loaded) -> Answer | Problem:
    """Compute. What the engine refuses, and what does not fit, comes back as a problem."""
    try:
        deployment, workload = inputs.deployment(scenario), inputs.workload(scenario)
        result = estimate(loaded.model, deployment, workload)
        if result.fits:
            return Answer(scenario, loaded.model, result, loaded.source)
        fit = smallest_fit(loaded.model, deployment, workload)
    except RooflineError as refusal:
        return errors.from_engine(refusal, _other_degrees(refusal, scenario, loaded.model))
    writer = Writer(binary=scenario.units == "gib")
    return errors.does_not_fit(result, scenario, writer, tensor_parallel=fit.tensor_parallel, gpus=fit.gpus)


def _other_degrees(refusal: RooflineError, scenario: Scenario, model: Model) -> tuple[Fix, ...]:
    """Tensor parallelism nearest below and above that the engine accepts."""
    if refusal.code not in {"tensor-parallel", "no-replica"}:
        return ()
    accepted = [degree for degree in DEGREES if _runs(scenario, model, degree)]
    below = [degree for degree in accepted if degree < scenario.tensor_parallel][-1:]
    above = [degree for degree in accepted if degree > scenario.tensor_parallel][:1]
    return tuple(
        Fix(
            f"Use tensor parallelism {degree}",
            Action.SET,
            (("tensor_parallel", str(degree)),),
        )
        for degree in (*below, *above)
    )


def _runs(scenario: Scenario, model: Model, degree: int) -> bool:
    trial = replace(scenario, tensor_parallel=degree)
    try:
        return estimate(model, inputs.deployment(trial), inputs.workload(trial)).fits
    except RooflineError:
        return False
