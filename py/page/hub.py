"""Reading a model's files from the Hugging Face Hub, anonymously.

Requests carry no custom header (which would cost a preflight) and no referrer (which the Hub
refuses from some hosts). Each has a time limit and a size limit.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from js import Object, fetch
from pyodide.ffi import JsException, to_js

from present import hubtext
from present.hubtext import ModelRef

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
    body: str


@dataclass(frozen=True, slots=True)
class Files:
    """A model's config.json and, where it has one, hf_quant_config.json, as text."""

    config: str
    sidecar: str | None
    complete: bool
    """False where it stayed open whether there is a hf_quant_config.json."""


async def files(ref: ModelRef) -> Files:
    """Fetch both files at once. Raises HubFailure, TooLarge."""
    config, sidecar = await asyncio.gather(
        _file(ref, hubtext.CONFIG), _file(ref, hubtext.SIDECAR), return_exceptions=True
    )
    if isinstance(config, BaseException):
        raise config
    if isinstance(sidecar, str):
        return Files(config, sidecar, complete=True)
    absent = isinstance(sidecar, HubFailure) and sidecar.code in _ABSENT
    return Files(config, None, complete=absent)


async def _file(ref: ModelRef, name: str) -> str:
    try:
        reply = await _get(ref.file_url(name))
    except JsException:
        raise HubFailure(await _cause(ref)) from None
    code = hubtext.refusal(reply.status, reply.error_code, reply.body)
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


async def _get(url: str) -> Reply:
    try:
        return await asyncio.wait_for(_read(url), TIMEOUT_S)
    except TimeoutError:
        raise HubFailure("hub-timeout") from None


async def _read(url: str) -> Reply:
    response = await fetch(url, to_js(_OPTIONS, dict_converter=Object.fromEntries))
    header = response.headers.get("X-Error-Code")
    return Reply(response.status, header if isinstance(header, str) else "", await _text(response))


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
