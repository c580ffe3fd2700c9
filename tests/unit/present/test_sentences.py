"""The answer in words."""

import dataclasses

from present import sentences, text
from present.figures import Writer


def test_headline(answer):
    found = answer(model="meta-llama/Llama-3.1-8B", gpu="H100 SXM", tensor_parallel=1)
    sentence = sentences.plain(sentences.headline(found))
    running = found.estimate.running
    assert sentence.startswith(f"Fits: 8 replicas of 1 GPU each serve {running} requests at once, ")
    assert sentence.endswith(" per million output tokens.")
    assert "tokens/s per request" in sentence


def test_headline_of_one_replica(answer):
    assert sentences.plain(sentences.headline(answer())).startswith("Fits: 1 replica of 8 GPUs serves ")


def test_headline_says_when_clients_wait(answer):
    found = answer(concurrency=5_000)
    assert found.estimate.running < 5_000
    assert " of 5,000 clients at once" in sentences.plain(sentences.headline(found))


def test_without_a_price_nothing_is_said_of_cost(answer):
    found = answer()
    free = dataclasses.replace(found.estimate, usd_per_million_output_tokens=None)
    priceless = dataclasses.replace(found, estimate=free)
    assert "$" not in sentences.plain(sentences.headline(priceless))
    assert "$" not in sentences.summary(priceless)


def test_what_was_computed(answer):
    lines = ["".join(map(str, line)) for line in sentences.asked(answer(pipeline_parallel=2, nodes=2), Writer())]
    assert lines[0] == "deepseek-ai/DeepSeek-V3.1"
    assert lines[1] == "671B parameters, 37.6B active"
    assert lines[3:] == ["16 × H200 SXM", "TP 8, PP 2", "vLLM", "2,048 in, 1,024 out"]


def test_dense_models_do_not_speak_of_active_parameters(answer):
    found = answer(model="meta-llama/Llama-3.1-8B", tensor_parallel=1)
    assert "".join(map(str, sentences.asked(found, Writer())[1])) == "8.03B parameters"


def test_evidence_names_runs_errors_and_how_many_of_this_model(answer):
    found = answer(gpu="H200 SXM").estimate
    told = found.evidence
    assert told.similar
    assert sentences.evidence(found) == (
        f"Median error {text.percent(told.tpot_error)} for time per token, {text.percent(told.ttft_error)} for TTFT, "
        f"on {told.runs} measured runs like this one, each predicted without its model ({told.description}); "
        f"{told.with_this_model or 'none'} with this model."
    )


def test_evidence_says_when_nothing_like_it_was_measured(answer):
    found = answer(model="meta-llama/Llama-3.1-8B", gpu="B200 SXM", tensor_parallel=1, engine="SGLang").estimate
    assert not found.evidence.similar
    assert sentences.evidence(found).startswith("No measured run is like this one. On the nearest ")


def test_without_evidence_nothing_is_said(answer):
    assert sentences.evidence(dataclasses.replace(answer().estimate, evidence=None)) == ""
