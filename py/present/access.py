"""An access token of the Hub: kept in memory, shown to no one, sent to one host.

Its text is in no repr, so that no message or traceback can show it.
"""

import re
from dataclasses import dataclass, field

from present.hubtext import HOST, refusal

_TOKEN = re.compile(r"[\x21-\x7e]{8,400}")

NEEDS_TOKEN = frozenset({"gated-repo", "repo-not-found"})
"""Refusals of an anonymous reader that a token can change: gated, or private and so not shown at all."""


class NotAToken(ValueError):
    """The text cannot be a token; the message says why and does not repeat it."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token of the reader's own."""

    secret: str = field(repr=False)

    def header(self, url: str) -> str:
        """The Authorization header for an address on the Hub. Raises ValueError for any other."""
        if not url.startswith(f"{HOST}/"):
            raise ValueError("a token is for huggingface.co alone")
        return f"Bearer {self.secret}"


def token(text: str) -> Token | None:
    """Read the token box; None where it is empty. Raises NotAToken."""
    text = text.strip()
    if not text:
        return None
    if not _TOKEN.fullmatch(text):
        raise NotAToken("That is not an access token: tokens are letters and digits, such as hf_….")
    return Token(text)


def note(text: str) -> str:
    """Beneath the token box."""
    try:
        found = token(text)
    except NotAToken as problem:
        return str(problem)
    kept = "Kept in memory only and sent to huggingface.co alone, if it refuses without one."
    return f"{kept} Calculate uses it." if found is not None else kept


def refusal_with_token(status: int, error_code: str = "", body: str = "") -> str | None:
    """As hubtext.refusal, for a request that carried a token."""
    if status in {401, 403} and "invalid credentials" in body[:500].lower():
        return "token-refused"
    code = refusal(status, error_code, body)
    if code == "gated-repo":
        return "gated-not-granted"
    return "token-refused" if status == 401 else code
