"""Every failure that a person can meet, in words: a stable code, what happened, what to do.

The engine's own errors keep their code and hint; what the page adds is a way out, as changes to
the form that one button makes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from present import text
from present.fields import Issue
from present.figures import Writer
from present.hubtext import ModelRef
from present.state import MANUAL_FIELDS, RULES, Scenario
from roofline import GPUS, Estimate, RooflineError

MAX_WORDS = 600
"""Characters of an engine's message: it may quote a hostile config."""

ARGUMENTS = tuple(key for key in RULES if "_" in key and key not in MANUAL_FIELDS)
"""Names of the engine's arguments, which its messages use and the form does not."""


class Action(StrEnum):
    """What a button of a problem does."""

    SET = "set"
    PASTE = "paste"
    RETRY = "retry"
    TOKEN = "token"


@dataclass(frozen=True, slots=True)
class Fix:
    """One way out: the words on the button, and what it does."""

    label: str
    action: Action
    changes: tuple[tuple[str, str], ...] = ()
    """Texts of form fields, for Action.SET."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A failure in words."""

    code: str
    title: str
    detail: str = ""
    hint: str = ""
    fields: tuple[str, ...] = ()
    """The form's fields at fault."""
    fixes: tuple[Fix, ...] = ()
    page_url: str | None = None
    """The model's page, where opening it is the next step."""

    def sentence(self) -> str:
        """For a screen reader, and for a line."""
        return " ".join(part for part in (f"{self.title}.", self.detail, self.hint) if part)


PASTE = Fix("Paste config.json", Action.PASTE)
RETRY = Fix("Try again", Action.RETRY)
TOKEN = Fix("Enter a token", Action.TOKEN)

_PASTE_HINT = "Open the model's page, copy its config.json and paste it here."

Words = Callable[[ModelRef], tuple[str, str, str]]

_HUB: Mapping[str, Words] = {
    "repo-not-found": lambda ref: (
        f"{ref.id} was not found",
        "Hugging Face has no public model of that name. It may be misspelt, renamed or private.",
        "Check the spelling (upper and lower case count), or paste the model's config.json.",
    ),
    "gated-repo": lambda ref: (
        f"{ref.id} is gated",
        "Its publisher asks readers to accept terms first, so this page may not read its files.",
        "Accept the terms on the model's page, then copy its config.json and paste it here.",
    ),
    "gated-not-granted": lambda ref: (
        f"{ref.id} is gated for this token too",
        "The token is valid, but its account has not been granted access to this model.",
        "Ask for access on the model's page, or paste its config.json.",
    ),
    "token-refused": lambda _: (
        "Hugging Face does not accept this token",
        "It may be misspelt, expired or revoked.",
        "Enter another one, or clear it to read public models.",
    ),
    "revision-not-found": lambda ref: (
        f"{ref.id} has no revision {ref.revision}",
        "The model exists, but not this branch, tag or commit.",
        "Leave the part after @ out to read the main branch.",
    ),
    "no-config": lambda ref: (
        f"{ref.id} has no config.json",
        "Repositories that hold only GGUF, diffusion or adapter files have none.",
        "Give the original model that this one was made from.",
    ),
    "repo-disabled": lambda ref: (
        f"{ref.id} is disabled",
        "Hugging Face has closed access to this repository.",
        "Give another model, or paste a config.json.",
    ),
    "rate-limited": lambda _: (
        "Hugging Face asks to wait",
        "Too many requests came from your network address in the last five minutes.",
        "Wait a few minutes, or paste the config.json. Bundled models need no network.",
    ),
    "hub-timeout": lambda ref: (
        "Hugging Face did not answer in time",
        f"The config.json of {ref.id} did not arrive within 15 seconds.",
        "Try again, or paste the config.json. Bundled models need no network.",
    ),
    "hub-unreachable": lambda ref: (
        f"{ref.id} could not be read",
        "You are offline, or the model is gated or private: the browser does not say which.",
        f"Bundled models work without a network. Or paste its config.json. {_PASTE_HINT}",
    ),
    "hub-error": lambda _: (
        "Hugging Face has a fault",
        "It answered with an error of its own.",
        "Try again in a minute, or paste the config.json.",
    ),
}

RETRYABLE = frozenset({"rate-limited", "hub-timeout", "hub-unreachable", "hub-error"})
TOKEN_HELPS = frozenset({"gated-repo", "token-refused"})
PAGE_HELPS = frozenset({"gated-repo", "gated-not-granted", "no-config", "hub-unreachable", "revision-not-found"})


def hub_problem(code: str, ref: ModelRef, bundled: str | None = None, *, takes_token: bool = True) -> Problem:
    """A failed fetch; `bundled` is the catalogue's closest model, offered instead.

    `takes_token` is False where the page stands inside another one, which is no place to ask for a secret.
    """
    title, detail, hint = _HUB[code](ref)
    if code == "gated-repo":
        hint += " Or enter your token." if takes_token else " Or enter a token in the full calculator."
    fixes = [PASTE]
    if code in RETRYABLE:
        fixes.insert(0, RETRY)
    if code in TOKEN_HELPS and takes_token:
        fixes.append(TOKEN)
    if code == "revision-not-found":
        fixes.insert(0, Fix("Use the main branch", Action.SET, (("model", ref.id),)))
    if bundled is not None:
        fixes.append(Fix(f"Use the bundled {bundled}", Action.SET, (("model", bundled),)))
    page_url = ref.page_url if code in PAGE_HELPS else None
    return Problem(code, title, detail, hint, ("model",), tuple(fixes), page_url)


