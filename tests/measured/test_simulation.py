"""The closed form of ``roofline.serving`` against a simulation of each engine's scheduler, step by step.

Both take the time of a step from ``run_step``, so what is compared is the schedule: how prompts and decodes share
steps, how prompts queue, and what a benchmark that starts all its clients together sees.
"""

from __future__ import annotations

import dataclasses
import itertools
import statistics
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from simulation import Replica, Seen

from accuracy_lib.stats import percentile
from roofline import CATALOGUE, ENGINES, Deployment, Model, Workload
from roofline.constants import CONSTANTS
from roofline.machine import make_machine
from roofline.operators import Bound, bind
from roofline.plan import plan_for
from roofline.serving import Load, Serving, serve

DEPLOYMENTS = (
    ("meta-llama/Llama-3.1-70B", {"gpu": "H200 SXM", "tensor_parallel": 4, "precision": "fp8"}),
    ("openai/gpt-oss-120b", {"gpu": "B200 SXM", "tensor_parallel": 2}),
)
#: Input tokens, output tokens, tokens of a step.
LENGTHS = (
    (1024, 1024, 8192),
    (8192, 1024, 8192),
    (1024, 128, 8192),
    (8192, 128, 2048),
    (2048, 16, 8192),
    (256, 512, 2048),
    (1000, 4000, 8192),
)
CLIENTS = (1, 4, 16, 64, 256)
#: From here on also with places for three quarters of the clients only.
CROWDED = 64


class Point(NamedTuple):
    """One run both ways."""

    engine: str
    simulated: Seen
    formula: Serving
    formula_tokens_per_s: float

    @property
    def tpot_error(self) -> float:
        return abs(self.formula.tpot_s / self.simulated.tpot_s - 1)

    @property
    def throughput_error(self) -> float:
        return abs(self.formula_tokens_per_s / self.simulated.tokens_per_s - 1)

    @property
    def ttft_excess(self) -> float:
        """Error of TTFT as a share of what is allowed: a tenth, or one step where that is longer."""
        allowed = max(0.1 * self.simulated.ttft_s, self.formula.decode.total_s)
        return abs(self.formula.ttft_s - self.simulated.ttft_s) / allowed


def without_waits(engine: str, name: str, arguments: dict[str, object]) -> Bound:
    """Calibrated kernels and overheads, less what a request pays outside the schedule."""
    deployment = Deployment(engine=engine, **arguments)
    constants = CONSTANTS[engine, deployment.gpu_data.family]
    overhead = dataclasses.replace(constants.overhead, request_s=0.0, step_wait=0.0)
    entry = CATALOGUE[name]
    model = Model.from_config(entry.config, name=name, sidecar=entry.sidecar)
    machine = make_machine(deployment, "fp16", dataclasses.replace(constants, overhead=overhead))
    return bind(plan_for(model, deployment), machine)


def grid() -> Iterator[tuple[str, Bound, Workload, Load]]:
    for (name, arguments), engine in itertools.product(DEPLOYMENTS, ENGINES):
        bound = without_waits(engine, name, arguments)
        mixes = ENGINES[engine].mixes_prefill_and_decode
        for (prompt, output, budget), clients in itertools.product(LENGTHS, CLIENTS):
            workload = Workload(input_tokens=0.9 * prompt, output_tokens=0.9 * output, concurrency=clients)
            for running in {clients, clients * 3 // 4 if clients >= CROWDED else clients}:
                yield engine, bound, workload, Load(clients, running, budget, mixes)


@pytest.fixture(scope="module")
def points() -> list[Point]:
    found = []
    for engine, bound, workload, load in grid():
        simulated = Replica(bound, workload, load, whole_prompts=engine == "TensorRT-LLM").run()
        formula = serve(bound, workload, load)
        latency_s = formula.ttft_s + (workload.output_tokens - 1) * formula.tpot_s
        found.append(Point(engine, simulated, formula, load.concurrency * workload.output_tokens / latency_s))
    return found


@pytest.mark.parametrize("engine", [None, *ENGINES])
@pytest.mark.parametrize("measure", ["tpot_error", "throughput_error"])
def test_rates_follow_the_simulation(points: list[Point], engine: str | None, measure: str) -> None:
    errors = [getattr(point, measure) for point in points if engine in (None, point.engine)]
    assert statistics.median(errors) <= 0.05
    assert percentile(errors, 0.9) <= 0.15


@pytest.mark.parametrize("engine", [None, *ENGINES])
def test_the_first_token_follows_the_simulation(points: list[Point], engine: str | None) -> None:
    excesses = [point.ttft_excess for point in points if engine in (None, point.engine)]
    assert statistics.median(excesses) <= 1.0
    assert percentile(excesses, 0.9) <= 2.5


def run(engine: str, clients: int, *, running: int | None = None, output: int = 512, budget: int = 8192) -> Seen:
    bound = without_waits(engine, *DEPLOYMENTS[0])
    mixes = ENGINES[engine].mixes_prefill_and_decode
    workload = Workload(input_tokens=2048, output_tokens=output, concurrency=clients)
    return Replica(bound, workload, Load(clients, running or clients, budget, mixes)).run()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_client_alone_sees_its_own_steps(engine: str) -> None:
    """The simulation itself: one prompt step, then decode steps, within the spread of lengths."""
    bound = without_waits(engine, *DEPLOYMENTS[0])
    served = serve(bound, Workload(input_tokens=2048, output_tokens=512), Load(1, 1, 8192, True))
    seen = run(engine, 1)
    assert seen.ttft_s == pytest.approx(served.prefill.total_s, rel=0.05)
    assert seen.tpot_s == pytest.approx(served.decode.total_s, rel=0.01)


def test_clients_above_the_places_wait_for_a_place() -> None:
    fitting, crowded = run("vLLM", 16), run("vLLM", 32, running=16)
    assert crowded.tpot_s == pytest.approx(fitting.tpot_s, rel=0.1)
    assert crowded.ttft_s > 0.8 * 512 * fitting.tpot_s


def test_prompts_first_delay_decodes_more_than_mixed_steps() -> None:
    bound = without_waits("vLLM", *DEPLOYMENTS[0])
    workload = Workload(input_tokens=4096, output_tokens=256, concurrency=32)
    mixed, apart = (Replica(bound, workload, Load(32, 32, 8192, mixes)).run() for mixes in (True, False))
    assert apart.tpot_s > mixed.tpot_s


def test_the_comparison_can_fail(points: list[Point]) -> None:
    """A closed form without the prefill of the others is far off."""
    bare = [abs(point.formula.decode.total_s / point.simulated.tpot_s - 1) for point in points]
    assert percentile(bare, 0.9) > 0.3
