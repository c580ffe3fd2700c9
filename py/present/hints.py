"""Words beside the form's controls that depend on what was chosen."""

from collections.abc import Iterator
from dataclasses import dataclass

from present import hubtext, models, text
from present.cards import Answer
from present.sentences import weights_format
from present.state import DEFAULT, PASTED, RULES, Scenario
from roofline import GPUS


def model(typed: str) -> str:
    """Beneath the model box: where its config will come from."""
    if typed.strip() == PASTED:
        return "From the text below."
    if models.bundled_name(typed) is not None:
        return "Bundled: no network needed."
    try:
        ref = hubtext.model_ref(typed)
    except hubtext.NotAModel as problem:
        return str(problem)
    return f"Calculate reads the config.json of {ref} from huggingface.co."


def nodes(scenario: Scenario) -> str:
    """Beneath the nodes: what a node is."""
    return f"{GPUS[scenario.gpu].gpus_per_node} GPUs each"


def fp4_option(scenario: Scenario) -> str:
    """The name of the FP4 choice: on GPUs without such cores it saves memory alone."""
    return "FP4" if GPUS[scenario.gpu].fp4_flop_per_s else "FP4, saves memory only"


def price_placeholder(scenario: Scenario) -> str:
    """In the empty price box: the price that will be used."""
    listed = GPUS[scenario.gpu].price
    return f"{listed.usd_per_gpu_hour:.2f}" if listed else "unknown"


def price_presets(scenario: Scenario) -> tuple[tuple[str, str], ...]:
    """For the price box: lowest, median and highest list price, each once, with words."""
    listed = GPUS[scenario.gpu].price
    if listed is None:
        return ()
    prices = {
        listed.low_usd_per_gpu_hour: "lowest",
        listed.high_usd_per_gpu_hour: "highest",
        listed.usd_per_gpu_hour: "median",
    }
    of = f"of {text.plural(listed.providers, 'list price')}, {listed.figure.date}"
    return tuple((f"{usd:g}", f"{words} {of}") for usd, words in sorted(prices.items()))


def price_note(scenario: Scenario) -> str:
    """Beneath the price: whose it is, and of when."""
    listed = GPUS[scenario.gpu].price
    if scenario.usd_per_gpu_hour is not None:
        return f"Yours. Empty: {_listed(scenario)}."
    return f"Empty: {_listed(scenario)}." if listed else "No list price is known; give yours."


def _listed(scenario: Scenario) -> str:
    listed = GPUS[scenario.gpu].price
    if listed is None:
        return "no list price is known"
    low, high = text.money(listed.low_usd_per_gpu_hour), text.money(listed.high_usd_per_gpu_hour)
    spread = f", {low} to {high}" if listed.providers > 1 else ""
    return f"median of {text.plural(listed.providers, 'list price')}{spread}, {listed.figure.date}"


def advanced(scenario: Scenario) -> str:
    """In the summary of the advanced settings: what they are set to."""
    return ", ".join(_changed(scenario)) or "the engine’s defaults"


def _changed(scenario: Scenario) -> Iterator[str]:
    keys = (
        "memory_fraction",
        "max_running",
        "max_batched_tokens",
        "pipeline_parallel",
        "expert_parallel",
        "attention_data_parallel",
    )
    for key in keys:
        value = getattr(scenario, key)
        if value != getattr(DEFAULT, key):
            yield f"{RULES[key].label.lower()} {text.exact(value)}"


@dataclass(frozen=True, slots=True)
class Resolved:
    """What the empty boxes and automatic choices came to."""

    concurrency: str
    memory_fraction: str
    max_running: str
    max_batched_tokens: str
    weights: str
    kv_cache: str


UNRESOLVED = Resolved(
    concurrency="most",
    memory_fraction="engine’s default",
    max_running="engine’s default",
    max_batched_tokens="engine’s default",
    weights="the checkpoint’s format",
    kv_cache="by engine and checkpoint",
)
"""Before there is an answer, and while there is none for what the form says; as in index.html."""


def resolved(answer: Answer) -> Resolved:
    """What the engine took where the form left the choice to it."""
    estimate, limits = answer.estimate, answer.estimate.limits
    assert limits is not None
    return Resolved(
        concurrency=str(estimate.max_concurrency),
        memory_fraction=f"{limits.memory_fraction:.3g}",
        max_running=str(limits.max_running),
        max_batched_tokens=str(limits.max_batched_tokens),
        weights=weights_format(answer),
        kv_cache=estimate.kv_precision.upper(),
    )
