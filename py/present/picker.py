"""What the model box suggests: recent models, bundled ones, and those that the Hub finds.

The Hub is asked for its most downloaded models of a name. What cannot be a decoder's config is left out here
and not by the request, because models that also read images stand under another task than text alone.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from present import hubtext, text
from present.hubtext import ModelRef
from roofline import CATALOGUE

DEBOUNCE_MS = 300
"""After the last keystroke, before the Hub is asked."""
LEAST_CHARACTERS = 3
MOST_CHARACTERS = 100
ASKED = 40
"""Models that one search asks for; fewer are shown."""
SHOWN = 12
MOST_RECENT = 6
PAUSE_S = 300.0
"""After a 429 that does not say how long: the Hub counts in windows of five minutes."""

GENERATES = frozenset(
    {
        "text-generation",
        "image-text-to-text",
        "any-to-any",
        "video-text-to-text",
        "audio-text-to-text",
        "text2text-generation",
    }
)
OTHER_FILES = frozenset(
    {"gguf", "llama.cpp", "diffusers", "peft", "adapter-transformers", "mlx", "onnx", "openvino", "coreml"}
)
"""Libraries whose repositories hold no config.json of a whole model in a form that is read here."""
_WORDS = re.compile(r"[\s/_.-]+")


@dataclass(frozen=True, slots=True)
class Option:
    """One model that can be picked."""

    id: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Options of one origin."""

    key: str
    title: str
    options: tuple[Option, ...]


def query(typed: str, settled: str = "") -> str:
    """What is searched for: nothing while the box still says what was settled last, or what is no name.

    That is an address, a name with a revision, which is whole already, and a secret.
    """
    words = " ".join(typed.split())[:MOST_CHARACTERS]
    whole = any(mark in words for mark in ("://", "@")) or words == settled.strip()
    return "" if whole or hubtext.looks_like_token(words) else words


def asks_hub(words: str) -> bool:
    """Whether there is enough to ask the Hub for."""
    return len(words) >= LEAST_CHARACTERS


def search_url(words: str) -> str:
    """Where the Hub searches its models by name."""
    fields = [("expand", name) for name in ("pipeline_tag", "library_name", "gated", "downloads")]
    return (
        f"{hubtext.HOST}/api/models?{urlencode([('search', words), ('limit', ASKED), ('sort', 'downloads'), *fields])}"
    )


def found(body: str) -> tuple[Option, ...]:
    """The Hub's answer as options. Raises NotAConfig where it is none."""
    answer = hubtext.json_value(body)
    if not isinstance(answer, list):
        raise hubtext.NotAConfig("The answer is not a list.")
    items = (item for item in answer[:ASKED] if isinstance(item, Mapping))
    options = (Option(item["id"], _detail(item)) for item in items if _is_decoder(item))
    return tuple(dict.fromkeys(options))[:SHOWN]


def _is_decoder(item: Mapping[str, Any]) -> bool:
    name, task, library = item.get("id"), item.get("pipeline_tag"), item.get("library_name")
    if not isinstance(name, str) or not hubtext.is_id(name) or name.lower().endswith("gguf"):
        return False
    return (task is None or task in GENERATES) and library not in OTHER_FILES


def _detail(item: Mapping[str, Any]) -> str:
    downloads = item.get("downloads")
    parts = ["gated"] if item.get("gated") in ("auto", "manual") else []
    if isinstance(downloads, int) and 0 < downloads < 10**12:
        parts.append(f"{text.scaled(downloads, text.LARGE, glued=True)} downloads")
    return ", ".join(parts)


