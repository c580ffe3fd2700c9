"""Work of one step, operator by operator, worked by hand; times are those of the ideal roofline."""

from functools import cache

import pytest

from roofline import CATALOGUE, Deployment, Model
from roofline.constants import IDEAL
from roofline.kernels import Kind
from roofline.machine import make_machine
from roofline.operators import Batch, bind, step_operators, step_times
from roofline.plan import plan_for

LLAMA_8B = "meta-llama/Llama-3.1-8B"
LLAMA_70B = "meta-llama/Llama-3.1-70B"
DEEPSEEK = "deepseek-ai/DeepSeek-V3.1"
MIXTRAL = "mistralai/Mixtral-8x7B-v0.1"


@cache
def load(name):
    entry = CATALOGUE[name]
    return Model.from_config(entry.config, name=name, sidecar=entry.sidecar)


def operators(name, batch, kv_format="fp16", **deployment):
    chosen = Deployment(**deployment)
    bound = bind(plan_for(load(name), chosen), make_machine(chosen, kv_format, IDEAL))
    return tuple(step_operators(bound, batch))


def decoding(sequences, context=1000):
    return Batch(sequences=sequences, context_tokens=context)


def prompt(tokens, past=0, prompts=1, first=1):
    return Batch(prompt_tokens=tokens, past_tokens=past, prompts=prompts, first_tokens=first)


def flop(rows, *kinds):
    return sum(row.calls * row.flop for row in rows if row.kind in kinds)


def one(rows, name):
    (found,) = [row for row in rows if row.name == name]
    return found


@pytest.mark.parametrize("sequences", [1, 16])
def test_a_decode_step_multiplies_every_weight_but_the_embedding_once(sequences):
    """Llama-3.1-8B: 8,030,261,248 parameters less 128256 x 4096 of embedding and 65 norms of 4096."""
    used = 8_030_261_248 - 128256 * 4096 - 65 * 4096
    assert flop(operators(LLAMA_8B, decoding(sequences)), Kind.MATRIX) == 2 * used * sequences


def test_only_the_chosen_experts_multiply():
    """Mixtral: 12,879,925,248 active parameters less embedding and 65 norms."""
    used = 12_879_925_248 - 32000 * 4096 - 65 * 4096
    assert flop(operators(MIXTRAL, decoding(4)), Kind.MATRIX, Kind.EXPERTS) == pytest.approx(2 * used * 4, rel=1e-9)


def test_tensor_parallelism_divides_the_arithmetic():
    whole, rank = (flop(operators(LLAMA_70B, decoding(8), tensor_parallel=n), Kind.MATRIX) for n in (1, 8))
    assert rank == whole / 8


def test_a_decoded_token_attends_to_its_context():
    """32 layers x 32 heads x (128 for the score + 128 for the value) x 2 FLOP."""
    rows = operators(LLAMA_8B, decoding(3, context=1000))
    assert flop(rows, Kind.DECODE_CORE) == 3 * 1000 * 32 * 32 * 256 * 2


@pytest.mark.parametrize(("kv_format", "per_token"), [("fp16", 131_072), ("fp8", 65_536)])
def test_a_decoded_token_reads_the_cache(kv_format, per_token):
    """Beside it queries and results: 32 heads x 256 in 16 bit and 32 layers."""
    rows = operators(LLAMA_8B, decoding(3, context=1000), kv_format)
    read = sum(row.calls * row.bytes for row in rows if row.kind is Kind.DECODE_CORE)
    assert read == 3 * (1000 * per_token + 32 * 32 * 256 * 2)


def test_a_prompt_attends_to_the_causal_half():
    rows = operators(LLAMA_8B, prompt(2048))
    assert flop(rows, Kind.PREFILL_CORE) == 2048 * 2049 / 2 * 32 * 32 * 256 * 2


def test_a_later_chunk_attends_to_the_earlier_ones_too():
    rows = operators(LLAMA_8B, prompt(1024, past=1024))
    assert flop(rows, Kind.PREFILL_CORE) == (1024 * 1024 + 1024 * 1025 / 2) * 32 * 32 * 256 * 2


