"""The serving command says what the estimate assumed."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from present import inputs, models
from present.serving_command import PLACEHOLDER, quoted, serving_command
from present.state import Scenario
from roofline import ENGINES, Model, estimate


def command(**fields):
    scenario = Scenario(**fields)
    model = models.manual(scenario).model if scenario.manual else models.bundled(scenario.model).model
    deployment, workload = inputs.deployment(scenario), inputs.workload(scenario)
    result = estimate(model, deployment, workload)
    return serving_command(model, deployment, workload, result), result


def flags(text):
    """Flags with their values, as a shell would hand them on."""
    words = shlex.split(text.replace("\\\n", " "))
    found = {}
    for word, following in zip(words, [*words[1:], "--"], strict=True):
        if word.startswith("--"):
            found[word] = "" if following.startswith("--") else following
    return words, found


def test_vllm():
    made, result = command(
        engine="vLLM", tensor_parallel=1, attention_data_parallel=8, expert_parallel=8, kv_precision="fp8"
    )
    words, found = flags(made.text)
    assert words[:3] == ["vllm", "serve", "deepseek-ai/DeepSeek-V3.1"]
    assert found == {
        "--tensor-parallel-size": "1",
        "--data-parallel-size": "8",
        "--enable-expert-parallel": "",
        "--kv-cache-dtype": "fp8",
        "--gpu-memory-utilization": f"{result.limits.memory_fraction:g}",
        "--max-num-seqs": str(result.limits.max_running // 8),
        "--max-num-batched-tokens": str(result.limits.max_batched_tokens),
        "--max-model-len": "3072",
        "--no-enable-prefix-caching": "",
    }
    assert made.file is None
    assert made.version == ENGINES["vLLM"].version


def test_sglang_counts_the_whole_group():
    made, result = command(
        engine="SGLang", tensor_parallel=1, attention_data_parallel=8, max_running=512, max_batched_tokens=4096
    )
    words, found = flags(made.text)
    assert words[:5] == ["python", "-m", "sglang.launch_server", "--model-path", "deepseek-ai/DeepSeek-V3.1"]
    assert found["--tp-size"] == found["--dp-size"] == "8"
    assert "--enable-dp-attention" in found
    assert "--ep-size" not in found
    assert found["--max-running-requests"] == "512"
    assert found["--chunked-prefill-size"] == str(8 * 4096)
    assert found["--mem-fraction-static"] == f"{result.limits.memory_fraction:g}"
    assert "--disable-radix-cache" in found


def test_tensorrt_llm_with_its_file():
    made, result = command(engine="TensorRT-LLM", tensor_parallel=1, attention_data_parallel=8, expert_parallel=8)
    words, found = flags(made.text)
    assert words[:2] == ["trtllm-serve", "deepseek-ai/DeepSeek-V3.1"]
    assert found["--tp_size"] == found["--ep_size"] == "8"
    assert found["--config"] == made.file.name
    assert found["--kv_cache_free_gpu_memory_fraction"] == f"{result.limits.memory_fraction:g}"
    assert "enable_attention_dp: true" in made.file.content
    assert "enable_block_reuse: false" in made.file.content
    assert f"dtype: {result.kv_precision}" in made.file.content


def test_weights_that_the_engine_quantises_itself():
    made, _ = command(model="meta-llama/Llama-3.1-8B", tensor_parallel=1, precision="fp8")
    assert flags(made.text)[1]["--quantization"] == "fp8"
    made, _ = command(model="meta-llama/Llama-3.1-8B", tensor_parallel=1, precision="fp8", engine="TensorRT-LLM")
    assert any("FP8 checkpoint" in note for note in made.notes)
    made, _ = command(model="meta-llama/Llama-3.1-8B", tensor_parallel=1, precision="fp4")
    assert "--quantization" not in flags(made.text)[1]
    assert any("NVFP4 checkpoint" in note for note in made.notes)


def test_the_checkpoints_own_form_needs_no_flag_and_no_note():
    for engine in ENGINES:
        for precision in ("auto", "fp8"):
            made, _ = command(engine=engine, precision=precision)
            assert "--quantization" not in made.text
            assert not any("checkpoint" in note for note in made.notes)
    made, _ = command(precision="fp16", gpu="B200 SXM", nodes=2, pipeline_parallel=2)
    assert any("16-bit checkpoint" in note for note in made.notes)


@pytest.mark.parametrize(("engine", "dtype"), [("vLLM", "bfloat16"), ("SGLang", "bf16")])
def test_a_16_bit_cache_is_named_when_it_was_chosen(engine, dtype):
    assert flags(command(engine=engine, kv_precision="fp16")[0].text)[1]["--kv-cache-dtype"] == dtype
    assert "--kv-cache-dtype" not in command(engine=engine)[0].text


def test_what_the_reader_must_know():
    made, _ = command(nodes=2, tensor_parallel=8, pipeline_parallel=2, engine="SGLang")
    assert flags(made.text)[1]["--nnodes"] == "2"
    assert any("2 nodes" in note for note in made.notes)
    made, _ = command(model="meta-llama/Llama-3.1-8B", tensor_parallel=2)
    assert any("one of 4 replicas" in note for note in made.notes)
    made, _ = command(tensor_parallel=8, expert_parallel=4)
    assert any("not over fewer" in note for note in made.notes)
    made, _ = command(engine="TensorRT-LLM", tensor_parallel=4, attention_data_parallel=2)
    assert any("not beside tensor" in note for note in made.notes)


def test_a_model_without_an_id():
    made, _ = command(manual=True, tensor_parallel=8)
    assert made.text.startswith(f"vllm serve {PLACEHOLDER} ")
    assert any("MODEL" in note for note in made.notes)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_any_word_comes_through_a_shell_as_one_word(word):
    if word:
        assert shlex.split(quoted(word)) == [word]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_hostile_names_never_reach_the_command(name):
    scenario = Scenario(manual=True)
    base = models.manual(scenario).model
    model = Model(**{f: getattr(base, f) for f in base.__dataclass_fields__} | {"name": name})
    deployment, workload = inputs.deployment(scenario), inputs.workload(scenario)
    made = serving_command(model, deployment, workload, estimate(model, deployment, workload))
    first = made.text.splitlines()[0].removeprefix("vllm serve ").removesuffix(" \\")
    assert first == PLACEHOLDER or shlex.split(first) == [name.partition("@")[0]]


def test_a_revision_is_kept():
    scenario = Scenario(manual=True)
    base = models.manual(scenario).model
    model = Model(**{f: getattr(base, f) for f in base.__dataclass_fields__} | {"name": "org/model@v1.2"})
    deployment, workload = inputs.deployment(scenario), inputs.workload(scenario)
    made = serving_command(model, deployment, workload, estimate(model, deployment, workload))
    assert flags(made.text)[1]["--revision"] == "v1.2"
