"""The worked examples of docs/: each link opens, and the page shows the figures that the text quotes in bold."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "examples.md").read_text("utf-8")
LINK = re.compile(r"\]\(\.\./(\?[^)]+)\)")
BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)


def examples() -> list[tuple[str, list[str]]]:
    """Each link with the figures quoted after it, up to the next link or heading."""
    parts = re.split(LINK, TEXT)
    return [
        (query, [" ".join(quoted.split()) for quoted in BOLD.findall(text.split("\n## ")[0])])
        for query, text in zip(parts[1::2], parts[2::2], strict=True)
    ]


def test_there_are_three_questions_with_links_and_figures():
    assert TEXT.count("\n## ") == 3
    assert len(examples()) >= 3
    assert all(len(quoted) >= 3 for _, quoted in examples())


@pytest.mark.parametrize(("query", "quoted"), examples(), ids=lambda value: None)
def test_a_link_shows_what_the_text_quotes(boot, page, query, quoted):
    boot(page, query)
    expect(page.locator("#link-notes")).to_be_hidden()
    if "view=find" in query:
        expect(page.locator("#find-rows tr").first).to_be_visible(timeout=20_000)
        expect(page.locator("#view-find")).not_to_have_attribute("aria-busy", "true", timeout=20_000)
    elif "view=compare" in query:
        expect(page.locator(".compare")).to_be_visible()
    page.evaluate("for (const d of document.querySelectorAll('#results details')) d.open = true")
    expect(page.locator("#results")).to_contain_text(quoted[0], timeout=10_000)
    shown = " ".join(page.locator("#results").inner_text().split())
    missing = [words for words in quoted if words not in shown]
    assert not missing, f"the page shows other figures than docs/examples.md: {missing}"
