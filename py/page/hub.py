"""Asking the Hugging Face Hub: a model's files, its entry, a search.

Anonymous requests carry no custom header (which would cost a preflight), and none carries a referrer (which
the Hub refuses from some hosts). Each has a time limit and a size limit. A token goes along only where the Hub
refused without one.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from js import Object, fetch, performance
from pyodide.ffi import JsException, to_js

from present import access, hubtext, hubtotal, picker
from present.access import NEEDS_TOKEN, Token
from present.hubtext import ModelRef
from present.hubtotal import Entry
from present.picker import Option

TIMEOUT_S = 15
_OPTIONS = {"referrerPolicy": "no-referrer", "credentials": "omit"}

_ABSENT = frozenset({"no-config", "repo-not-found"})
"""Answers that, beside a readable config.json, mean that the model has no such file."""


class HubFailure(Exception):
    """A file could not be had; `code` says why, as present.errors knows it."""

    def __init__(self, code: str) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


class TooLarge(Exception):
    """The file is far larger than any config."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the Hub."""

    status: int
    error_code: str
    rate_limit: str
    body: str


@dataclass(frozen=True, slots=True)
class Files:
    """A model's config.json and, where it has one, hf_quant_config.json, as text."""

    config: str
    sidecar: str | None
    complete: bool
    """False where it stayed open whether there is a hf_quant_config.json."""
    with_token: bool = False
    """The Hub gave them to the reader's token only."""


class Hub:
    """The Hub as this visit sees it: the reader's token, and whether the Hub has asked to wait."""

    def __init__(self) -> None:
        """Anonymous, and free to ask."""
        self.token: Token | None = None
        self._opened: set[str] = set()
        self._rests_until_s = 0.0

    async def files(self, ref: ModelRef) -> Files:
        """Fetch a model's files, with the token where the Hub refuses without. Raises HubFailure, TooLarge."""
        try:
            return await _files(ref, None)
        except HubFailure as failure:
            if failure.code not in NEEDS_TOKEN or self.token is None:
                raise
        found = await _files(ref, self.token)
        self._opened.add(ref.id)
        return replace(found, with_token=True)

    async def entry(self, ref: ModelRef) -> Entry:
        """What the Hub's API says of a model. Raises HubFailure, TooLarge, NotAConfig."""
        token = self.token if ref.id in self._opened else None
        return hubtotal.entry(await self._ask(ref.totals_url, token))

    async def search(self, words: str, signal: Any) -> tuple[Option, ...]:
        """Models of that name; `signal` is an AbortSignal. Raises as `entry`."""
        return picker.found(await self._ask(picker.search_url(words), None, signal))

    def rest_s(self) -> float:
        """Seconds for which the Hub has asked to be left alone."""
        return max(0.0, self._rests_until_s - _now_s())

    async def _ask(self, url: str, token: Token | None, signal: Any = None) -> str:
        """The body of one answer of the API, whose limit is far lower than that for files."""
        if self.rest_s():
            raise HubFailure("rate-limited")
        try:
            reply = await _get(url, token, signal)
        except JsException:
            raise HubFailure("hub-unreachable") from None
        code = hubtext.refusal(reply.status, reply.error_code, reply.body)
        if code == "rate-limited":
            self._rests_until_s = _now_s() + picker.pause_s(reply.rate_limit)
        if code is not None:
            raise HubFailure(code)
        return reply.body


def _now_s() -> float:
    return float(performance.now()) / 1_000


async def _files(ref: ModelRef, token: Token | None) -> Files:
    """Both files at once."""
    config, sidecar = await asyncio.gather(
        _file(ref, hubtext.CONFIG, token), _file(ref, hubtext.SIDECAR, token), return_exceptions=True
    )
    if isinstance(config, BaseException):
        raise config
    if isinstance(sidecar, str):
        return Files(config, sidecar, complete=True)
    absent = isinstance(sidecar, HubFailure) and sidecar.code in _ABSENT
    return Files(config, None, complete=absent)


async def _file(ref: ModelRef, name: str, token: Token | None) -> str:
    try:
        reply = await _get(ref.file_url(name), token)
    except JsException:
        raise HubFailure(await _cause(ref)) from None
    read = hubtext.refusal if token is None else access.refusal_with_token
    code = read(reply.status, reply.error_code, reply.body)
    if code is not None:
        raise HubFailure(code)
    return reply.body


async def _cause(ref: ModelRef) -> str:
    """Why a file fetch ended without any answer: the model's public entry tells."""
    try:
        reply = await _get(ref.api_url)
    except (JsException, HubFailure, TooLarge):
        return "hub-unreachable"
    return hubtext.after_opaque_failure(reply.status, reply.body)


async def _get(url: str, token: Token | None = None, signal: Any = None) -> Reply:
    try:
        return await asyncio.wait_for(_read(url, token, signal), TIMEOUT_S)
    except TimeoutError:
        raise HubFailure("hub-timeout") from None


async def _read(url: str, token: Token | None, signal: Any) -> Reply:
    options: dict[str, Any] = dict(_OPTIONS)
    if token is not None:
        options["headers"] = {"Authorization": token.header(url)}
    if signal is not None:
        options["signal"] = signal
    response = await fetch(url, to_js(options, dict_converter=Object.fromEntries))
    names = ("X-Error-Code", "RateLimit")
    error_code, rate_limit = (_header(response, name) for name in names)
    return Reply(response.status, error_code, rate_limit, await _text(response))


def _header(response: Any, name: str) -> str:
    """A header's text; empty where it is absent, or not for pages of other hosts to see."""
    value = response.headers.get(name)
    return value if isinstance(value, str) else ""


async def _text(response: Any) -> str:
    """The body, read piece by piece so that an over-large one is dropped on the way."""
    if not response.body:
        return ""
    reader, parts, size_bytes = response.body.getReader(), [], 0
    while True:
        part = await reader.read()
        if part.done:
            return b"".join(parts).decode("utf-8", "replace")
        parts.append(part.value.to_bytes())
        size_bytes += len(parts[-1])
        if size_bytes > hubtext.MAX_CONFIG_BYTES:
            await reader.cancel()
            raise TooLarge
