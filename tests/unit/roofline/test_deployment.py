"""What a user chooses: every bad value is refused by name with a next step, and nothing else escapes."""

import dataclasses
import math
import pickle
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roofline import ENGINES, GPUS, Deployment, DeploymentError, RooflineError, Workload, WorkloadError
from roofline.deployment import EngineName

COUNTS = ["nodes", "tensor_parallel", "expert_parallel", "pipeline_parallel", "attention_data_parallel"]
CAPS = ["max_running", "max_batched_tokens"]
NO_NUMBERS = [True, False, "8", b"8", [8], {}, 8j, Decimal(8), math.nan, math.inf, -math.inf]

junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.binary(max_size=4),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=1),
    st.complex_numbers(),
    st.decimals(),
    st.sampled_from([10**5000, -(10**5000), float(2**53), 5e-324, object()]),
)


def brief(value):
    """Name of a case; huge integers have no text."""
    return "huge" if isinstance(value, int) and abs(value) > 10**20 else repr(value)


def refused(kind, **arguments):
    """The error that these arguments raise; it says what to do."""
    with pytest.raises(RooflineError) as refusal:
        kind(**arguments)
    assert refusal.value.hint
    return refusal.value


def accepts(kind, **arguments):
    """Whether the arguments are taken; any error but the package's own fails the test."""
    try:
        kind(**arguments)
    except RooflineError as error:
        assert error.hint and error.code and str(error)
        return False
    return True


@pytest.mark.parametrize("value", [*NO_NUMBERS, None, 0, -1, 1.5, 100_001, 10**5000], ids=brief)
@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_whole_numbers_from_one(name, value):
    error = refused(Deployment, **{name: value})
    assert isinstance(error, DeploymentError)
    assert error.code == "invalid-number"
    assert name in str(error)
    assert "100,000" in error.hint


@pytest.mark.parametrize("value", [*NO_NUMBERS, 0, -1, 1.5, 10**9, 10**5000], ids=brief)
@pytest.mark.parametrize("name", CAPS)
def test_caps_are_whole_numbers_or_left_to_the_engine(name, value):
    error = refused(Deployment, **{name: value})
    assert error.code == "invalid-number"
    assert name in str(error)
    assert accepts(Deployment, **{name: None})


@pytest.mark.parametrize(
    ("name", "highest"), [("memory_fraction", 1), ("utilization", 1), ("usd_per_gpu_hour", 1_000_000)]
)
def test_shares_and_prices_have_a_range(name, highest):
    assert accepts(Deployment, **{name: highest})
    assert accepts(Deployment, **{name: 0.001})
    for value in [*NO_NUMBERS, -0.1, math.nextafter(highest, math.inf)]:
        error = refused(Deployment, **{name: value})
        assert error.code == "invalid-number"
        assert name in str(error)


@pytest.mark.parametrize(
    ("name", "accepted"), [("memory_fraction", False), ("utilization", False), ("usd_per_gpu_hour", True)]
)
def test_only_a_price_may_be_nothing(name, accepted):
    assert accepts(Deployment, **{name: 0}) is accepted


@pytest.mark.parametrize("value", ["H100 XL", "", "A100", None, 100, [], {}, b"H100", True, 10**5000], ids=brief)
def test_an_unknown_gpu_is_answered_with_the_known_ones(value):
    error = refused(Deployment, gpu=value)
    assert error.code == "unknown-gpu"
    assert all(name in error.hint for name in GPUS)


@pytest.mark.parametrize("value", ["vllm", "TGI", "", None, 1, [], 10**5000], ids=brief)
def test_an_unknown_engine_is_answered_with_the_known_ones(value):
    error = refused(Deployment, engine=value)
    assert error.code == "unknown-engine"
    assert all(name in error.hint for name in ENGINES)


@pytest.mark.parametrize(
    ("name", "value"), [("precision", "int3"), ("precision", None), ("kv_precision", "fp4"), ("kv_precision", 8)]
)
def test_an_unknown_precision_is_answered_with_the_known_ones(name, value):
    error = refused(Deployment, **{name: value})
    assert error.code == "unsupported-precision"
    assert "auto, fp16, bf16, fp8" in error.hint


