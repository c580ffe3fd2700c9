"""Parameters of vision and audio towers, projector to the language model included.

Shapes: w width of the tower, f its feed-forward width, h width of the language model. Each formula equals the module of
transformers 5.23.0, or the repository's total less the language model, to the last parameter (Kimi-K3's within 0.7 %).
"""

from __future__ import annotations

from typing import NamedTuple

from .keys import Keys

CHANNELS = 3


class Block(NamedTuple):
    """What one layer of a tower is made of.

    Attributes:
        attention_bias, key_bias, mlp_bias: bias vectors (Whisper's keys have none).
        norm: parameters per norm and width (2 = LayerNorm with bias); ``norms`` of them.
        gated: three matrices in the feed-forward block.
        scales: further vectors of the width (layer scale).
    """

    attention_bias: bool = True
    key_bias: bool = True
    mlp_bias: bool = True
    norm: int = 2
    norms: int = 2
    gated: bool = False
    scales: int = 0


CLASSIC = Block()


def layer_params(width: int, ffn: int, block: Block = CLASSIC, attention_width: int | None = None) -> int:
    """Parameters of one layer."""
    inner = attention_width or width
    total = 4 * width * inner + (3 if block.gated else 2) * width * ffn
    if block.attention_bias:
        total += 2 * inner + width + (inner if block.key_bias else 0)
    if block.mlp_bias:
        total += width + (2 if block.gated else 1) * ffn
    return total + (block.norm * block.norms + block.scales) * width


def linear(inputs: int, outputs: int, *, bias: bool = True) -> int:
    """Parameters of one matrix."""
    return inputs * outputs + (outputs if bias else 0)


def _shape(keys: Keys) -> tuple[int, int, int]:
    """(layers, width, feed-forward width) under the plain names."""
    return keys.integer("num_hidden_layers", "depth"), keys.integer("hidden_size"), keys.integer("intermediate_size")


def _pixels(keys: Keys, frames: int = 1) -> int:
    return CHANNELS * frames * keys.integer("patch_size", "spatial_patch_size", high=256) ** 2