def test_prompts_side_by_side_do_not_see_each_other():
    one_prompt, four = (flop(operators(LLAMA_8B, prompt(512, prompts=n)), Kind.PREFILL_CORE) for n in (1, 4))
    assert four == 4 * one_prompt


def test_a_window_caps_the_context_of_half_the_layers():
    """gpt-oss-120b: 64 heads of 64; 18 layers see 128 tokens, 18 all of them."""
    rows = operators("openai/gpt-oss-120b", decoding(1, context=5000))
    assert flop(rows, Kind.DECODE_CORE) == 18 * 64 * 128 * 2 * (5000 + 128)


def test_a_window_does_not_reach_beyond_a_short_context():
    rows = operators("openai/gpt-oss-120b", decoding(1, context=100))
    assert flop(rows, Kind.DECODE_CORE) == 18 * 64 * 128 * 2 * (100 + 100)


@pytest.mark.parametrize(("first", "rows_of_head"), [(1, 1), (0.25, 0.25)])
def test_only_first_tokens_of_a_prompt_reach_the_head(first, rows_of_head):
    head = one(operators(LLAMA_8B, prompt(2048, first=first)), "head")
    assert head.flop == 2 * 128256 * 4096 * rows_of_head


def test_every_decoded_token_reaches_the_head():
    assert one(operators(LLAMA_8B, decoding(16)), "head").flop == 16 * 2 * 128256 * 4096


def test_weights_are_read_once_whatever_the_batch():
    few, many = (one(operators(LLAMA_8B, decoding(n)), "mlp up") for n in (1, 100))
    assert many.bytes - few.bytes == 99 * 2 * (4096 + 2 * 14336)
    assert few.bytes == 2 * 4096 * 2 * 14336 + 2 * (4096 + 2 * 14336)


@pytest.mark.parametrize(("sequences", "touched"), [(1, 2), (2, 3.5), (3, 4.625), (1000, 8)])
def test_a_batch_reads_the_experts_that_it_touches(sequences, touched):
    """Mixtral: 8 x (1 - 0.75^tokens) experts of 3 x 4096 x 14336 in 16 bit; no traffic of tokens is counted here."""
    row = one(operators(MIXTRAL, decoding(sequences)), "routed experts")
    activations = 2 * sequences * 2 * 3 * (4096 + 1.5 * 14336)
    assert row.bytes - activations == pytest.approx(touched * 3 * 4096 * 14336 * 2, rel=1e-9)


def test_few_tokens_wait_for_their_experts_weights():
    row = one(operators(MIXTRAL, decoding(3)), "routed experts")
    assert row.time.memory_s == row.time.total_s == pytest.approx(row.bytes / 4.8e12, rel=1e-9)


def test_an_expert_rank_has_its_share_of_a_pooled_batch():
    """Eight attention ranks of 4 sequences: 32 x 8 assignments, an eighth on each GPU."""
    rows = operators(DEEPSEEK, decoding(4), attention_data_parallel=8, expert_parallel=8)
    assert one(rows, "routed experts").flop == 32 * 8 / 8 * 2 * 3 * 7168 * 2048


def test_slices_of_experts_take_part_in_every_assignment():
    rows = operators(DEEPSEEK, decoding(4), attention_data_parallel=8, expert_parallel=1)
    assert one(rows, "routed experts").flop == 32 * 8 * 2 * 3 * 7168 * 2048 / 8


@pytest.mark.parametrize(("ranks", "sent"), [(2, 1.0), (4, 1.5), (8, 1.75)])
def test_an_all_reduce_sends_twice_n_minus_one_over_n(ranks, sent):
    """16 tokens of 8192 in 16 bit, after attention and after feed-forward of 80 layers."""
    row = one(operators(LLAMA_70B, decoding(16), tensor_parallel=ranks), "all-reduce")
    assert row.bytes == sent * 16 * 8192 * 2
    assert row.calls == 160


def test_an_all_reduce_of_a_prompt_takes_the_link():
    """8192 x 8192 x 2 bytes x 1.75 at 450 GB/s."""
    row = one(operators(LLAMA_70B, prompt(8192), tensor_parallel=8), "all-reduce")
    assert row.time.total_s == row.time.link_s == pytest.approx(8192 * 8192 * 2 * 1.75 / 450e9)


