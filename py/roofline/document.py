"""The result for programs: the last line of `python -m roofline`, and what an embedded page sends to its host."""

from typing import Any

from .estimate import Estimate
from .model import Model


def document(model: Model, result: Estimate) -> dict[str, Any]:
    """The model's name and size and every figure, as JSON values."""
    return {"model": model.name, "total_params": model.total_params} | result.to_dict()
