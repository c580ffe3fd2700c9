"""Forms in which engines load weights that differ from the checkpoint: experts padded to the tiles of a kernel."""

from __future__ import annotations

from .engines import Engine


def padded_expert(
    engine: Engine, generation: str, format_name: str, inputs: int, outputs: int, *, gate_or_up: bool
) -> tuple[int, int]:
    """(inputs, outputs) of one expert matrix as the engine holds it on this GPU generation.

    The rule gives multiples for the hidden and the expert width of one rank's share; formats without a rule are not
    padded.
    """
    rule = engine.expert_padding.get(f"{format_name}/{generation}")
    if rule is None:
        return inputs, outputs
    hidden, width = rule.hidden_multiple, rule.width_multiple
    first, second = (hidden, width) if gate_or_up else (width, hidden)
    return -(-inputs // first) * first, -(-outputs // second) * second
