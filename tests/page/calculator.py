"""The calculator's page as a person uses it, for the tests beside."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from roofline import CATALOGUE, Deployment, Estimate, Model, Workload, estimate

CONFIGS = Path(__file__).resolve().parents[3] / "shared" / "data" / "configs"
TEXT_FIELDS = frozenset({"prefill_bound", "decode_bound"})
NOT_OF_THE_ESTIMATE = frozenset({"tensor_parallel", "total_params", "active_params"})


def config_file(model: str) -> Path:
    """A published config.json; the test is skipped, loudly, where the collection is not at hand."""
    path = CONFIGS / f"{model.replace('/', '--')}.json"
    if not path.exists():
        pytest.skip(f"no {path.name}: the collection of published configs is not beside the project")
    return path


def bundled_estimate(model: str, *, workload: Mapping[str, Any] | None = None, **deployment: Any) -> Estimate:
    """What the engine says, in this process, of a bundled model."""
    entry = CATALOGUE[model]
    read = Model.from_config(entry.config, name=model, sidecar=entry.sidecar)
    return estimate(read, Deployment(**{"tensor_parallel": 8, **deployment}), Workload(**(workload or {})))


@dataclass(frozen=True, slots=True)
class Calculator:
    """The page's form, results and messages."""

    page: Page

    def control(self, name: str) -> Locator:
        """A control of the form."""
        return self.page.locator(f"[name={name}]")

    def calculate(self) -> None:
        """Press the button."""
        self.page.get_by_role("button", name="Calculate Performance").click()

    def ask(self, model: str) -> None:
        """Type a model and press Enter."""
        self.control("model").fill(model)
        self.control("model").press("Enter")

    def answered(self, model: str, timeout_ms: float = 10_000) -> None:
        """Wait for the answer about a model."""
        expect(self.page.locator("#asked li").first).to_have_text(model, timeout=timeout_ms)
        expect(self.page.locator("#results")).not_to_have_attribute("aria-busy", "true")
        expect(self.page.locator("#problem")).to_be_hidden()

    def refused(self, code: str, timeout_ms: float = 10_000) -> str:
        """Wait for a problem; its whole text."""
        region = self.page.locator("#problem")
        expect(region).to_have_attribute("data-error", code, timeout=timeout_ms)
        expect(region).to_be_visible()
        return region.inner_text()

    def figures(self) -> dict[str, str]:
        """The value that every shown figure carries, by its field."""
        found: list[list[str]] = self.page.evaluate(
            "[...document.querySelectorAll('#results [data-field]')].map((e) => [e.dataset.field, e.dataset.value])"
        )
        assert len(found) == len(dict(found)), "a field is shown twice"
        return dict(found)

    def shown(self) -> dict[str, str]:
        """The text of every shown figure, by its field."""
        return dict(
            self.page.evaluate(
                "[...document.querySelectorAll('#results [data-field]')].map((e) => [e.dataset.field, e.textContent])"
            )
        )

    def reset(self) -> None:
        """Back to the first scenario, wherever a test left the page."""
        self.page.evaluate("history.replaceState(null, '', location.pathname)")
        self.page.evaluate("document.querySelector('#config').value = ''")
        self.page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")
        self.answered("deepseek-ai/DeepSeek-V3.1")

    def agrees_with(self, result: Estimate) -> None:
        """Every figure on the page is the engine's, at full precision."""
        figures = self.figures()
        assert len(figures) >= 25
        for field in figures.keys() - NOT_OF_THE_ESTIMATE:
            value = getattr(result, field)
            if field in TEXT_FIELDS:
                assert figures[field] == value
            else:
                assert float(figures[field]) == pytest.approx(value, rel=1e-9), field
        assert all(text not in ("", "–") for text in self.shown().values())


@dataclass(frozen=True, slots=True)
class Screen:
    """One size and theme."""

    width: int
    theme: str

    def __str__(self) -> str:
        """For the names of tests."""
        return f"{self.width}-{self.theme}"


def follow(page: Page, query: str) -> None:
    """Let a started page follow a link of its own."""
    page.evaluate("(query) => history.pushState(null, '', location.pathname + query)", query)
    page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")


def screens() -> Iterator[Screen]:
    """A dark phone and a light desktop; with EVERY_SCREEN=1 in the environment three widths, each light and dark."""
    every = [Screen(width, theme) for width in (360, 768, 1280) for theme in ("light", "dark")]
    usual = [Screen(360, "dark"), Screen(1280, "light")]
    yield from every if os.environ.get("EVERY_SCREEN") else usual
