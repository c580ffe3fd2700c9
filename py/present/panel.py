"""The model as it was recognised, in rows of words and figures."""

from dataclasses import dataclass

from present import formattext, layertext, text
from present.cards import Line
from present.figures import Writer
from present.inputs import deployment
from present.models import Loaded
from present.state import Scenario
from roofline import Model, RooflineError
from roofline.memory import resolve_limits


@dataclass(frozen=True, slots=True)
class Row:
    """One fact under its label."""

    key: str
    label: str
    lines: tuple[Line, ...]
    warns: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """What is said of a model: a line that always stands there, and rows for whoever opens it."""

    summary: str
    rows: tuple[Row, ...]


def panel(loaded: Loaded, scenario: Scenario) -> Panel:
    """What was recognised, and what it means for requests of the scenario's length."""
    model, writer = loaded.model, Writer(binary=scenario.units == "gib")
    rows = (
        _words("architecture", "Architecture", (_architecture(model),)),
        _words("attention", "Attention" if model.kv_bytes_per_token() else "Recurrence", layertext.attention(model)),
        _words("experts", "Experts", layertext.experts(model)),
        Row("parameters", "Parameters", _parameters(model, writer)),
        Row("cache", "KV cache", _cache(model, scenario, writer)),
        Row("state", "State", _state(model, writer)),
        _words("checkpoint", "Checkpoint", formattext.checkpoint(model)),
        _context(model, scenario),
        _words("remarks", "Remarks", model.remarks),
    )
    return Panel(layertext.summary(model), tuple(row for row in rows if row.lines))


def _words(key: str, label: str, lines: tuple[str, ...]) -> Row:
    return Row(key, label, tuple((line,) for line in lines))


def _architecture(model: Model) -> str:
    sizes = f"hidden size {text.exact(model.hidden_size)}, vocabulary {text.exact(model.vocab_size)}"
    return f"{model.architecture}, {sizes}{', tied head' if model.tied else ''}"


def _parameters(model: Model, writer: Writer) -> tuple[Line, ...]:
    total, active = text.exact(model.total_params), text.exact(model.active_params)
    lines: list[Line] = [(f"{total} in all",)]
    if model.active_params < model.total_params:
        lines.append((f"{active} used per token",))
    if model.tower_params is None:
        lines.append(("A vision or audio tower, whose size the config does not tell, is not counted",))
    elif model.tower_params:
        lines.append((writer.figure("tower_params", model.tower_params), " more in vision or audio towers"))
    return tuple(lines)


def cache_precision(model: Model, scenario: Scenario) -> str:
    """The cache's number format in this deployment; the model's own where the deployment is not possible."""
    try:
        return resolve_limits(model, deployment(scenario)).kv_precision
    except RooflineError:
        return model.checkpoint.kv_precision or "fp16"


def _cache(model: Model, scenario: Scenario, writer: Writer) -> tuple[Line, ...]:
    precision = cache_precision(model, scenario)
    tokens = scenario.input_tokens + scenario.output_tokens
    per_token = model.kv_bytes_per_token(0, precision)
    if not per_token:
        return (("None: no layer keeps keys or values",),)
    whole = writer.figure("kv_bytes", model.kv_bytes(tokens, precision))
    return (
        (writer.figure("kv_bytes_per_token", per_token), f" per token, {precision.upper()}"),
        *_beyond_windows(model, precision, writer),
        (whole, f" for a request of {text.exact(tokens)} tokens"),
    )


def _beyond_windows(model: Model, precision: str, writer: Writer) -> tuple[Line, ...]:
    """What a token adds once all windows are full, where the config's context reaches that far."""
    windows = [cache.window_tokens for cache, _ in model.caches if cache.window_tokens is not None]
    longest = max(windows, default=0)
    if not windows or longest >= (model.context_tokens or longest + 1):
        return ()
    growth_bytes = model.kv_bytes_per_token(longest, precision)
    grown = f"{text.size(growth_bytes, binary=writer.binary)} per token" if growth_bytes else "no growth"
    return ((f"{grown} beyond the window of {text.exact(longest)}",),)


def _state(model: Model, writer: Writer) -> tuple[Line, ...]:
    state_bytes = model.kv_bytes(0)
    if not state_bytes:
        return ()
    return ((f"{text.size(state_bytes, binary=writer.binary)} per request, whatever its length",),)


def _context(model: Model, scenario: Scenario) -> Row:
    limit, asked = model.context_tokens, scenario.input_tokens + scenario.output_tokens
    if limit is None:
        return _words("context", "Context", ("The config states no limit",))
    exceeded = asked > limit
    words = f"{text.exact(limit)} tokens"
    if exceeded:
        words += f", less than the {text.exact(asked)} of input and output"
    return Row("context", "Context", ((words,),), warns=exceeded)
