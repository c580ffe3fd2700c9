"""Steps: prompts cut into chunks, sequences in pipeline groups, and time that adds up by cause."""

import dataclasses
import pickle
from functools import cache

import pytest

from roofline import CATALOGUE, Deployment, Model
from roofline.constants import IDEAL, Overhead
from roofline.kernels import Kind
from roofline.machine import make_machine
from roofline.mixers import attended_pairs
from roofline.operators import Batch, bind
from roofline.plan import plan_for
from roofline.steps import Step, cut_prompt, decode_batch, decode_step, prefill_alone, run_step

LLAMA_8B = "meta-llama/Llama-3.1-8B"


@cache
def load(name):
    entry = CATALOGUE[name]
    return Model.from_config(entry.config, name=name, sidecar=entry.sidecar)


def bound(overhead=None, **deployment):
    """Llama-3.1-8B with ideal kernels."""
    chosen = Deployment(**deployment)
    constants = dataclasses.replace(IDEAL, overhead=overhead or Overhead())
    return bind(plan_for(load(LLAMA_8B), chosen), make_machine(chosen, "fp16", constants))


def test_a_prompt_within_the_budget_is_one_chunk():
    cut = cut_prompt(2048, 8192)
    assert cut.steps == 1
    assert cut.batch == Batch(prompt_tokens=2048, past_tokens=0, prompts=1, first_tokens=1)


@pytest.mark.parametrize(("tokens", "steps", "size"), [(8193, 2, 4096.5), (20_000, 3, 20_000 / 3), (81_920, 10, 8192)])
def test_a_longer_prompt_is_cut_into_equal_chunks(tokens, steps, size):
    cut = cut_prompt(tokens, 8192)
    assert (cut.steps, cut.batch.prompt_tokens) == (steps, size)
    assert cut.steps * cut.batch.first_tokens == pytest.approx(1)


@pytest.mark.parametrize("tokens", [100, 8192, 8193, 20_000, 131_072])
def test_chunks_attend_to_as_many_pairs_as_the_whole_prompt(tokens):
    cut = cut_prompt(tokens, 8192)
    chunk = attended_pairs(cut.batch.prompt_tokens, cut.batch.past_tokens, None)
    assert cut.steps * chunk == pytest.approx(tokens * (tokens + 1) / 2, rel=1e-12)


def test_decoding_sequences_take_their_tokens_from_the_budget():
    cut = cut_prompt(8192, 8192, sequences=192, context_tokens=500)
    assert cut.steps == 2
    assert (cut.batch.sequences, cut.batch.context_tokens) == (192, 500)


def test_sequences_never_starve_the_prompts():
    """A sixteenth of the budget remains."""
    assert cut_prompt(8192, 8192, sequences=100_000).batch.prompt_tokens == 512


@pytest.mark.parametrize(("wanted", "together"), [(1, 1), (3, 3), (0.2, 1), (100, 8)])
def test_as_many_short_prompts_run_together_as_the_budget_holds(wanted, together):
    assert cut_prompt(1024, 8192, wanted).batch.prompts == together


def test_a_budget_of_one_token_still_advances():
    assert cut_prompt(10, 1, sequences=5).steps == 10


def test_a_cut_prompt_costs_its_chunks():
    model = bound()
    step = prefill_alone(model, 20_000, 8192)
    chunk = run_step(model, cut_prompt(20_000, 8192).batch)
    assert step.steps == 3
    assert step.total_s == pytest.approx(3 * chunk.total_s)


def test_a_long_prompt_multiplies_every_weight_for_every_token():
    """Llama-3.1-8B, 20,000 tokens in three chunks: 6,979,321,856 weights in layers, the head once."""
    step = prefill_alone(bound(), 20_000, 8192)
    flop = step.steps * sum(row.calls * row.flop for row in step.operators if row.kind is Kind.MATRIX)
    assert flop == pytest.approx(2 * (20_000 * 6_979_321_856 + 128256 * 4096), rel=1e-12)


def test_an_ideal_decode_step_reads_weights_and_cache_at_the_bandwidth():
    """Llama-3.1-8B on one H200, 10 sequences of 1000 tokens: 15.01 GB of weights, 1.31 GB of cache, and 0.7 % of
    activations.
    """
    least_s = (2 * (8_030_261_248 - 128256 * 4096) + 10 * 1000 * 131_072) / 4.8e12
    step = decode_step(bound(), 10, 1000)
    assert 1 < step.total_s / least_s < 1.01
    assert step.bound == "memory"


