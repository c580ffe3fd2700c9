"""Our count against the Hub's."""

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from present import hubtext, hubtotal, models
from present.hubtotal import Entry, Verdict
from roofline import CATALOGUE, Model, RooflineError

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
TOTALS = DATA / "configs" / "truths.csv"


def bundled(name):
    return models.bundled(name).model


def check(name, params):
    return hubtotal.compare(bundled(name), Entry(name, params))


def test_a_total_that_agrees():
    found = check("meta-llama/Llama-3.1-8B", 8_030_261_248)
    assert (found.verdict, found.warns) == (Verdict.AGREES, False)
    assert "to the last of 8,030,261,248" in found.words


def test_towers_are_part_of_the_total():
    assert check("google/gemma-3-27b-it", 27_432_406_640).verdict is Verdict.AGREES


@pytest.mark.parametrize(
    ("name", "params", "reason"),
    [
        ("deepseek-ai/DeepSeek-V3.1", 684_531_386_000, "1 MTP layer"),
        ("openai/gpt-oss-120b", 120_412_337_472, "scales"),
        ("nvidia/Qwen3-235B-A22B-NVFP4", 132_806_618_624, "packed weights by the byte"),
        ("nvidia/DeepSeek-V3.1-NVFP4", 393_632_819_968, "packed weights by the byte"),
        ("HuggingFaceTB/SmolLM2-135M-Instruct", 134_515_008 + 49_152 * 576, "tied head a second time"),
    ],
)
def test_differences_with_a_known_reason_do_not_warn(name, params, reason):
    found = check(name, params)
    assert (found.verdict, found.warns) == (Verdict.EXPLAINED, False)
    assert reason in found.words


def test_a_head_that_is_not_in_the_files_warns():
    model = bundled("Qwen/Qwen3-8B")
    found = hubtotal.compare(model, Entry("", model.total_params - model.vocab_size * model.hidden_size))
    assert found.warns and "no head" in found.words


@pytest.mark.parametrize(("share", "warns"), [(0.029, False), (0.031, True), (-0.029, False), (-0.031, True)])
def test_it_warns_above_three_percent(share, warns):
    ours = bundled("meta-llama/Llama-3.1-70B").total_params
    found = check("meta-llama/Llama-3.1-70B", round(ours * (1 + share)))
    assert found.warns is warns
    assert ("more" in found.words) == (share > 0) and ("fewer" in found.words) == (share < 0)


def test_mtp_layers_explain_only_what_they_can_hold():
    ours = bundled("deepseek-ai/DeepSeek-V4-Flash").total_params
    found = check("deepseek-ai/DeepSeek-V4-Flash", round(ours * 1.07))
    assert found.warns and "more than 1 MTP layer can hold" in found.words


def test_no_total_is_said():
    assert check("Qwen/Qwen3-8B", None).verdict is Verdict.UNCHECKED
    assert hubtotal.unchecked("offline").words == "Not checked: offline."


def test_integers_packed_in_words():
    """GPTQ and AWQ store eight 4-bit weights in an I32; the Hub may or may not unpack them."""
    config = {
        **CATALOGUE["Qwen/Qwen2.5-7B-Instruct"].config,
        "quantization_config": {"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": False},
    }
    model = Model.from_config(config)
    packed = sum(c * w.elements for w, c in hubtotal._stored(model))
    assert packed > model.total_params / 2
    words = hubtotal.compare(model, Entry("", model.total_params - packed + packed // 8)).words
    assert "32-bit word" in words
    assert hubtotal.compare(model, Entry("", model.total_params)).verdict is Verdict.AGREES


def test_answers_of_the_api():
    path = DATA / "hub" / "expand_examples.json"
    if not path.exists():
        pytest.skip("the collection of the Hub's answers is not beside the project")
    for body in json.loads(path.read_text("utf-8")):
        found = hubtotal.entry(json.dumps(body))
        assert found.id == body["id"]
        assert hubtotal.compare(bundled(found.id), found).warns is False


def test_scales_in_their_own_type_are_no_parameters():
    body = {"id": "a/b", "safetensors": {"parameters": {"BF16": 100, "F8_E8M0": 7}, "total": 107}}
    assert hubtotal.entry(json.dumps(body)).params == 100
    assert hubtotal.entry('{"id": "a/b", "safetensors": {"total": 5}}').params == 5
    assert hubtotal.entry('{"id": "a/b"}') == Entry("a/b", None)


numbers = st.integers() | st.floats() | st.none() | st.text(max_size=5) | st.booleans()


@given(
    st.dictionaries(st.sampled_from(["id", "safetensors", "config"]), numbers | st.lists(numbers))
    | st.fixed_dictionaries(
        {
            "id": numbers,
            "safetensors": st.fixed_dictionaries(
                {"total": numbers, "parameters": numbers | st.dictionaries(st.text(max_size=8), numbers)}
            ),
        }
    )
)
def test_any_answer_is_read(body):
    found = hubtotal.entry(json.dumps(body))
    assert found.params is None or found.params > 0
    assert found.id == "" or hubtext.is_id(found.id)
    assert hubtotal.compare(bundled("Qwen/Qwen3-8B"), found).words


@given(st.integers(min_value=1, max_value=10**15))
def test_a_verdict_for_every_total(params):
    """It agrees, is explained, or warns; a warning is never withheld from a gap that no reason closes."""
    model = bundled("meta-llama/Llama-3.1-8B")
    found = hubtotal.compare(model, Entry("", params))
    gap = abs(params - model.total_params) / model.total_params
    if gap > 0.03:
        assert found.warns
    if gap < 0.001:
        assert found.verdict is Verdict.AGREES


# what the Hub cannot be right about: totals of repositories without safetensors, or rounded from the name,
# masks saved as tensors, and files with more MTP layers than the config declares
WRONG_THERE = {
    "internlm/internlm-chat-7b",
    "liuhaotian/llava-v1.5-7b",
    "openbmb/MiniCPM-2B-sft-bf16",
    "openbmb/MiniCPM3-4B",
    "openai-community/gpt2",
    "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-NVFP4",
    "nvidia/NVIDIA-Nemotron-3.5-Lightning-30B-A3B-NVFP4",
    "deepseek-ai/DeepSeek-V4-Flash-0731",
    "Qwen/Qwen3-Embedding-8B",
}
WORDS_OF_REASONS = {"MTP layers": "MTP", "packed 4-bit": "packed weights", "duplicated tied": "tied head"}


def test_the_totals_that_the_hub_really_gives():
    """Every published total agrees or is explained, but for the listed ones, which warn."""
    if not TOTALS.exists():
        pytest.skip("the collection of published configs is not beside the project")
    checked = 0
    for row in csv.DictReader(TOTALS.read_text("utf-8").splitlines()):
        if not row["hub_total"]:
            continue
        path = DATA / row["file"]
        side = path.with_name(path.name.replace(".json", "_hf_quant_config.json"))
        sidecar = json.loads(side.read_text("utf-8")) if side.exists() else None
        try:
            model = Model.from_config(json.loads(path.read_text("utf-8")), name=row["model"], sidecar=sidecar)
        except RooflineError:
            continue
        found = hubtotal.compare(model, Entry(row["model"], int(row["hub_total"])))
        assert found.warns == (row["model"] in WRONG_THERE), (row["model"], found)
        if row["difference_reason"] == "exact":
            assert found.verdict is Verdict.AGREES, (row["model"], found)
        checked += 1
    assert checked >= 100
