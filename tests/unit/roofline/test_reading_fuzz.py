"""Whatever a config holds, reading it gives a model or a RooflineError, quickly."""

import copy
import math
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roofline import CATALOGUE, Model, RooflineError

LIMIT_S = 0.05
SLOW = 20  # a shared machine may stop the clock's process; the limit holds for the quickest of some tries

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([-1, 0, 1, 2, 3, 7, 10**9, 10**30, -(10**40), 1.5, math.nan, math.inf, -math.inf, 1e308]),
    st.sampled_from(["", "x", "full_attention", "sliding_attention", "mamba", "MEM*-", "4096", "float32"]),
    st.sampled_from([[], {}, [[]], [None], [1, "a"], [0] * 1500, {"a": {"b": []}}, ["mamba"] * 80]),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = sorted(CATALOGUE)
ONE_OF_EACH = sorted({entry.family: name for name, entry in CATALOGUE.items()}.values())


def read_whole(config: Any, sidecar: Any = None) -> Model | None:
    """Read and use a config; None where it is refused with a RooflineError."""
    try:
        model = Model.from_config(config, name="fuzzed", sidecar=sidecar)
    except RooflineError as error:
        assert str(error)
        return None
    assert model.total_params > 0
    assert 0 < model.active_params <= model.total_params
    assert 0 <= model.kv_bytes(1_000) < math.inf
    assert 0 < model.weight_bytes() < math.inf
    return model


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of all values inside a config, long lists cut."""
    found = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value[:3]):
            found += places(inner, (*path, index))
    return found


def changed(config: Any, path: tuple[Any, ...], value: Any, *, delete: bool) -> Any:
    """A copy with one value replaced or deleted."""
    result = copy.deepcopy(config)
    holder = result
    for step in path[:-1]:
        holder = holder[step]
    if delete:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return result


@given(JSON)
def test_any_json_value_is_read_or_refused(value: Any) -> None:
    read_whole(value)


@given(st.sampled_from(NAMES), JSON)
def test_any_side_file_is_read_or_refused(name: str, sidecar: Any) -> None:
    read_whole(CATALOGUE[name].config, sidecar)


@given(JSON)
def test_any_quantisation_is_read_or_refused(value: Any) -> None:
    read_whole({**CATALOGUE["meta-llama/Llama-3.1-8B"].config, "quantization_config": value})


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_a_mutated_config_is_read_or_refused(data: st.DataObject) -> None:
    entry = CATALOGUE[data.draw(st.sampled_from(NAMES))]
    config = entry.config
    for _ in range(data.draw(st.integers(1, 3))):
        paths = places(config)
        if not paths:
            break
        path = data.draw(st.sampled_from(paths))
        config = changed(config, path, data.draw(ODD), delete=data.draw(st.booleans()))
    taken = []
    while not taken or (taken[-1] >= LIMIT_S and len(taken) < SLOW):
        start = time.perf_counter()
        read_whole(config, entry.sidecar)
        taken.append(time.perf_counter() - start)
    assert min(taken) < LIMIT_S


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_every_key_may_be_missing_or_of_another_type(name: str) -> None:
    entry = CATALOGUE[name]
    for path in places(entry.config):
        if len(path) > 2:
            continue
        for value in (None, True, "x", -1, 10**30, math.nan, [], {}, [[]]):
            read_whole(changed(entry.config, path, value, delete=False), entry.sidecar)
        read_whole(changed(entry.config, path, None, delete=True), entry.sidecar)


def hostile() -> dict[str, Any]:
    """Configs that could take long: huge lists, deep nesting, expressions that backtrack."""
    llama = CATALOGUE["meta-llama/Llama-3.1-8B"].config
    qwen = CATALOGUE["Qwen/Qwen3-235B-A22B"].config
    deep: Any = {}
    for _ in range(5_000):
        deep = {"text_config": deep}
    fp8 = {"quant_method": "fp8", "weight_block_size": [128, 128]}
    table = {f"model.layers.{n}.x.y": {"quant_algo": "FP8"} for n in range(99_000)}
    return {
        "deep": deep,
        "deep quantisation": {**llama, "quantization_config": deep},
        "long list": {**qwen, "mlp_only_layers": list(range(1_000_000))},
        "long words": {**llama, "model_type": "qwen2", "use_sliding_window": True, "layer_types": ["x"] * 1_000_000},
        "long pattern": {"model_type": "nemotron_h", "hidden_size": 8, "hybrid_override_pattern": "M" * 10_000_000},
        "long type": {**llama, "model_type": "x" * 10_000_000},
        "long ignore": {**llama, "quantization_config": {**fp8, "ignored_layers": ["a.b*c"] * 1_000_000}},
        "many ignored": {**llama, "quantization_config": {**fp8, "ignored_layers": ["model.layers.3.mlp"] * 5_000}},
        "backtracking": {**llama, "quantization_config": {**fp8, "ignored_layers": ["re:(a+)+$", "re:.*.*.*.*.*x"]}},
        "five stars": {**llama, "quantization_config": {**fp8, "ignored_layers": ["re:.*l.*a.*y.*e.*x"]}},
        "long table": {
            **qwen,
            "quantization_config": {"quant_algo": "MIXED_PRECISION", "quantized_layers": table},
        },
        "many keys": {**llama, "model_type": "unheard_of", **{f"key_{n}": 1 for n in range(200_000)}},
        "most layers": {**llama, "num_hidden_layers": 1000, "quantization_config": fp8},
    }


HOSTILE = hostile()


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_configs_take_less_than_50_ms(name: str) -> None:
    taken = []
    for _ in range(SLOW):
        start = time.perf_counter()
        try:
            Model.from_config(HOSTILE[name], name=name)
        except RooflineError as error:
            assert len(str(error)) < 1_000
        taken.append(time.perf_counter() - start)
        if taken[-1] < LIMIT_S:
            break
    assert min(taken) < LIMIT_S