def test_an_ideal_prompt_computes_at_the_peak():
    """8192 tokens at 989.4 TFLOP/s: 2 FLOP for each of 6.98 G weights, and 17.6 TFLOP of attention, which reads too."""
    flop = 8192 * 2 * 6_979_321_856 + 8192 * 8193 / 2 * 32 * 32 * 512
    step = prefill_alone(bound(), 8192, 8192)
    assert 1 < step.compute_s / (flop / 989.4e12) < 1.01
    assert step.bound == "compute"


def test_overheads_of_a_decode_step():
    """3 us for each of 8 sequences."""
    step = decode_step(bound(Overhead(sequence_s=3e-6)), 8, 1000)
    assert step.overhead_s == pytest.approx(24e-6)
    assert step.total_s - decode_step(bound(), 8, 1000).total_s == pytest.approx(step.overhead_s)


def test_overhead_of_prompt_tokens():
    """1 us for each of 500 tokens of 4 prompts."""
    step = run_step(bound(Overhead(prompt_token_s=1e-6)), Batch(prompt_tokens=500, prompts=4, first_tokens=4))
    assert step.overhead_s == pytest.approx(2e-3)


def test_the_host_that_launches_kernels_holds_up_a_short_prompt():
    """32 layers x (4 products + attention 3 + small kernels 3) + head = 321 calls of 1 ms: 321 ms."""
    step = run_step(bound(Overhead(host_kernel_s=1e-3)), Batch(prompt_tokens=16, prompts=1, first_tokens=1))
    assert step.total_s == pytest.approx(0.321)
    assert step.bound == "overhead"


def test_the_host_does_not_hold_up_a_decode_step():
    """CUDA graphs: launched once."""
    assert decode_step(bound(Overhead(host_kernel_s=1e-3)), 8, 1000) == decode_step(bound(), 8, 1000)


def test_causes_add_up_with_communication_and_overhead():
    step = decode_step(bound(Overhead(sequence_s=1e-3), tensor_parallel=8), 8, 1000)
    parts = (step.compute_s, step.memory_s, step.communication_s, step.overhead_s)
    assert step.total_s == pytest.approx(sum(parts))
    assert step.communication_s == pytest.approx(64 * 1.75 * 8 * 4096 * 2 / 450e9)


@pytest.mark.parametrize(
    ("parts", "bound_by"),
    [
        ((3.0, 1.0, 1.0, 1.0), "compute"),
        ((1.0, 3.0, 1.0, 1.0), "memory"),
        ((1.0, 1.0, 3.0, 1.0), "communication"),
        ((1.0, 1.0, 1.0, 3.0), "overhead"),
    ],
)
def test_the_largest_cause_is_the_bound(parts, bound_by):
    assert Step(6.0, *parts).bound == bound_by


def test_a_repeated_step_repeats_every_cause():
    assert Step(10.0, 1.0, 2.0, 3.0, 4.0).times(3) == Step(30.0, 3.0, 6.0, 9.0, 12.0, 3)


def test_sequences_travel_through_the_stages_in_groups():
    """Four stages, 32 sequences: a pass carries 8; all of them gain a token within the time of one pass."""
    model = bound(pipeline_parallel=4)
    assert decode_step(model, 32, 1000) == run_step(model, Batch(sequences=8, context_tokens=1000))


def test_fewer_sequences_than_stages_travel_one_by_one():
    model = bound(pipeline_parallel=4)
    assert decode_step(model, 2, 1000) == run_step(model, Batch(sequences=1, context_tokens=1000))


def test_a_group_of_a_pipeline_holds_no_fewer_sequences_when_there_are_more() -> None:
    """Two stages, two data-parallel ranks: three sequences may meet as two in one group."""
    machine = bound(pipeline_parallel=2, attention_data_parallel=2).machine
    pooled = [batch.sequences * batch.busy_ranks for batch in (decode_batch(machine, n, 100) for n in range(1, 9))]
    assert pooled == [1, 2, 2, 2, 2.5, 3, 3.5, 4]


def test_a_step_can_go_to_another_process():
    """A pickled step has its kernels, without the layout that it was timed with."""
    step = decode_step(bound(tensor_parallel=2), 8, 1000).times(3)
    copy = pickle.loads(pickle.dumps(step))
    assert copy == step
    assert copy.operators == step.operators != ()
