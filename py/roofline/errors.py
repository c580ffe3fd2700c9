"""Errors that the engine raises for invalid input; nothing else escapes for bad input.

    RooflineError
    ├── ConfigError                 a config.json that cannot be read as a decoder
    │   └── UnsupportedArchitecture a family that this engine does not model
    ├── DeploymentError             GPU, engine, parallelism or precision that cannot run
    └── WorkloadError               lengths or concurrency out of range

Every error carries ``code`` (a stable slug for programs) and ``hint`` (what to do next).
"""

from __future__ import annotations


class RooflineError(ValueError):
    """Base of every error of this package."""

    default_code = "invalid-input"

    def __init__(self, message: str, *, hint: str = "", code: str | None = None) -> None:
        """Keep the message, the next step for the user and the slug of the case."""
        super().__init__(message)
        self.hint = hint
        self.code = code or self.default_code


class ConfigError(RooflineError):
    """The config lacks a key, or a key has a value that makes no sense."""

    default_code = "invalid-config"


class UnsupportedArchitecture(ConfigError):
    """The config describes something that this engine does not model."""

    default_code = "unsupported-architecture"


class DeploymentError(RooflineError):
    """The model cannot be laid out on the chosen hardware this way."""

    default_code = "invalid-deployment"


class WorkloadError(RooflineError):
    """Lengths or concurrency out of range."""

    default_code = "invalid-number"


def shown(value: object) -> str:
    """A bad value in a message: short, and safe for values whose text is huge or has no limit."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}" if abs(value) < 10**20 else "a huge number"
    text = repr(value) if isinstance(value, (str, float, bool, type(None))) else type(value).__name__
    return text if len(text) <= 60 else f"{text[:57]}..."
