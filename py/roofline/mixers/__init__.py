"""Token mixers: the attention and recurrence families that a layer can have, one small module each.

A mixer knows its weight matrices, what it caches and the work of its core (scores, softmax and values, or a
recurrence), apart from the projections, which are ordinary matrices. A new family is one class with the members of
``Mixer``. Only what most models have is imported here; the rarer families are imported where a reader needs them.
"""

from .base import ACTIVATION_BYTES, Cache, DecodeWork, Mixer, PrefillWork, Work, attended_pairs
from .grouped import GroupedQueryAttention
from .latent import LatentAttention, SparseLatentAttention

__all__ = [
    "ACTIVATION_BYTES",
    "Cache",
    "DecodeWork",
    "GroupedQueryAttention",
    "LatentAttention",
    "Mixer",
    "PrefillWork",
    "SparseLatentAttention",
    "Work",
    "attended_pairs",
]