def suggestions(words: str, recent: Sequence[str], hub: Iterable[Option]) -> tuple[Group, ...]:
    """Groups of options for what was typed, each model once, empty groups left out."""
    seen: set[str] = set()

    def fresh(options: Iterable[Option]) -> tuple[Option, ...]:
        kept = []
        for option in options:
            if option.id.lower() not in seen:
                seen.add(option.id.lower())
                kept.append(option)
        return tuple(kept)

    groups = (
        Group("recent", "Recent", fresh(Option(name) for name in recent if matches(name, words))),
        Group(
            "bundled", "Bundled, no network needed", fresh(Option(name) for name in CATALOGUE if matches(name, words))
        ),
        Group("hub", "On Hugging Face", fresh(hub)),
    )
    return tuple(group for group in groups if group.options)


def matches(name: str, words: str) -> bool:
    """Whether a name has every word, whatever joins its parts: "llama 8b" finds Llama-3.1-8B, not Llama-18B."""
    parts = _WORDS.split(name.lower())
    squeezed, spaced = "".join(parts), " ".join(parts)

    def has(word: str) -> bool:
        if word[:1].isdigit():
            return re.search(rf"(?<![0-9]){re.escape(word)}", spaced) is not None
        return word in squeezed

    return all(has(word) for word in _WORDS.split(words.lower()))


def status(groups: Sequence[Group], doing: str = "") -> str:
    """How many there are, in words, and what is going on."""
    count = sum(len(group.options) for group in groups)
    names = {"recent": "recent", "bundled": "bundled", "hub": "on Hugging Face"}
    parts = [f"{len(group.options)} {names[group.key]}" for group in groups]
    counted = f"{text.plural(count, 'suggestion')}: {', '.join(parts)}." if count else "No suggestions."
    return f"{counted} {doing}".strip()


SEARCHING = "Searching Hugging Face…"
UNREACHABLE = "Hugging Face cannot be reached."
FAULT = "Hugging Face did not answer the search."


def paused(seconds: float) -> str:
    """While the Hub has asked to wait."""
    return f"Hugging Face asks to wait: its search rests for {text.plural(max(1, round(seconds / 60)), 'minute')}."


def pause_s(rate_limit: str) -> float:
    """How long to wait, from a RateLimit header where it could be read: `"api";r=0;t=55`."""
    match = re.search(r"(?:^|;)\s*t=(\d{1,4})(?:;|$)", rate_limit)
    return min(max(float(match[1]), 1.0), PAUSE_S) if match else PAUSE_S


def move(active: int | None, key: str, count: int) -> int | None:
    """The option that is active after an arrow key; None is the box itself."""
    if not count:
        return None
    if key == "ArrowDown":
        return 0 if active is None or active + 1 == count else active + 1
    if key == "ArrowUp":
        return count - 1 if not active else active - 1
    return None


def remembered(stored: str | None) -> tuple[str, ...]:
    """Recent models from storage, which may hold anything."""
    try:
        names = json.loads(stored or "[]")
    except ValueError:
        return ()
    kept = [name for name in names if isinstance(name, str) and _is_model(name)] if isinstance(names, list) else []
    return tuple(dict.fromkeys(kept))[:MOST_RECENT]


def remember(recent: Sequence[str], name: str) -> tuple[str, ...]:
    """With this model first."""
    if not _is_model(name):
        return tuple(recent)
    others = (each for each in recent if each.lower() != name.lower())
    return (name, *others)[:MOST_RECENT]


def _is_model(name: str) -> bool:
    try:
        return str(hubtext.model_ref(name)) == name
    except hubtext.NotAModel:
        return False


def written(recent: Sequence[str]) -> str:
    """As it is stored."""
    return json.dumps(list(recent))


def revision_of(typed: str) -> str:
    """The revision that the model box names, empty for the main branch or none."""
    try:
        revision = hubtext.model_ref(typed).revision
    except hubtext.NotAModel:
        return ""
    return "" if revision == hubtext.DEFAULT_REVISION else revision


def with_revision(typed: str, revision: str) -> str:
    """The model box with this revision."""
    try:
        model = hubtext.model_ref(typed).id
    except hubtext.NotAModel:
        model = typed.partition("@")[0].strip()
    revision = revision.strip()
    return f"{model}@{revision}" if revision else str(ModelRef(model))
