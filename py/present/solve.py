"""One scenario and one model to an answer, or to a problem in words."""

from dataclasses import replace

from present import errors, inputs
from present.cards import Answer
from present.errors import Action, Fix, Problem
from present.figures import Writer
from present.models import Loaded
from present.state import Scenario
from roofline import GPUS, Model, RooflineError, estimate, smallest_fit

DEGREES = (1, 2, 4, 8, 16, 32, 64)
"""Tensor parallelism that is tried in search of a way out."""

_OBSTACLES = {
    "tensor-parallel": "does not divide the model",
    "expert-parallel": "does not match expert parallelism",
    "no-replica": "needs more nodes",
}


def solve(scenario: Scenario, loaded: Loaded) -> Answer | Problem:
    """Compute. What the engine refuses, and what does not fit, comes back as a problem."""
    try:
        deployment, workload = inputs.deployment(scenario), inputs.workload(scenario)
        result = estimate(loaded.model, deployment, workload)
        if result.fits:
            return Answer(scenario, loaded.model, result, loaded.source, loaded.with_token)
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
    return not obstacle(scenario, model, degree)


def obstacle(scenario: Scenario, model: Model, degree: int) -> str:
    """Why this tensor parallelism does not run, in a few words; empty where it does."""
    trial = replace(scenario, tensor_parallel=degree)
    try:
        fits = estimate(model, inputs.deployment(trial), inputs.workload(trial)).fits
    except RooflineError as refusal:
        if degree > GPUS[scenario.gpu].nvlink_domain_gpus:
            return "more than NVLink joins"
        return _OBSTACLES.get(refusal.code, "not possible")
    return "" if fits else "too little memory"