def _patches(keys: Keys, default: int | None = None) -> int:
    """Patches of one picture of ``image_size``."""
    size = keys.integer("image_size", default=default, high=100_000)
    return (size // keys.integer("patch_size", high=256)) ** 2


def siglip(keys: Keys, hidden: int) -> int:
    """SigLIP without pooling head, one matrix to the language model (Gemma 3)."""
    layers, width, ffn = _shape(keys)
    tower = linear(_pixels(keys), width) + _patches(keys) * width + layers * layer_params(width, ffn) + 2 * width
    return tower + width * hidden + width


def siglip2(keys: Keys, hidden: int, projector: int, factor: int, *, norm: bool) -> int:
    """SigLIP 2 on flat patches with a two-layer projector (LFM2-VL)."""
    layers, width, ffn = _shape(keys)
    positions = keys.integer("num_patches")
    tower = linear(_pixels(keys), width) + positions * width + layers * layer_params(width, ffn) + 2 * width
    merged = width * factor**2
    return tower + linear(merged, projector) + linear(projector, hidden) + (2 * merged if norm else 0)


def pixtral(keys: Keys, hidden: int, merge: int) -> int:
    """Pixtral: gated blocks without biases, patch merger (Mistral 3)."""
    layers, width, ffn = _shape(keys)
    block = Block(attention_bias=False, mlp_bias=False, norm=1, gated=True)
    tower = _pixels(keys) * width + width + layers * layer_params(width, ffn, block)
    return tower + width + width * width * merge**2 + width * hidden + hidden * hidden


def llama4_vision(keys: Keys, hidden: int) -> int:
    """Llama 4: class token, pixel shuffle, adapter."""
    layers, width, ffn = _shape(keys)
    positions = _patches(keys) + 1
    tower = width + positions * width + _pixels(keys) * width + 4 * width + layers * layer_params(width, ffn)
    inner, outer = keys.integer("projector_input_dim"), keys.integer("projector_output_dim")
    return tower + ffn * inner + inner * outer + keys.integer("vision_output_dim") * hidden


def mllama_vision(keys: Keys, hidden: int) -> int:
    """Llama 3.2 Vision: local and global layers, tables per aspect ratio."""
    layers, width, ffn = _shape(keys)
    block = Block(attention_bias=False)
    globals_ = keys.integer("num_global_layers")
    positions, tiles = _patches(keys) + 1, keys.integer("max_num_tiles", high=100)
    ratios = len(keys.items("supported_aspect_ratios") or ()) + 1
    tables = positions * width + ratios * tiles * positions * width + 2 * ratios * tiles * width + 3
    tower = width + _pixels(keys) * width + tables + 4 * width
    tower += (layers + globals_) * layer_params(width, ffn, block) + 2 * globals_
    return tower + linear(keys.integer("vision_output_dim"), hidden)


def qwen2_vision(keys: Keys, hidden: int) -> int:
    """Qwen2-VL: embed_dim wide, hidden_size is the language model's."""
    del hidden
    width, outer = keys.integer("embed_dim"), keys.integer("hidden_size")
    ffn = int(width * keys.number("mlp_ratio", default=4.0, low=0.1, high=64.0))
    merged = width * keys.integer("spatial_merge_size", high=16) ** 2
    frames = keys.integer("temporal_patch_size", high=64)
    tower = _pixels(keys, frames) * width + keys.integer("depth") * layer_params(width, ffn)
    return tower + 2 * width + linear(merged, merged) + linear(merged, outer)


def qwen25_vision(keys: Keys, hidden: int) -> int:
    """Qwen2.5-VL: gated blocks with biases, RMSNorm."""
    layers, width, ffn = _shape(keys)
    merged = width * keys.integer("spatial_merge_size", high=16) ** 2
    frames = keys.integer("temporal_patch_size", high=64)
    tower = _pixels(keys, frames) * width + layers * layer_params(width, ffn, Block(norm=1, gated=True))
    return tower + width + linear(merged, merged) + linear(merged, keys.integer("out_hidden_size", default=hidden))


def qwen3_vision(keys: Keys, hidden: int) -> int:
    """Qwen3-VL and Qwen3.5: learned positions, one merger and one more per deepstack level."""
    layers, width, ffn = _shape(keys)
    merged = width * keys.integer("spatial_merge_size", high=16) ** 2
    frames = keys.integer("temporal_patch_size", high=64)
    merger = linear(merged, merged) + linear(merged, keys.integer("out_hidden_size", default=hidden))
    levels = len(keys.items("deepstack_visual_indexes") or ())
    tower = linear(_pixels(keys, frames), width) + keys.integer("num_position_embeddings") * width
    tower += layers * layer_params(width, ffn) + 2 * width + merger
    return tower + levels * (merger + 2 * merged)


def gemma4_vision(keys: Keys, hidden: int) -> int:
    """Gemma 4: gated blocks, four norms, norms on queries and keys, two tables of positions."""
    layers, width, ffn = _shape(keys)
    block = Block(attention_bias=False, mlp_bias=False, norm=1, norms=4, gated=True)
    tower = 2 * keys.integer("position_embedding_size") * width + _pixels(keys) * width
    tower += layers * (layer_params(width, ffn, block) + 2 * keys.integer("head_dim"))
    return tower + width * hidden


def moon_vit(keys: Keys, hidden: int) -> int:
    """MoonViT (Kimi): learned positions, patch merger."""
    layers, width = keys.integer("vt_num_hidden_layers"), keys.integer("vt_hidden_size")
    norm = 1 if keys.text("norm_type") == "rmsnorm" else 2
    block = Block(keys.flag("attn_bias", default=True), mlp_bias=keys.flag("linear_bias", default=True), norm=norm)
    rows = keys.integer("init_pos_emb_height") * keys.integer("init_pos_emb_width")
    inner = keys.integer("qkv_hidden_size", default=width)
    tower = linear(_pixels(keys), width, bias=keys.flag("patch_embed_proj_bias", default=True)) + rows * width
    tower += layers * layer_params(width, keys.integer("vt_intermediate_size"), block, inner) + norm * width
    kernel = keys.integers("merge_kernel_size", low=1, high=16) or (1, 1)
    merged = keys.integer("mm_hidden_size", default=width) * kernel[0] * kernel[-1]
    return tower + 2 * width + linear(merged, merged) + linear(merged, hidden)


def minimax_vision(keys: Keys, hidden: int, projector: int) -> int:
    """MiniMax-M3: CLIP blocks on two frames, projector and patch merger."""
    layers, width, ffn = _shape(keys)
    section = keys.section("img_token_compression_config")
    if section is None:
        raise keys.missing("img_token_compression_config")
    merge = section.integer("spatial_merge_size", high=16)
    frames = section.integer("temporal_patch_size", high=64)
    tower = _pixels(keys, frames) * width + 2 * width + layers * layer_params(width, ffn)
    tower += linear(width, projector) + linear(projector, hidden)
    return tower + linear(hidden * merge**2, projector) + linear(projector, hidden)


def intern_vit(keys: Keys, hidden: int, ratio: float) -> int:
    """InternViT of 300M: class token, layer scale, two-layer projector on shuffled pixels."""
    layers, width, ffn = _shape(keys)
    if keys.flag("qk_normalization") or keys.text("norm_type", default="layer_norm") != "layer_norm":
        raise keys.missing("a tower with LayerNorm")
    block = Block(keys.flag("qkv_bias", default=True), scales=2)
    merged = int(width / ratio**2)
    tower = (
        width + linear(_pixels(keys), width) + (_patches(keys) + 1) * width + layers * layer_params(width, ffn, block)
    )
    return tower + 2 * merged + linear(merged, hidden) + linear(hidden, hidden)


#: CLIP ViT-L/14 at 336 pixels: 24 layers of 1024 x 4096, class token, 577 positions, two norms.
CLIP_WIDTH = 1024
CLIP_LAYERS = 24
CLIP = CLIP_WIDTH + 588 * CLIP_WIDTH + 577 * CLIP_WIDTH + 4 * CLIP_WIDTH + CLIP_LAYERS * layer_params(CLIP_WIDTH, 4096)


def llava(root: Keys, hidden: int) -> int | None:
    """LLaVA 1.5: CLIP and a projector of two matrices."""
    if root.text("mm_vision_tower") != "openai/clip-vit-large-patch14-336":
        return None
    if root.text("mm_projector_type") != "mlp2x_gelu":
        return None
    return CLIP + linear(CLIP_WIDTH, hidden) + linear(hidden, hidden)


def phi3_vision(root: Keys, hidden: int) -> int | None:
    """Phi-3-vision: CLIP, a projector of two matrices on merged patches, two separators."""
    section = root.section("img_processor")
    if section is None or section.text("model_name") != "openai/clip-vit-large-patch14-336":
        return None
    merged = 4 * CLIP_WIDTH
    return CLIP + linear(merged, hidden) + linear(hidden, hidden) + 2 * merged


def molmo_vision(root: Keys, hidden: int) -> int:
    """Molmo: CLIP without its last layer and norm, attention pooling, gated projector, padding vectors."""
    pooled = 2 * CLIP_WIDTH
    width = root.integer("intermediate_size") // 2
    tower = CLIP - layer_params(CLIP_WIDTH, 4096) - 2 * CLIP_WIDTH
    pooling = 3 * linear(pooled, CLIP_WIDTH) + linear(CLIP_WIDTH, CLIP_WIDTH)
    return tower + 2 * pooled + pooling + 2 * CLIP_WIDTH * width + width * hidden


def whisper_encoder(keys: Keys, hidden: int) -> int:
    """Whisper's encoder and one matrix (Qwen2-Audio)."""
    width, ffn = keys.integer("d_model"), keys.integer("encoder_ffn_dim")
    tower = linear(3 * keys.integer("num_mel_bins"), width) + linear(3 * width, width)
    tower += keys.integer("max_source_positions") * width
    tower += keys.integer("encoder_layers") * layer_params(width, ffn, Block(key_bias=False)) + 2 * width
    return tower + linear(width, hidden)
