"""A scenario as the engine's own arguments."""

from present.state import MANUAL_FIELDS, Scenario
from roofline import Deployment, Model, Workload


def deployment(scenario: Scenario) -> Deployment:
    """The hardware and its settings. Raises RooflineError."""
    return Deployment(
        gpu=scenario.gpu,
        nodes=scenario.nodes,
        tensor_parallel=scenario.tensor_parallel,
        expert_parallel=scenario.expert_parallel,
        pipeline_parallel=scenario.pipeline_parallel,
        attention_data_parallel=scenario.attention_data_parallel,
        precision=scenario.precision,
        kv_precision=scenario.kv_precision,
        engine=scenario.engine,
        memory_fraction=scenario.memory_fraction,
        max_running=scenario.max_running,
        max_batched_tokens=scenario.max_batched_tokens,
        usd_per_gpu_hour=scenario.usd_per_gpu_hour,
        utilization=scenario.utilization,
    )


def workload(scenario: Scenario) -> Workload:
    """The requests. Raises RooflineError."""
    return Workload(
        input_tokens=scenario.input_tokens,
        output_tokens=scenario.output_tokens,
        concurrency=scenario.concurrency,
    )


def manual_model(scenario: Scenario) -> Model:
    """The model that the manual boxes describe. Raises RooflineError."""
    return Model.manual(**{key: getattr(scenario, key) for key in MANUAL_FIELDS})
