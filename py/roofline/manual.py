"""A model from a few numbers that a user types: a gated decoder whose feed-forward width follows from the total."""

from __future__ import annotations

from .deployment import whole
from .errors import ConfigError
from .feedforward import DenseFeedForward, FeedForward, MixtureOfExperts
from .mixers import GroupedQueryAttention
from .model import Model, make_layer
from .weights import Linear, Role, Split

LIMITS: dict[str, tuple[int, int]] = {
    "hidden_size": (1, 1_000_000),
    "layers": (1, 10_000),
    "heads": (1, 100_000),
    "kv_heads": (1, 100_000),
    "vocab_size": (1, 10_000_000),
    "head_dim": (1, 100_000),
}
MAX_PARAMS = 1e15
MAX_EXPERTS = 100_000


def manual_model(
    *,
    total_params: float,
    hidden_size: int,
    layers: int,
    heads: int,
    kv_heads: int,
    experts: int,
    active_experts: int,
    head_dim: int | None,
    vocab_size: int,
    name: str,
) -> Model:
    """Solve the feed-forward width so that all parameters add up to ``total_params``.

    The rest of the division is kept as vectors.

    Assumed: gated feed-forward without biases, untied embedding and head, every layer alike.

    Raises:
        ConfigError: a number out of range, or too few parameters for attention and embeddings.
    """
    total = whole("total_params", total_params, 1, int(MAX_PARAMS), error=ConfigError)
    h = whole("hidden_size", hidden_size, *LIMITS["hidden_size"], error=ConfigError)
    n = whole("layers", layers, *LIMITS["layers"], error=ConfigError)
    q = whole("heads", heads, *LIMITS["heads"], error=ConfigError)
    kv = whole("kv_heads", kv_heads, 1, q, error=ConfigError)
    vocab = whole("vocab_size", vocab_size, *LIMITS["vocab_size"], error=ConfigError)
    count = whole("experts", experts, 0, MAX_EXPERTS, error=ConfigError)
    active = whole("active_experts", active_experts, 0 if count <= 1 else 1, count, error=ConfigError)
    if q % kv:
        raise ConfigError(
            f"heads ({q}) must be a multiple of kv_heads ({kv})", hint="Correct one of them.", code="invalid-number"
        )
    d = max(h // q, 1) if head_dim is None else whole("head_dim", head_dim, *LIMITS["head_dim"], error=ConfigError)
    attention = GroupedQueryAttention(hidden_size=h, heads=q, kv_heads=kv, key_dim=d, value_dim=d)
    fixed = n * (sum(w.params for w in attention.linears()) + 2 * h) + 2 * vocab * h + h
    routed = max(count, 1)
    router = n * h * count if count > 1 else 0
    width = (total - fixed - router) // (3 * h * n * routed)
    if width < 1:
        raise ConfigError(
            f"{total / 1e9:.3g} B parameters are too few:"
            f" attention, embeddings and norms alone take {(fixed + router) / 1e9:.3g} B",
            hint="Correct the total, the hidden size, the layers or the heads.",
            code="invalid-number",
        )
    ffn: FeedForward = DenseFeedForward(hidden_size=h, width=width)
    if count > 1:
        ffn = MixtureOfExperts(hidden_size=h, experts=count, active_experts=active, expert_width=width)
    layer = make_layer(attention, ffn, 2 * h)
    embedding = Linear("embed_tokens", h, vocab, Role.EMBEDDING, Split.COLUMN, "embedding", quantizable=False)
    head = Linear("lm_head", h, vocab, Role.HEAD, Split.COLUMN, "head", quantizable=False)
    rest = total - fixed - router - 3 * h * n * routed * width
    return Model(
        name=name,
        architecture="manual",
        hidden_size=h,
        vocab_size=vocab,
        layers=(layer,) * n,
        outside=(embedding, head),
        tied=False,
        extra_params=h + rest,
        remarks=(
            f"Manual model: gated feed-forward width {width:,}, head width {d}, vocabulary {vocab:,}, untied head.",
        ),
    )
