"""Cards."""

import dataclasses

import pytest

from present import cards, sentences, view
from present.figures import FORMATTERS, SIZES, Figure, Writer
from roofline import Estimate, Model

SEED_LABELS = {
    "Memory": [
        "Max Batch Size (per Replica)",
        "Model Weights Memory",
        "Max KV Cache Memory",
        "Tensor Parallelism",
    ],
    "Performance": [
        "Prefill Latency (TTFT)",
        "Decode Throughput (per Replica)",
        "Decode Throughput (per Request)",
        "Total System Throughput",
    ],
    "Cost": ["Input Token Cost", "Output Token Cost"],
}


def figures(groups):
    """Every figure of some cards, by field."""
    found = {}
    for group in groups:
        for card in group.cards:
            pieces = (card.figure, *(piece for line in card.lines for piece in line))
            found |= {piece.field: piece for piece in pieces if isinstance(piece, Figure)}
    return found


@pytest.mark.parametrize("blank", [True, False])
def test_the_labels_that_people_look_for(answer, blank):
    groups = cards.groups(None if blank else answer(), Writer())
    labels = {group.title: [card.label for card in group.cards] for group in groups}
    assert list(labels) == list(SEED_LABELS)
    for title, wanted in SEED_LABELS.items():
        assert labels[title][: len(wanted)] == wanted


def test_figures_carry_the_estimate_at_full_precision(answer):
    found = answer()
    shown = figures(cards.groups(found, Writer()))
    expected = {
        "max_concurrency", "running", "weight_bytes", "weight_bytes_per_gpu", "kv_cache_bytes", "kv_capacity_tokens",
        "kv_bytes_per_token_per_gpu", "tensor_parallel", "gpus_per_replica", "replicas", "ttft_s", "prefill_s",
        "prefill_bound", "replica_decode_tokens_per_s", "decode_step_s", "decode_bound", "request_tokens_per_s",
        "tpot_s", "request_latency_s", "system_tokens_per_s", "replica_tokens_per_s", "usd_per_million_input_tokens",
        "usd_per_million_output_tokens", "usd_per_million_tokens", "usd_per_month",
    }  # fmt: skip
    assert set(shown) == expected
    for field, figure in shown.items():
        wanted = found.scenario.tensor_parallel if field == "tensor_parallel" else getattr(found.estimate, field)
        assert figure.value == wanted
        assert str(figure) not in ("", "–")


def test_each_figure_is_shown_once(answer):
    """A program that looks for a field finds one element."""
    nodes = view.groups_nodes(cards.groups(answer(nodes=2, tensor_parallel=8), Writer()))
    nodes += view.asked_nodes(sentences.asked(answer(), Writer()))
    fields = [dict(node.attributes).get("data-field") for top in nodes for node in top.walk()]
    fields = [field for field in fields if field]
    assert len(fields) == len(set(fields)) > 20


def test_every_field_that_can_be_shown_is_known_to_the_engine():
    of_estimate = {field.name for field in dataclasses.fields(Estimate)}
    of_model = {name for name in vars(Model) | Model.__dataclass_fields__ if not name.startswith("_")}
    assert set(FORMATTERS) | SIZES <= of_estimate | of_model | {"tensor_parallel"}


def test_gib_on_request(answer):
    shown = figures(cards.groups(answer(), Writer(binary=True)))
    assert shown["weight_bytes"].quantity.unit == "GiB"
    assert shown["weight_bytes"].value == figures(cards.groups(answer(), Writer()))["weight_bytes"].value


def test_ranges_appear_where_they_are_calibrated(answer):
    found = answer()
    bare = dataclasses.replace(found, estimate=dataclasses.replace(found.estimate, ttft_s_low=None, ttft_s_high=None))
    ranged = dataclasses.replace(found, estimate=dataclasses.replace(found.estimate, ttft_s_low=0.5, ttft_s_high=1.5))
    text = "".join(node.text() for node in view.groups_nodes(cards.groups(bare, Writer())))
    assert "500\u00a0ms" not in text
    text = "".join(node.text() for node in view.groups_nodes(cards.groups(ranged, Writer())))
    assert "80 % range 500\u00a0ms to 1.50\u00a0s" in text


def test_idle_gpus_are_said(answer):
    whole = answer(model="meta-llama/Llama-3.1-8B", tensor_parallel=4)
    assert "idle_gpus" not in figures(cards.groups(whole, Writer()))
    uneven = answer(model="meta-llama/Llama-3.1-8B", tensor_parallel=2, pipeline_parallel=3)
    assert figures(cards.groups(uneven, Writer()))["idle_gpus"].value == uneven.estimate.idle_gpus == 2


def test_the_month_says_what_it_bills(answer):
    text = "".join(node.text() for node in view.groups_nodes(cards.groups(answer(usd_per_gpu_hour=2), Writer())))
    assert "8 GPUs × $2.00/h × 730\u00a0h" in text
    assert "your price" in text
    assert "$11,700" in text
