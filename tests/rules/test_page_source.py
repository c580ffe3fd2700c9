"""index.html and pyscript.toml as they stand, without a browser."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import prerender
from present import state

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "index.html"
LOADING = ("src", "href", "action", "data", "poster", "srcset")
NAVIGATION = {"a"}


class Elements(HTMLParser):
    """Start tags with their attributes, in order."""

    def __init__(self, html: str):
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


@pytest.fixture(scope="module")
def elements() -> list[tuple[str, dict[str, str]]]:
    return Elements(PAGE.read_text("utf-8")).found


def test_generated_blocks_are_up_to_date():
    html = PAGE.read_text("utf-8")
    assert prerender.rendered(html) == html, "run `make prerender`"


def test_everything_is_loaded_from_this_site_by_relative_address(elements):
    loaded = [
        attributes[name]
        for tag, attributes in elements
        for name in LOADING
        if name in attributes and tag not in NAVIGATION
    ]
    assert len(loaded) > 5
    assert not [address for address in loaded if re.match(r"[a-z]+:|/", address) and not address.startswith("data:")]


def test_every_loaded_file_is_in_the_site(elements):
    named = re.compile(r"src|href|data-script|data-(\w+-)?style")
    loading = (attributes for tag, attributes in elements if tag not in NAVIGATION)
    addresses = {value for attributes in loading for name, value in attributes.items() if named.fullmatch(name)}
    files = {address for address in addresses if not address.startswith(("data:", "#"))}
    missing = [file for file in files if not (ROOT / file).exists() and not file.startswith("runtime/")]
    assert not missing


def test_the_policy_allows_this_site_and_the_hub_only(elements):
    (policy,) = [a["content"] for tag, a in elements if a.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["object-src"] == rules["base-uri"] == "'none'"
    assert set(rules["connect-src"].split()) == {"'self'", "https://huggingface.co"}
    assert "'unsafe-inline'" not in rules["script-src"]
    hosts = {source for rule in rules.values() for source in rule.split() if "." in source}
    assert hosts == {"https://huggingface.co"}


def test_links_within_the_page_lead_to_the_results(elements):
    assert [a["href"] for tag, a in elements if tag == "a" and a["href"].startswith("#")] == ["#results", "#results"]


def test_the_first_paint_waits_for_what_stands_behind_the_answer(elements):
    (expected,) = [a["href"] for tag, a in elements if a.get("rel") == "expect"]
    order = [a.get("id") for _, a in elements]
    assert order.index("headline") < order.index("cards") < order.index(expected.removeprefix("#"))


def test_no_inline_script_or_handler(elements):
    handlers = [name for _, attributes in elements for name in attributes if name.startswith("on")]
    assert not handlers
    scripts = [attributes for tag, attributes in elements if tag == "script"]
    assert len(scripts) >= 3
    assert all("src" in a or a.get("type") == "application/ld+json" for a in scripts)


def test_pyscript_settings_are_plain_enough_for_its_reader():
    for line in (ROOT / "pyscript.toml").read_text("utf-8").splitlines():
        assert re.fullmatch(r'|#.*|\[[\w.]+\]|"?[\w./*-]+"? = ("[^"]*"|true|false|\[[^\]]*\])', line), line


def test_the_shell_and_the_scenario_agree_on_what_a_link_may_say_besides():
    script = (ROOT / "js" / "shell.js").read_text("utf-8")
    (pattern,) = re.findall(r"NOT_OF_THE_SCENARIO = /(.*)/;", script)
    others = {*state.FOREIGN_KEYS, *(f"{pin}.gpu" for pin in state.PINS)}
    assert [key for key in others if not re.fullmatch(pattern, key)] == []
    assert [key for key in state.RULES if re.fullmatch(pattern, key)] == []
