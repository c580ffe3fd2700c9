"""Memory of a GPU that is neither weights nor cache: context, collectives, activations, logits, CUDA graphs.

An engine measures or assumes it at start-up, with the largest batch that it will ever run. The terms follow the
shapes of that batch; constants are in engines.json with their sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .data import Figure

ACTIVATION_BYTES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveConstants:
    """Constants of one engine, SI.

    Attributes:
        context_bytes: CUDA context and libraries on one GPU.
        collective_bytes: NCCL and custom all-reduce buffers, more than one GPU.
        workspace_bytes: attention workspace.
        bytes_per_logit: live at the peak of sampling, per sequence and vocabulary entry.
        up_projected_tokens: MLA context tokens whose keys and values are up-projected at once.
        graph_bytes_per_layer: CUDA graphs.
        graph_bytes_per_latent_layer: CUDA graphs of a layer with MLA.
        figures: where the constants are from.
    """

    context_bytes: float
    collective_bytes: float
    workspace_bytes: float
    bytes_per_logit: float
    up_projected_tokens: float
    graph_bytes_per_layer: float
    graph_bytes_per_latent_layer: float
    figures: Mapping[str, Figure]

    @classmethod
    def from_figures(cls, figures: Mapping[str, Figure]) -> ReserveConstants:
        """Take the constants from their published figures."""
        return cls(
            context_bytes=figures["context"].si_known,
            collective_bytes=figures["collectives"].si_known,
            workspace_bytes=figures["workspace"].si_known,
            bytes_per_logit=figures["bytes_per_logit"].si_known,
            up_projected_tokens=figures["up_projected_tokens"].si_known,
            graph_bytes_per_layer=figures["graph_per_layer"].si_known,
            graph_bytes_per_latent_layer=figures["graph_per_latent_layer"].si_known,
            figures=figures,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """The largest batch and the widest layer, on the fullest GPU.

    Attributes:
        batched_tokens: most tokens in one step.
        running: most sequences in the batch (of one attention-data-parallel rank).
        hidden_size: width of the residual stream.
        vocab_size: rows of the head, over all GPUs: logits are gathered before sampling.
        layers: layers on this GPU.
        gpus: GPUs of the replica.
        dense_width: intermediate width of the widest dense or shared feed-forward block on this GPU; 0 without.
        experts_per_token: routed experts of one token; 0 without.
        expert_width: intermediate width of one routed expert on this GPU.
        latent_up_width: MLA: heads on this GPU x (key + value width after up-projection); 0 without.
    """

    batched_tokens: int
    running: int
    hidden_size: int
    vocab_size: int
    layers: int
    gpus: int = 1
    dense_width: float = 0.0
    experts_per_token: int = 0
    expert_width: float = 0.0
    latent_up_width: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """The reserve of one GPU by part, bytes.

    Attributes:
        context_bytes: context and collectives, taken before any weight is loaded.
        workspace_bytes: attention workspace.
        activation_bytes: forward pass of the largest step, or the MLA context up-projected for it where that is larger.
        logit_bytes: sampling of the largest batch.
        graph_bytes: CUDA graphs.
    """

    context_bytes: float
    workspace_bytes: float
    activation_bytes: float
    logit_bytes: float
    graph_bytes: float

    @property
    def peak_bytes(self) -> float:
        """The larger of forward pass and sampling: the second starts when the first is done."""
        return max(self.activation_bytes, self.logit_bytes)

    @property
    def total_bytes(self) -> float:
        """All parts."""
        return self.context_bytes + self.workspace_bytes + self.peak_bytes + self.graph_bytes


def activation_bytes(shapes: Shapes) -> float:
    """Peak of one layer's forward pass in 16 bit: residual, its normed copy, block input and output, intermediates.

    A gated dense block holds gate, up and their product; routed experts hold, per token and expert, the larger of gate
    with up and the block's output, and the product.
    """
    dense = 3 * shapes.dense_width
    routed = shapes.experts_per_token * (max(2 * shapes.expert_width, shapes.hidden_size) + shapes.expert_width)
    if not shapes.experts_per_token:
        routed = 0.0
    return shapes.batched_tokens * ACTIVATION_BYTES * (4 * shapes.hidden_size + max(dense, routed))


def reserve(constants: ReserveConstants, shapes: Shapes) -> Reserve:
    """The reserve of an engine with these constants for a model and batch of these shapes."""
    latent = shapes.latent_up_width > 0
    graph_bytes = constants.graph_bytes_per_latent_layer if latent else constants.graph_bytes_per_layer
    up_projected_bytes = constants.up_projected_tokens * shapes.latent_up_width * ACTIVATION_BYTES
    sampled = min(shapes.running, shapes.batched_tokens)
    return Reserve(
        context_bytes=constants.context_bytes + (constants.collective_bytes if shapes.gpus > 1 else 0.0),
        workspace_bytes=constants.workspace_bytes,
        activation_bytes=max(activation_bytes(shapes), up_projected_bytes),
        logit_bytes=constants.bytes_per_logit * sampled * shapes.vocab_size,
        graph_bytes=graph_bytes * shapes.layers,
    )