def not_a_model(message: str) -> Problem:
    """The model box holds neither an id nor an address."""
    return Problem(
        "invalid-model-id",
        "That is not a model",
        message,
        "Give an id such as Qwen/Qwen3-8B, or the address of a model's page.",
        ("model",),
    )


def not_a_config(message: str, origin: str) -> Problem:
    """Text that should be a config.json is not; `origin` says whose text."""
    return Problem(
        "invalid-json",
        f"{origin} is not valid JSON",
        message,
        "Paste the whole file, from the first { to the last }.",
        ("config",) if origin.startswith("The pasted") else ("model",),
        (PASTE,),
    )


def too_large(ref: ModelRef) -> Problem:
    """A file far larger than any config."""
    return Problem(
        "config-too-large",
        f"The config.json of {ref.id} is larger than 2 MB",
        "A model's config has a few kilobytes; this file was not read.",
        "Check that this is the model you mean.",
        ("model",),
    )


def file_too_large(name: str) -> Problem:
    """A file from the disk that is no config."""
    return Problem(
        "config-too-large",
        f"{name[:60]} is larger than 2 MB",
        "A model's config has a few kilobytes; this file was not read.",
        "Choose the model's config.json.",
        ("config",),
    )


def unreadable(issues: Sequence[Issue]) -> Problem:
    """Boxes whose text is no number, or one out of range."""
    return Problem(
        "invalid-number",
        "One entry cannot be used" if len(issues) == 1 else "Some entries cannot be used",
        " ".join(issue.text for issue in issues),
        "Correct it and the figures follow. 8k, 128K, 1e6, 2.5 and 2,5 are all understood.",
        tuple(issue.field for issue in issues),
    )


_TITLES: Mapping[str, str] = {
    "unsupported-architecture": "This architecture is not supported",
    "invalid-config": "This config cannot be read",
    "missing-key": "This config lacks a key",
    "unknown-gpu": "Unknown GPU",
    "unknown-engine": "Unknown engine",
    "invalid-number": "A number is out of range",
    "tensor-parallel": "This parallelism does not fit the model",
    "expert-parallel": "This parallelism does not fit the model",
    "pipeline-parallel": "This parallelism does not fit the model",
    "invalid-deployment": "This deployment is not possible",
    "no-replica": "Not enough GPUs for one replica",
    "unsupported-precision": "This precision is not available",
}


def from_engine(error: RooflineError, fixes: Sequence[Fix] = ()) -> Problem:
    """What the engine refuses, with its own words and code."""
    title = _TITLES.get(error.code, "This cannot be computed")
    ways = (*fixes, PASTE) if error.code in {"invalid-config", "missing-key"} else tuple(fixes)
    return Problem(error.code, title, _sentence(str(error)), _sentence(error.hint), (), ways)


def _sentence(words: str) -> str:
    """The engine's words with the form's labels for its arguments, bounded, as a sentence."""
    words = words.strip()[:MAX_WORDS]
    if not words:
        return ""
    for key in ARGUMENTS:
        words = words.replace(key, RULES[key].label.lower())
    ended = words if words.endswith((".", "!", "?")) else f"{words}."
    return ended[0].upper() + ended[1:] if ended.split()[0].isalpha() else ended


def unexpected(error: BaseException) -> Problem:
    """A fault of this page."""
    return Problem(
        "internal",
        "This page has a fault",
        f"{type(error).__name__}: {error}"[:300],
        "The last figures stand. Please report this with the link of this page.",
    )


def does_not_fit(
    estimate: Estimate,
    scenario: Scenario,
    writer: Writer,
    *,
    tensor_parallel: int | None,
    gpus: Sequence[str],
) -> Problem:
    """Too little memory: by how much, and the nearest changes that help."""
    short = writer.figure("shortfall_bytes_per_gpu", estimate.shortfall_bytes_per_gpu)
    weights = writer.figure("weight_bytes_per_gpu", estimate.weight_bytes_per_gpu)
    gpus = sorted(gpus, key=list(GPUS).index)
    fixes = [Fix(f"Use {name}", Action.SET, (("gpu", name),)) for name in gpus[:2]]
    if tensor_parallel is not None:
        change = (("tensor_parallel", str(tensor_parallel)),)
        fixes.insert(0, Fix(f"Use tensor parallelism {tensor_parallel}", Action.SET, change))
    return Problem(
        "does-not-fit",
        f"Does not fit: {short} short on each GPU",
        f"The weights take {weights} on each {scenario.gpu}; what is left cannot hold one request"
        f" of {text.exact(scenario.input_tokens + scenario.output_tokens)} tokens.",
        _way_out(scenario, tensor_parallel, gpus),
        ("tensor_parallel", "gpu"),
        tuple(fixes),
    )


def _way_out(scenario: Scenario, tensor_parallel: int | None, gpus: Sequence[str]) -> str:
    ways = []
    if tensor_parallel is not None:
        ways.append(f"Tensor parallelism {tensor_parallel} is the smallest that fits {scenario.gpu}.")
    if gpus:
        degree = scenario.tensor_parallel
        ways.append(f"At tensor parallelism {degree} it fits {text.listing(list(gpus))}.")
    if not ways:
        ways.append("Use a smaller precision, shorter requests, or pipeline parallelism over nodes.")
    return " ".join(ways)
