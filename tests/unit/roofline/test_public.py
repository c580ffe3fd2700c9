"""The surface that programs outside this repository call: names, arguments and defaults exactly as documented."""

import dataclasses
import inspect
import math

import pytest

import roofline
from roofline import CATALOGUE, Deployment, DeploymentError, Model, RooflineError, Workload, estimate, smallest_fit

ENGINE_NAMES = ["vLLM", "SGLang", "TensorRT-LLM"]
NO_DEFAULT = inspect.Parameter.empty


@pytest.fixture(scope="module")
def llama():
    return Model.from_config(CATALOGUE["meta-llama/Llama-3.1-8B"].config)


def test_the_package_exports_what_is_documented():
    documented = """
        CATALOGUE CatalogueEntry ConfigError Deployment DeploymentError ENGINES Engine Estimate Fit GPUS Gpu Model
        Notice RooflineError UnsupportedArchitecture Workload WorkloadError estimate smallest_fit
    """
    assert sorted(roofline.__all__) == sorted(documented.split())
    assert all(hasattr(roofline, name) for name in roofline.__all__)


def defaults(kind):
    return {field.name: field.default for field in dataclasses.fields(kind)}


def test_fields_and_defaults_of_a_deployment():
    assert list(defaults(Deployment).items()) == [
        ("gpu", "H200 SXM"),
        ("nodes", 1),
        ("tensor_parallel", 1),
        ("expert_parallel", 1),
        ("pipeline_parallel", 1),
        ("attention_data_parallel", 1),
        ("precision", "auto"),
        ("kv_precision", "auto"),
        ("engine", "vLLM"),
        ("memory_fraction", None),
        ("max_running", None),
        ("max_batched_tokens", None),
        ("usd_per_gpu_hour", None),
        ("utilization", 1.0),
    ]


def test_fields_and_defaults_of_a_workload():
    assert list(defaults(Workload).items()) == [
        ("input_tokens", 2048),
        ("output_tokens", 1024),
        ("concurrency", None),
    ]


@pytest.mark.parametrize("kind", [Deployment, Workload])
def test_choices_are_named(kind):
    with pytest.raises(TypeError):
        kind(1)


def arguments(function):
    return {name: value.default for name, value in inspect.signature(function).parameters.items()}


def test_arguments_of_from_config():
    assert arguments(Model.from_config) == {"config": NO_DEFAULT, "name": "model", "sidecar": None}


def test_arguments_of_a_manual_model():
    given = arguments(Model.manual)
    required = [name for name, default in given.items() if default is NO_DEFAULT]
    assert required == ["total_params", "hidden_size", "layers", "heads", "kv_heads"]
    assert (given["experts"], given["active_experts"]) == (0, 0)


def test_arguments_of_an_estimate():
    assert arguments(estimate) == {
        "model": NO_DEFAULT,
        "deployment": NO_DEFAULT,
        "workload": NO_DEFAULT,
        "constants": None,
    }
    assert inspect.signature(estimate).parameters["constants"].kind is inspect.Parameter.KEYWORD_ONLY


def test_arguments_of_the_search_for_what_fits():
    assert list(arguments(smallest_fit)) == ["model", "deployment", "workload"]


def test_a_model_tells_its_size(llama):
    assert type(llama.total_params) is type(llama.active_params) is int
    assert llama.tower_params == 0
    assert llama.kv_bytes(1) == 131_072
    assert llama.weight_bytes() == 2 * 8_030_261_248


@pytest.mark.parametrize(
    ("precision", "token_bytes"), [("auto", 131_072), ("fp16", 131_072), ("bf16", 131_072), ("fp8", 65_536)]
)
def test_the_cache_of_a_model_by_precision(llama, precision, token_bytes):
    assert llama.kv_bytes(10, kv_precision=precision) == 10 * token_bytes


def test_a_declared_cache_format_is_the_automatic_one():
    """Nvidia's DeepSeek-V3.1: 61 layers of 576 elements in FP8."""
    entry = CATALOGUE["nvidia/DeepSeek-V3.1-NVFP4"]
    model = Model.from_config(entry.config, name=entry.name, sidecar=entry.sidecar)
    assert model.kv_bytes(1) == 61 * 576
    assert model.kv_bytes(1, "fp16") == 70_272


@pytest.mark.parametrize("tokens", [-1, math.nan, math.inf, "5", None, []], ids=repr)
def test_no_cache_of_a_length_that_is_none(llama, tokens):
    with pytest.raises(RooflineError) as refusal:
        llama.kv_bytes(tokens)
    assert refusal.value.hint


@pytest.mark.parametrize("precision", ["fp4", "int8", "", None, 8, []], ids=repr)
def test_no_cache_of_an_unknown_precision(llama, precision):
    with pytest.raises(DeploymentError) as refusal:
        llama.kv_bytes(1, precision)
    assert refusal.value.code == "unsupported-precision"


@pytest.mark.parametrize("precision", ["fp6", "", None, 8, {}], ids=repr)
def test_no_weights_of_an_unknown_precision(llama, precision):
    with pytest.raises(DeploymentError) as refusal:
        llama.weight_bytes(precision)
    assert refusal.value.code == "unsupported-precision"


def test_engines_and_gpus_are_mappings_by_name():
    assert list(roofline.ENGINES) == ENGINE_NAMES
    assert list(roofline.GPUS)[:3] == ["H100 SXM", "H200 SXM", "B200 SXM"]
    assert all(gpu.name == name for name, gpu in roofline.GPUS.items())


@pytest.mark.parametrize(
    "table", [roofline.GPUS, roofline.ENGINES, roofline.CATALOGUE], ids=["gpus", "engines", "catalogue"]
)
def test_tables_cannot_be_changed(table):
    with pytest.raises(TypeError):
        getattr(roofline, table)["mine"] = None


def test_a_catalogue_entry_says_what_it_is_and_where_it_is_from():
    names = {field.name for field in dataclasses.fields(roofline.CatalogueEntry)}
    assert {"name", "config", "sidecar", "source", "date"} <= names


def test_the_documented_example_runs():
    entry = CATALOGUE["meta-llama/Llama-3.1-70B"]
    model = Model.from_config(entry.config, name="org/model", sidecar=None)
    result = estimate(model, Deployment(gpu="H200 SXM", tensor_parallel=8), Workload())
    assert result.fits
    assert result.to_dict()["gpus_per_replica"] == 8
