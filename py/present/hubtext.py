"""What the Hugging Face Hub says, read without a network: references, answers, refusals.

The Hub's answer is judged by its X-Error-Code, then by its status: a gated file and a missing
repository are both 401 to an anonymous reader. A refused file can also reach the browser as a
failure without any answer (no CORS header on the refusal), which looks like being offline; the
model's public API entry then tells the two apart.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

HOST = "https://huggingface.co"
DEFAULT_REVISION = "main"
MAX_CONFIG_BYTES = 2_000_000
MAX_NESTING = 60
"""Levels of brackets in a config. Deeper text overruns the stack of Python in a browser, for good."""
CONFIG = "config.json"
SIDECAR = "hf_quant_config.json"

_PART = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]|\.(?!\.)){0,95}"
_ID = re.compile(rf"{_PART}(?:/{_PART})?")
_REVISION = re.compile(r"[A-Za-z0-9_](?:[\w.+-]|/(?!/)){0,199}", re.ASCII)
_ADDRESS = re.compile(r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/+", re.IGNORECASE)
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.?)*+(?:"|\Z)|[\[{]|[\]}]', re.DOTALL)
_TOKEN_SHAPE = re.compile(r"(?:^|[^A-Za-z0-9])(?:hf|api_org)_[A-Za-z0-9]{20,}")
_FILE_VIEWS = frozenset({"tree", "blob", "resolve", "raw", "commit", "commits", "blame", "edit"})
_OTHER_KINDS = frozenset({"datasets", "spaces", "collections", "papers", "docs", "api", "blog"})


def looks_like_token(text: str) -> bool:
    """Whether this is an access token of the Hub, which must not get into a link or a request's address."""
    return _TOKEN_SHAPE.search(text) is not None


class NotAModel(ValueError):
    """The text does not name a model on the Hub; the message says why."""


class NotAConfig(ValueError):
    """The text is not a config.json; the message says why."""


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model on the Hub and, where one was named, its revision."""

    id: str
    revision: str = DEFAULT_REVISION

    def __str__(self) -> str:
        """As it stands in the model box: org/name or org/name@revision."""
        return self.id if self.revision == DEFAULT_REVISION else f"{self.id}@{self.revision}"

    def file_url(self, name: str) -> str:
        """Where a file of this model can be fetched."""
        return f"{HOST}/{self.id}/resolve/{quote(self.revision, safe='')}/{name}"

    @property
    def api_url(self) -> str:
        """The model's public entry, there even where its files are gated."""
        return f"{HOST}/api/models/{self.id}"

    @property
    def totals_url(self) -> str:
        """The part of that entry that counts parameters, of this revision."""
        named = self.revision != DEFAULT_REVISION
        revision = f"/revision/{quote(self.revision, safe='')}" if named else ""
        return f"{self.api_url}{revision}?expand=safetensors&expand=gated&expand=config"

    @property
    def page_url(self) -> str:
        """The model's page for people."""
        return f"{HOST}/{self.id}"


def model_ref(text: str) -> ModelRef:
    """Read an id (org/name, org/name@revision) or any address of a model's page or file.

    Raises NotAModel.
    """
    text = text.strip()
    if not text:
        raise NotAModel("No model was given.")
    if looks_like_token(text):
        raise NotAModel("That looks like an access token; it belongs in the token box under Advanced.")
    address = _ADDRESS.match(text)
    if address:
        return _from_address(text[address.end() :])
    if "://" in text:
        raise NotAModel("The address is not one of huggingface.co.")
    name, _, revision = text.partition("@")
    return _checked(name, revision or DEFAULT_REVISION)


def _from_address(path: str) -> ModelRef:
    parts = [part for part in re.split(r"[?#]", path)[0].split("/") if part]
    if not parts or parts[0] in _OTHER_KINDS:
        raise NotAModel("The address is not that of a model.")
    if len(parts) > 1 and parts[1] in _FILE_VIEWS:
        owner, view = parts[:1], parts[1:]
    else:
        owner, view = parts[:2], parts[2:]
    has_revision = len(view) > 1 and view[0] in _FILE_VIEWS
    return _checked("/".join(owner), unquote(view[1]) if has_revision else DEFAULT_REVISION)


def is_id(text: str) -> bool:
    """Whether this is an id as the Hub gives them: org/name or, for old models, name."""
    return _ID.fullmatch(text) is not None


def _checked(name: str, revision: str) -> ModelRef:
    if not _ID.fullmatch(name):
        raise NotAModel(f"“{name[:60]}” is not a model id such as Qwen/Qwen3-8B.")
    if not _REVISION.fullmatch(revision) or ".." in revision:
        raise NotAModel(f"“{revision[:60]}” is not a revision.")
    return ModelRef(name, revision)


def refusal(status: int, error_code: str = "", body: str = "") -> str | None:
    """The code of the failure that an answer for a file means; None where it is the file."""
    if 200 <= status < 300:
        return None
    by_header = {
        "gatedrepo": "gated-repo",
        "reponotfound": "repo-not-found",
        "revisionnotfound": "revision-not-found",
        "entrynotfound": "no-config",
        "disabledrepo": "repo-disabled",
    }.get(error_code.strip().lower())
    return by_header or _by_status(status, body[:500].lower())


def _by_status(status: int, body: str) -> str:
    if status in {401, 403} and "restricted" in body:
        return "gated-repo"
    if status == 403 and "disabled" in body:
        return "repo-disabled"
    if status == 404 and "entry not found" in body:
        return "no-config"
    if status == 404 and "revision" in body:
        return "revision-not-found"
    if status in {401, 403, 404, 410}:
        return "repo-not-found"
    return "rate-limited" if status == 429 else "hub-error"


def after_opaque_failure(status: int | None, body: str = "") -> str:
    """The failure that a file fetch without any answer means, given the API's entry.

    `status` is that of /api/models/{id}, None where that failed in the same way.
    """
    if status is None:
        return "hub-unreachable"
    if status == 429:
        return "rate-limited"
    if status in {401, 403, 404}:
        return "repo-not-found"
    if 200 <= status < 300:
        return "gated-repo" if _is_gated(body) else "hub-unreachable"
    return "hub-error"


def _is_gated(body: str) -> bool:
    try:
        entry = json_object(body)
    except NotAConfig:
        return False
    return entry.get("gated") not in {None, False} or entry.get("private") is True


def json_object(text: str) -> dict[str, Any]:
    """Read a JSON object, Python's way: bare Infinity and NaN, which Hub configs have, pass.

    Raises NotAConfig for anything else, over-deep and over-large text included.
    """
    value = json_value(text)
    if not isinstance(value, Mapping):
        raise NotAConfig("The text is JSON, but not an object in braces { … }.")
    return dict(value)


def json_value(text: str) -> Any:
    """Read JSON of bounded size and depth. Raises NotAConfig."""
    if len(text) > MAX_CONFIG_BYTES:
        raise NotAConfig("The text is larger than 2 MB; a config.json has a few kilobytes.")
    if _nesting(text) > MAX_NESTING:
        raise NotAConfig("The text is nested too deeply; a config.json has a few levels.")
    try:
        return json.loads(text.lstrip("\ufeff"))
    except json.JSONDecodeError as problem:
        raise NotAConfig(f"{problem.msg} (line {problem.lineno}).") from None
    except ValueError:
        raise NotAConfig("The text holds an over-long number.") from None


def _nesting(text: str) -> int:
    """Levels of brackets, those in strings not counted."""
    depth = deepest = 0
    for match in _BRACKETS.finditer(text):
        token = match[0]
        if token in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token in "]}":
            depth -= 1
    return deepest
