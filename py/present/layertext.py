"""The layers of a model in words: how many of each kind, and their shapes."""

from collections import Counter
from collections.abc import Callable, Iterable

from present.text import exact, listing
from roofline import Model
from roofline.feedforward import FeedForward, MixtureOfExperts
from roofline.mixers import GroupedQueryAttention, LatentAttention, Mixer, SparseLatentAttention

Counted = tuple[tuple[str, int], ...]
"""Kinds in words with their number of layers."""


def summary(model: Model) -> str:
    """One line: "61 layers: 61 MLA; 3 dense, 58 with 8 of 256 experts + shared"."""
    count = len(model.layers)
    kinds = "; ".join(part for part in (_phrase(mixers(model)), _phrase(feedforwards(model))) if part)
    return f"{exact(count)} {'layer' if count == 1 else 'layers'}: {kinds}"


def _phrase(kinds: Counted) -> str:
    return ", ".join(f"{exact(count)} {kind}" for kind, count in kinds)


def mixers(model: Model) -> Counted:
    """Attention and recurrence by kind."""
    return _counted(model, lambda mixer, _: mixer_name(mixer) if mixer is not None else None, "without attention")


def feedforwards(model: Model) -> Counted:
    """Feed-forward blocks by kind."""
    return _counted(model, lambda _, ffn: ffn_name(ffn) if ffn is not None else None, "without feed-forward")


def _counted(model: Model, name: Callable[[Mixer | None, FeedForward | None], str | None], absent: str) -> Counted:
    """Layers by name; an absent block counts only beside layers that have both."""
    counts: Counter[str] = Counter()
    for layer, count in model.layer_groups:
        words = name(layer.mixer, layer.ffn)
        if words is not None:
            counts[words] += count
        elif has_whole_layers(model):
            counts[absent] += count
    return tuple(counts.items())


def has_whole_layers(model: Model) -> bool:
    """False where every layer is one block alone, as in Nemotron-H: absence means nothing there."""
    return any(layer.mixer is not None and layer.ffn is not None for layer, _ in model.layer_groups)


def mixer_name(mixer: Mixer) -> str:
    """Its family, what sets it apart in brackets; a layer that reads another layer's cache says so."""
    family, _, details = mixer.label.partition(", ")
    if family.startswith("window"):
        family, details = "sliding", family
    if isinstance(mixer, GroupedQueryAttention) and not mixer.stores:
        details = ", ".join(part for part in (details, "shared cache") if part)
    return f"{family} ({details})" if details else family


def ffn_name(ffn: FeedForward) -> str:
    """Dense, or the experts that serve a token and what runs beside them."""
    if not isinstance(ffn, MixtureOfExperts):
        return ffn.label
    beside = [word for word, width in (("shared", ffn.shared_width), ("dense", ffn.dense_width)) if width]
    return " + ".join((f"with {ffn.label}", *beside))


def attention(model: Model) -> tuple[str, ...]:
    """Heads and widths, one line per kind of attention or recurrence."""
    kinds = {mixer_name(layer.mixer): shape(layer.mixer) for layer, _ in model.layer_groups if layer.mixer is not None}
    shapes: dict[str, list[str]] = {}
    for kind, words in kinds.items():
        shapes.setdefault(words, []).append(kind)
    if len(shapes) == 1:
        return tuple(shapes)
    return tuple(f"{listing(names, 'and')}: {words}" for words, names in shapes.items())


def shape(mixer: Mixer) -> str:
    """Heads and widths of one layer."""
    match mixer:
        case SparseLatentAttention():
            return f"{_latent(mixer)}, {_heads(mixer.index_heads, 'index head')} of {exact(mixer.index_dim)}"
        case LatentAttention():
            return _latent(mixer)
        case GroupedQueryAttention():
            return _grouped(mixer)
    return _rare(mixer)


def _heads(count: int, noun: str = "head") -> str:
    return f"{exact(count)} {noun}{'' if count == 1 else 's'}"


def _latent(mixer: LatentAttention) -> str:
    latent = f"one KV latent of {exact(mixer.latent_dim)} + {exact(mixer.rope_dim)}"
    return f"{_heads(mixer.heads)} of {exact(mixer.nope_dim + mixer.rope_dim)}, {latent}"


def _grouped(mixer: GroupedQueryAttention) -> str:
    width = exact(mixer.key_dim)
    if mixer.value_dim != mixer.key_dim:
        width += f" (values {exact(mixer.value_dim)})"
    same = "" if mixer.value_projection else ", values are the keys"
    return f"{_heads(mixer.heads)}, {_heads(mixer.kv_heads, 'KV head')}, head width {width}{same}"


def _rare(mixer: Mixer) -> str:
    """Families that few models have; their modules are loaded when such a model was read."""
    from roofline.mixers.compressed import CompressedAttention
    from roofline.mixers.mamba import Mamba1, Mamba2, ShortConvolution
    from roofline.mixers.others import SideBySide
    from roofline.mixers.recurrent import GatedDeltaNet, KimiDeltaAttention, LightningAttention

    words = "one square matrix"
    match mixer:
        case SideBySide():
            words = f"{shape(mixer.first)}, beside {shape(mixer.second)}"
        case CompressedAttention():
            words = f"{_heads(mixer.heads)}, one KV vector of {exact(mixer.head_dim)} for all"
        case GatedDeltaNet():
            values = f"{_heads(mixer.value_heads, 'value head')} of {exact(mixer.value_dim)}"
            words = f"{_heads(mixer.key_heads, 'key head')} of {exact(mixer.key_dim)}, {values}"
        case KimiDeltaAttention() | LightningAttention():
            words = f"{_heads(mixer.heads)} of {exact(mixer.head_dim)}"
        case Mamba2():
            words = f"{_heads(mixer.heads)} of {exact(mixer.head_dim)}, state {exact(mixer.state_size)}"
        case Mamba1():
            words = f"{exact(mixer.inner)} channels, state {exact(mixer.state_size)}"
        case ShortConvolution():
            words = f"{exact(mixer.kernel)} taps"
    return words


def experts(model: Model) -> tuple[str, ...]:
    """Experts and their widths, one line per kind of block."""
    blocks = (layer.ffn for layer, _ in model.layer_groups)
    return _distinct(_experts(block) for block in blocks if isinstance(block, MixtureOfExperts))


def _experts(block: MixtureOfExperts) -> str:
    words = (
        f"{exact(block.experts)} experts of width {exact(block.expert_width)}, {exact(block.active_experts)} per token"
    )
    if block.expert_input_size and block.expert_input_size != block.hidden_size:
        words += f", working in {exact(block.expert_input_size)}"
    if block.shared_width:
        words += f"; shared expert of width {exact(block.shared_width)}"
    if block.dense_width:
        words += f"; dense block of width {exact(block.dense_width)} beside"
    return words


def _distinct(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))
