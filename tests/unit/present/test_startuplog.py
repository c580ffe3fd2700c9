"""Start-up logs: our figures in the engine's words, and pasted lines read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from present.startuplog import GIB, MAX_CHARACTERS, Logged, difference, log_lines, read_log
from roofline.startup import Startup


def figures(engine="vLLM"):
    return Startup(
        engine=engine,
        weight_bytes=15.0 * GIB,
        cache_bytes=44.86 * GIB,
        cache_tokens=367_488,
        request_tokens=131_072,
        max_concurrency=2.8037,
    )


def test_vllm_prints_memory_tokens_and_concurrency():
    assert log_lines(figures()) == (
        "Model loading took 15.00 GiB memory",
        "Available KV cache memory: 44.86 GiB",
        "GPU KV cache size: 367,488 tokens",
        "Maximum concurrency for 131,072 tokens per request: 2.80x",
    )


@pytest.mark.parametrize("engine", ["vLLM", "SGLang", "TensorRT-LLM"])
def test_what_is_printed_is_read_back(engine):
    found = read_log("\n".join(f"INFO 11-24 10:00:00 [x.py:1] {line}" for line in log_lines(figures(engine))))
    assert (found.cache_gib, found.cache_tokens) == (44.86, 367_488)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "GPU KV cache size: 34,952 tokens, Maximum concurrency for 8,192 tokens per request: 4.27x",
            Logged(None, None, 34_952, 8192, 4.27),
        ),
        (
            "KV Cache is allocated. #tokens: 350257, K size: 0.21 GB, V size: 0.22 GB",
            Logged(None, pytest.approx(0.43), 350_257),
        ),
        ("max_total_num_tokens=350257, chunked_prefill_size=8192", Logged(cache_tokens=350_257)),
        (
            "[MemUsageChange] Allocated 26.91 GiB for max tokens in paged KV cache (220480).",
            Logged(None, 26.91, 220_480),
        ),
        ("Model loading took 14.9889 GiB and 4.1 seconds", Logged(14.9889)),
        (
            "Load weight end. quant=fp8, fmt=e4m3, avail mem=12.25 GB, mem usage=125.65 GB.",
            Logged(125.65),
        ),
        ("nothing of the kind", Logged()),
        ("Available KV cache memory: nan GiB", Logged()),
        ("Available KV cache memory: 1.5 GiB\nAvailable KV cache memory: 2.5 GiB", Logged(None, 2.5)),
    ],
)
def test_published_wordings_are_read(text, expected):
    assert read_log(text) == expected


@given(st.text(max_size=500))
def test_any_text_is_taken(text):
    assert isinstance(read_log(text), Logged)


def test_a_long_text_is_read_to_a_limit():
    assert read_log(" " * MAX_CHARACTERS + "GPU KV cache size: 5 tokens") == Logged()


def test_difference_to_the_log():
    assert difference(11.0, 10.0) == pytest.approx(0.1)
    assert difference(11.0, None) is None
