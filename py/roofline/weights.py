"""Weight matrices of a layer and how tensor parallelism splits them.

One list of matrices gives the parameter count, the bytes, the share of a GPU and the matrix multiplications of a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .formats import BF16, Format


class Role(StrEnum):
    """What a matrix is for: decides its format under a named precision and its place under parallelism."""

    ATTENTION = "attention"
    MLP = "mlp"
    EXPERT = "expert"
    SHARED_EXPERT = "shared expert"
    ROUTER = "router"
    EMBEDDING = "embedding"
    HEAD = "head"
    STATE = "state"


class Split(StrEnum):
    """Side of the matrix that tensor parallelism divides."""

    COLUMN = "outputs"
    ROW = "inputs"
    NONE = "copied"


@dataclass(frozen=True, slots=True)
class Linear:
    """A weight matrix, or ``copies`` equal ones (the routed experts).

    Attributes:
        name: module path inside its layer as published, e.g. ``self_attn.q_proj``; ignore lists refer to it.
        inputs: contraction width.
        outputs: result width.
        role: what it is for.
        split: side divided under tensor parallelism.
        kernel: matrices of one layer with the same kernel name run as one multiplication (engines fuse q, k, v and
            gate, up).
        units: indivisible pieces along the split side (heads); 0 where any width may be cut. Fewer units than ranks
            are copied.
        copies: number of equal matrices.
        bias: elements of a bias vector per copy.
        stored: format in the checkpoint.
        quantizable: whether a named precision re-quantises it.
    """

    name: str
    inputs: int
    outputs: int
    role: Role
    split: Split
    kernel: str
    units: int = 0
    copies: int = 1
    bias: int = 0
    stored: Format = BF16
    quantizable: bool = True

    @property
    def elements(self) -> int:
        """Matrix elements of all copies, biases apart."""
        return self.copies * self.inputs * self.outputs

    @property
    def params(self) -> int:
        """Parameters of all copies, biases included."""
        return self.copies * (self.inputs * self.outputs + self.bias)

    def local_width(self, width: int, ranks: int) -> int:
        """Width of the split side on the fullest of ``ranks`` GPUs."""
        if ranks == 1:
            return width
        if self.units:
            return width // self.units * -(-self.units // ranks)
        return -(-width // ranks)

    def local_shape(self, ranks: int) -> tuple[int, int]:
        """(inputs, outputs) of one copy on the fullest of ``ranks`` GPUs."""
        if self.split is Split.COLUMN:
            return self.inputs, self.local_width(self.outputs, ranks)
        if self.split is Split.ROW:
            return self.local_width(self.inputs, ranks), self.outputs
        return self.inputs, self.outputs
