"""Failures in words."""

import pytest

from present import errors, models, state
from present.errors import Action
from present.hubtext import ModelRef
from roofline import CATALOGUE, Model, RooflineError

REF = ModelRef("org/name", "dev")


@pytest.mark.parametrize("code", sorted(errors._HUB))
def test_every_failure_of_the_hub_says_what_happened_and_what_to_do(code):
    problem = errors.hub_problem(code, REF)
    assert problem.code == code
    assert problem.title and problem.detail and problem.hint
    assert problem.fixes, "there is always a way out"


def test_a_gated_model_is_answered_by_a_bundled_one():
    problem = errors.hub_problem(
        "gated-repo", ModelRef("meta-llama/Llama-3.1-70B-Instruct"), "meta-llama/Llama-3.1-70B"
    )
    offers = {fix.label: fix for fix in problem.fixes}
    assert offers["Use the bundled meta-llama/Llama-3.1-70B"].changes == (("model", "meta-llama/Llama-3.1-70B"),)
    assert "Paste config.json" in offers
    assert problem.page_url == "https://huggingface.co/meta-llama/Llama-3.1-70B-Instruct"


def test_a_frame_asks_for_no_token():
    own, framed = (errors.hub_problem("gated-repo", REF, takes_token=takes) for takes in (True, False))
    assert errors.TOKEN in own.fixes and "enter your token" in own.hint
    assert errors.TOKEN not in framed.fixes and "in the full calculator" in framed.hint


def test_no_answer_names_all_three_reasons():
    detail = errors.hub_problem("hub-unreachable", REF).detail
    assert all(word in detail for word in ("offline", "gated", "private"))


def test_waiting_can_be_tried_again():
    for code in errors.RETRYABLE:
        assert errors.RETRY in errors.hub_problem(code, REF).fixes


def test_the_main_branch_is_offered_for_an_unknown_revision():
    fix = errors.hub_problem("revision-not-found", REF).fixes[0]
    assert fix.changes == (("model", "org/name"),)


def test_does_not_fit(problem):
    """By how much, the smallest degree and the GPUs that would, each one click away."""
    found = problem(model="meta-llama/Llama-3.1-70B", gpu="H100 SXM", tensor_parallel=1)
    assert found.code == "does-not-fit"
    assert found.title.startswith("Does not fit: ") and found.title.endswith("GB short on each GPU")
    assert "141\u00a0GB on each H100 SXM" in found.detail
    assert "Tensor parallelism 2 is the smallest" in found.hint
    assert "B200 SXM" in found.hint
    changes = [fix.changes for fix in found.fixes]
    assert (("tensor_parallel", "2"),) in changes
    assert (("gpu", "B200 SXM"),) in changes


@pytest.mark.parametrize("index", [0, 1])
def test_the_ways_out_lead_out(answer, problem, index):
    """What a button offers does fit."""
    asked = {"model": "meta-llama/Llama-3.1-70B", "gpu": "H100 SXM", "tensor_parallel": "1"}
    fix = problem(**{**asked, "tensor_parallel": 1}).fixes[index]
    scenario, issues = state.read({**asked, **dict(fix.changes)})
    assert not issues
    assert answer(**{name: getattr(scenario, name) for name in asked}).estimate.fits


def test_nothing_that_fits_is_said_too(problem):
    found = problem(model="meta-llama/Llama-3.1-8B", gpu="H100 SXM", tensor_parallel=1, input_tokens=9_000_000)
    assert found.code == "does-not-fit"
    assert found.hint
    assert "Tensor parallelism None" not in found.sentence()


def test_tensor_parallelism_that_does_not_divide_the_heads(problem):
    found = problem(model="meta-llama/Llama-3.1-70B", tensor_parallel=3)
    assert found.code == "tensor-parallel"
    assert found.detail.startswith("Tensor parallelism 3 does not divide the 64 attention heads")
    assert [fix.changes[0][1] for fix in found.fixes] == ["2", "4"]


def test_no_replica(problem):
    found = problem(tensor_parallel=8, pipeline_parallel=4)
    assert found.code == "no-replica"
    assert "4" in found.hint


def test_engine_errors_keep_their_code_and_hint():
    with pytest.raises(RooflineError) as refusal:
        Model.from_config({"model_type": "bert", "architectures": ["BertModel"]})
    problem = errors.from_engine(refusal.value)
    assert problem.code == "unsupported-architecture"
    assert "bert" in problem.sentence().lower()


def test_hostile_words_are_bounded():
    with pytest.raises(RooflineError) as refusal:
        Model.from_config({"model_type": "x" * 100_000})
    assert len(errors.from_engine(refusal.value).sentence()) < 2_000


def test_numbers_that_cannot_be_read():
    _, issues = state.read({"input_tokens": "abc", "nodes": "0"})
    problem = errors.unreadable(issues)
    assert problem.code == "invalid-number"
    assert problem.fields == ("nodes", "input_tokens")
    assert "Nodes must be between 1 and 10,000." in problem.detail
    assert "Input tokens: “abc” is not a number." in problem.detail


@pytest.mark.parametrize(
    ("asked", "offered"),
    [
        ("meta-llama/Llama-3.1-70B-Instruct", "meta-llama/Llama-3.1-70B"),
        ("meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-8B"),
        ("google/gemma-3-27b-pt", "google/gemma-3-27b-it"),
        ("someone/private-thing", None),
    ],
)
def test_the_closest_bundled_model(asked, offered):
    assert models.closest_bundled(asked) == offered


def test_bundled_names_are_found_whatever_was_typed():
    for name in CATALOGUE:
        assert models.bundled_name(name.upper()) == name
        assert models.bundled_name(f"https://huggingface.co/{name}") == name
    assert models.bundled_name("deepseek-ai/DeepSeek-V3.1@other") is None
    assert models.bundled_name("not a model") is None


def test_pasted_text_is_a_model_or_refused():
    from present.hubtext import NotAConfig

    with pytest.raises(NotAConfig):
        models.pasted("{")
    with pytest.raises(RooflineError):
        models.pasted("{}")


def test_fixes_say_what_they_do():
    assert {fix.action for fix in (errors.PASTE, errors.RETRY)} == {Action.PASTE, Action.RETRY}
