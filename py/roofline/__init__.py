"""Roofline model of LLM inference on NVIDIA Hopper and Blackwell GPUs: memory, time, throughput and cost.

    from roofline import Model, Deployment, Workload, estimate
    result = estimate(Model.from_config(config), Deployment(gpu="H200 SXM", tensor_parallel=8), Workload())

Pure standard library; the packaged data are read at import.
"""

from .catalogue import CATALOGUE, CatalogueEntry
from .deployment import Deployment, Workload
from .engines import ENGINES, Engine
from .errors import ConfigError, DeploymentError, RooflineError, UnsupportedArchitecture, WorkloadError
from .estimate import Estimate, Notice, estimate
from .fit import Fit, smallest_fit
from .gpus import GPUS, Gpu
from .model import Model

__all__ = [
    "CATALOGUE",
    "ENGINES",
    "GPUS",
    "CatalogueEntry",
    "ConfigError",
    "Deployment",
    "DeploymentError",
    "Engine",
    "Estimate",
    "Fit",
    "Gpu",
    "Model",
    "Notice",
    "RooflineError",
    "UnsupportedArchitecture",
    "Workload",
    "WorkloadError",
    "estimate",
    "smallest_fit",
]