def test_dispatch_and_combine_carry_the_tokens_of_all_ranks():
    row = one(operators(DEEPSEEK, decoding(4), attention_data_parallel=8), "expert dispatch and combine")
    assert row.bytes == 2 * 7 / 8 * 8 * 4 * 7168 * 2
    assert row.calls == 58


def test_stages_hand_the_hidden_state_on():
    row = one(operators(LLAMA_70B, decoding(16), pipeline_parallel=4), "stage to stage")
    assert (row.bytes, row.calls) == (16 * 8192 * 2, 3)


def test_one_gpu_sends_nothing():
    assert not [row for row in operators(LLAMA_8B, decoding(16)) if row.kind is Kind.COLLECTIVE]


@pytest.mark.parametrize(
    ("batch", "cores"),
    [
        (Batch(sequences=8, context_tokens=100), {Kind.DECODE_CORE}),
        (Batch(prompt_tokens=100, prompts=1, first_tokens=1), {Kind.PREFILL_CORE}),
        (
            Batch(prompt_tokens=100, prompts=1, first_tokens=1, sequences=8, context_tokens=100),
            {Kind.DECODE_CORE, Kind.PREFILL_CORE},
        ),
    ],
)
def test_a_step_runs_the_cores_that_its_batch_needs(batch, cores):
    kinds = {row.kind for row in operators(LLAMA_8B, batch)}
    assert kinds - {Kind.MATRIX, Kind.ELEMENTWISE} == cores


def test_tokens_of_prompts_and_sequences_share_the_matrices():
    batch = Batch(prompt_tokens=100, prompts=2, first_tokens=2, sequences=8, context_tokens=100)
    rows = operators(LLAMA_8B, batch)
    assert batch.tokens == 208
    assert one(rows, "mlp down").flop == 208 * 2 * 14336 * 4096
    assert one(rows, "head").flop == (2 + 8) * 2 * 128256 * 4096


def test_fp8_weights_multiply_at_twice_the_rate():
    """H200: 8192 tokens are bound by arithmetic."""
    wide = one(operators(LLAMA_8B, prompt(8192)), "mlp up")
    narrow = one(operators(LLAMA_8B, prompt(8192), precision="fp8"), "mlp up")
    assert wide.time.total_s == pytest.approx(8192 * 2 * 4096 * 28672 / 989.4e12)
    assert narrow.time.total_s == pytest.approx(8192 * 2 * 4096 * 28672 / 1978.9e12)


def test_one_sequence_is_bound_by_the_memory():
    row = one(operators(LLAMA_8B, decoding(1)), "mlp up")
    assert row.time.total_s == pytest.approx(row.bytes / 4.8e12)


def test_small_kernels_run_once_per_layer():
    """Norms and residuals: 4 x 4096 for each of two blocks; queries, keys, values, gate and up written and read."""
    row = one(operators(LLAMA_8B, decoding(5)), "norms, residuals, activations")
    assert row.calls == 32
    assert row.bytes == 5 * 2 * (8 * 4096 + 2 * (48 * 128 + 2 * 14336))


@pytest.mark.parametrize(
    "batch",
    [
        Batch(sequences=8, context_tokens=100),
        Batch(prompt_tokens=5000, past_tokens=100, prompts=1, first_tokens=0.5),
        Batch(prompt_tokens=100, prompts=2, first_tokens=2, sequences=8, context_tokens=100, busy_ranks=1.5),
    ],
)
@pytest.mark.parametrize("name", [LLAMA_70B, DEEPSEEK, MIXTRAL, "openai/gpt-oss-120b"])
def test_kernels_one_by_one_add_up_to_the_step(name, batch):
    """With the engine's constants: what a step is timed with is what is shown of it."""
    chosen = Deployment(attention_data_parallel=4, tensor_parallel=2, nodes=2, pipeline_parallel=2)
    bound = bind(plan_for(load(name), chosen), make_machine(chosen, "fp16"))
    shown = list(step_operators(bound, batch))
    parts = [sum(row.calls * row.time[part] for row in shown) for part in range(4)]
    assert [sum(column) for column in zip(*step_times(bound, batch), strict=True)] == pytest.approx(parts, rel=1e-12)
