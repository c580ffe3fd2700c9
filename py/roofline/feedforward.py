"""Feed-forward blocks: dense (gated or not) and mixture of experts.

Shapes: h hidden width, f feed-forward width, E routed experts of which k serve a token.
"""

from __future__ import annotations

from dataclasses import dataclass

from .weights import Linear, Role, Split


def _block(
    prefix: str, hidden: int, width: int, role: Role, *, gated: bool, bias: bool, copies: int = 1
) -> tuple[Linear, ...]:
    """Gate, up and down matrices of one block, or of ``copies`` equal experts."""
    kernel = role.value
    into = [
        Linear(
            f"{prefix}.{name}",
            hidden,
            width,
            role,
            Split.COLUMN,
            f"{kernel} up",
            copies=copies,
            bias=width if bias else 0,
        )
        for name in (("gate_proj", "up_proj") if gated else ("up_proj",))
    ]
    out = Linear(
        f"{prefix}.down_proj",
        width,
        hidden,
        role,
        Split.ROW,
        f"{kernel} down",
        copies=copies,
        bias=hidden if bias else 0,
    )
    return (*into, out)


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseFeedForward:
    """One block that serves every token: 3 h f parameters when gated, else 2 h f."""

    hidden_size: int
    width: int
    gated: bool = True
    bias: bool = False

    @property
    def label(self) -> str:
        """Name for people."""
        return "dense"

    def linears(self) -> tuple[Linear, ...]:
        """Weight matrices."""
        return _block("mlp", self.hidden_size, self.width, Role.MLP, gated=self.gated, bias=self.bias)

    def extra_params(self) -> int:
        """Parameters outside matrices."""
        return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MixtureOfExperts:
    """Routed experts with an optional shared expert.

    Attributes:
        experts, active_experts: E and k.
        expert_width: f of one routed expert.
        shared_width: f of all shared experts together; 0 = none.
        shared_gate: a h -> 1 gate on the shared expert.
        expert_input_size: width in which the experts work (latent MoE); 0 = hidden_size.
        router_bias: the router has a bias among its parameters; correction buffers for load balancing are none.
        norm_params: norms and scales of the block's own.
        dense_width: f of a dense block that runs beside the experts in the same layer; 0 = none.
        empty_experts: outputs of the router that stand for experts without weights.
    """

    hidden_size: int
    experts: int
    active_experts: int
    expert_width: int
    shared_width: int = 0
    shared_gate: bool = False
    gated: bool = True
    shared_gated: bool = True
    bias: bool = False
    router_bias: bool = False
    expert_input_size: int = 0
    dense_width: int = 0
    empty_experts: int = 0
    norm_params: int = 0

    @property
    def label(self) -> str:
        """Name for people."""
        return f"{self.active_experts} of {self.experts} experts"

    def linears(self) -> tuple[Linear, ...]:
        """Weight matrices: router, routed experts, latent projections, shared expert, parallel dense block."""
        h, inner = self.hidden_size, self.expert_input_size or self.hidden_size
        outputs = self.experts + self.empty_experts
        bias = outputs if self.router_bias else 0
        rows = [
            Linear("mlp.gate", h, outputs, Role.ROUTER, Split.NONE, "router", bias=bias, quantizable=False),
        ]
        if inner != h:
            rows.append(Linear("mlp.fc1_latent_proj", h, inner, Role.MLP, Split.NONE, "latent down"))
            rows.append(Linear("mlp.fc2_latent_proj", inner, h, Role.MLP, Split.NONE, "latent up"))
        rows += _block(
            "mlp.experts.*",
            inner,
            self.expert_width,
            Role.EXPERT,
            gated=self.gated,
            bias=self.bias,
            copies=self.experts,
        )
        if self.shared_width:
            rows += _block(
                "mlp.shared_experts", h, self.shared_width, Role.SHARED_EXPERT, gated=self.shared_gated, bias=self.bias
            )
        if self.shared_gate:
            rows.append(Linear("mlp.shared_expert_gate", h, 1, Role.ROUTER, Split.NONE, "router", quantizable=False))
        if self.dense_width:
            rows += _block("mlp", h, self.dense_width, Role.MLP, gated=self.gated, bias=self.bias)
        return tuple(rows)

    def extra_params(self) -> int:
        """Parameters outside matrices."""
        return self.norm_params


FeedForward = DenseFeedForward | MixtureOfExperts