def test_what_was_not_understood_is_repeated_and_cut_short():
    assert "'A100'" in str(refused(Deployment, gpu="A100"))
    assert len(str(refused(Deployment, gpu="x" * 10_000))) < 100
    assert len(str(refused(Deployment, engine="x" * 10_000))) < 100


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([field.name for field in dataclasses.fields(Deployment)]), junk)
def test_nothing_but_our_own_errors_escapes_a_deployment(name, value):
    accepts(Deployment, **{name: value})


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([field.name for field in dataclasses.fields(Workload)]), junk)
def test_nothing_but_our_own_errors_escapes_a_workload(name, value):
    accepts(Workload, **{name: value})


@pytest.mark.parametrize("name", [*COUNTS, *CAPS])
def test_a_whole_number_from_a_form_or_json_becomes_an_int(name):
    deployment = Deployment(**{"tensor_parallel": 2, name: 2.0})
    assert getattr(deployment, name) == 2
    assert type(getattr(deployment, name)) is int


@pytest.mark.parametrize(
    ("given", "name"),
    [("h100", "H100 SXM"), ("  H200   sxm ", "H200 SXM"), ("GB200 NVL72", "GB200"), ("b300", "B300 SXM")],
)
def test_a_gpu_is_known_by_its_usual_names(given, name):
    deployment = Deployment(gpu=given)
    assert deployment.gpu == name
    assert deployment.gpu_data is GPUS[name]


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_brings_its_data(name):
    assert Deployment(engine=name).engine_data is ENGINES[name]


def test_the_enumeration_of_engines_is_that_of_the_data():
    assert [str(name) for name in EngineName] == list(ENGINES)


def test_a_replica_multiplies_tensor_pipeline_and_attention_data_parallelism():
    deployment = Deployment(tensor_parallel=2, pipeline_parallel=3, attention_data_parallel=4, expert_parallel=8)
    assert deployment.gpus_per_replica == 24
    assert deployment.expert_group == 8


@pytest.mark.parametrize(("tensor", "data", "expert"), [(8, 1, 3), (1, 8, 16), (2, 2, 8)])
def test_expert_parallelism_divides_the_gpus_that_share_a_layer(tensor, data, expert):
    error = refused(Deployment, tensor_parallel=tensor, attention_data_parallel=data, expert_parallel=expert)
    assert error.code == "expert-parallel"
    assert f"divisor of {tensor * data}" in error.hint


def test_a_deployment_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Deployment().nodes = 2


@pytest.mark.parametrize("value", [*NO_NUMBERS, None, 0, -5, 0.5, 10**9, 10**5000], ids=brief)
@pytest.mark.parametrize("name", ["input_tokens", "output_tokens"])
def test_a_request_has_at_least_one_token_each_way(name, value):
    error = refused(Workload, **{name: value})
    assert isinstance(error, WorkloadError)
    assert error.code == "invalid-number"
    assert name in str(error)


@pytest.mark.parametrize("value", [*NO_NUMBERS, 0, -1, 2.5, 10**7, 10**5000], ids=brief)
def test_clients_are_counted(value):
    error = refused(Workload, concurrency=value)
    assert isinstance(error, WorkloadError)
    assert error.code == "invalid-number"
    assert "concurrency" in str(error)


def test_lengths_may_be_means_of_a_benchmark():
    workload = Workload(input_tokens=1000.5, output_tokens=200)
    assert workload.total_tokens == 1200.5
    assert workload.mean_tokens == 1100.5


def test_a_copy_for_another_process_has_its_fields_alone():
    """The hash of a text differs from process to process."""
    made = Deployment(gpu="B200 SXM", tensor_parallel=2)
    assert (hash(made), made.gpu_data) == (hash(dataclasses.replace(made)), GPUS["B200 SXM"])
    copied = pickle.loads(pickle.dumps(made))
    assert vars(copied).keys() == {field.name for field in dataclasses.fields(Deployment)}
    assert (copied, hash(copied)) == (made, hash(made))
