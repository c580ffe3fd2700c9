"""Token mixers: the attention and recurrence families that a layer can have, one small module each.

A mixer knows its weight matrices, what it caches and the work of its core (scores, softmax and values, or a
recurrence), apart from the projections, which are ordinary matrices. A new family is one class with the members of
``Mixer``.
"""

from .base import ACTIVATION_BYTES, Cache, Mixer, Work, attended_pairs
from .block_sparse import BlockSparseAttention
from .compressed import CompressedAttention
from .grouped import GroupedQueryAttention
from .latent import LatentAttention, SparseLatentAttention
from .mamba import Mamba1, Mamba2, ShortConvolution
from .others import CrossAttention, LinearReplacement, SideBySide
from .recurrent import GatedDeltaNet, KimiDeltaAttention, LightningAttention

__all__ = [
    "ACTIVATION_BYTES",
    "BlockSparseAttention",
    "Cache",
    "CompressedAttention",
    "CrossAttention",
    "GatedDeltaNet",
    "GroupedQueryAttention",
    "KimiDeltaAttention",
    "LatentAttention",
    "LightningAttention",
    "LinearReplacement",
    "Mamba1",
    "Mamba2",
    "Mixer",
    "ShortConvolution",
    "SideBySide",
    "SparseLatentAttention",
    "Work",
    "attended_pairs",
]
