"""Documentation sites made with Sphinx and with MkDocs, from their own origin, with the snippets of the dialog."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hosts import LISTENING, heard, inside, ready
from playwright.sync_api import expect

from present.snippets import KINDS, Frame
from present.state import Scenario
from serve import serving, tree

SITE = Path(__file__).resolve().parents[2] / "site"
SCENARIO = Scenario(model="Qwen/Qwen3-8B", tensor_parallel=1)
MAKE = {kind.key: kind.make for kind in KINDS}


def run(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def sphinx(folder: Path, frame: Frame) -> Path:
    """A site of one page in reStructuredText; a warning is an error."""
    listening = "\n".join(f"   {line}" for line in LISTENING.splitlines())
    (folder / "conf.py").write_text("project = 'Host'\nhtml_theme = 'alabaster'\n", "utf-8")
    page = f"Sizing\n======\n\nText before.\n\n{MAKE['sphinx'](frame)}\n\nText after.\n\n.. raw:: html\n\n{listening}\n"
    (folder / "index.rst").write_text(page, "utf-8")
    run("sphinx", "-q", "-W", "-b", "html", str(folder), str(folder / "out"))
    return folder / "out"


def mkdocs(folder: Path, frame: Frame) -> Path:
    """A site of one page in Markdown; a warning is an error."""
    (folder / "docs").mkdir()
    (folder / "mkdocs.yml").write_text("site_name: Host\ntheme:\n  name: mkdocs\n  highlightjs: false\n", "utf-8")
    page = f"# Sizing\n\nText *before*.\n\n{MAKE['mkdocs'](frame)}\n\nText *after*.\n\n{LISTENING}\n"
    (folder / "docs" / "index.md").write_text(page, "utf-8")
    run("mkdocs", "build", "--quiet", "--strict", "-f", str(folder / "mkdocs.yml"), "-d", str(folder / "out"))
    return folder / "out"


@pytest.fixture(scope="module")
def calculators_server():
    """A server of the calculator whose headers a test may set."""
    with serving(tree(SITE), "/some/project/") as running:
        yield running


@pytest.fixture(scope="module", params=[sphinx, mkdocs], ids=lambda make: make.__name__)
def sealed(request, calculators_server, tmp_path_factory):
    """Address of a documentation site with `sandbox="allow-scripts"` set on the plain frame."""
    built = request.param(tmp_path_factory.mktemp("sealed"), Frame(calculators_server.url, SCENARIO))
    html = (built / "index.html").read_text("utf-8")
    assert html.count("<iframe ") == 1
    (built / "index.html").write_text(html.replace("<iframe ", '<iframe sandbox="allow-scripts" '), "utf-8")
    with serving(tree(built)) as running:
        yield running.url


@pytest.fixture(scope="module", params=[sphinx, mkdocs], ids=lambda make: make.__name__)
def docs(request, site, tmp_path_factory):
    """Address of a documentation site whose page embeds the calculator, the height following."""
    made = request.param(tmp_path_factory.mktemp("docs"), Frame(site, SCENARIO, "light", follows=True))
    with serving(tree(made)) as running:
        yield running.url


def test_a_documentation_site_embeds_the_calculator(docs, page, site):
    page.goto(docs)
    frame = ready(inside(page, site))
    assert not docs.startswith(site.partition("/some/")[0])
    expect(page.get_by_text("Text before.")).to_be_visible()
    expect(page.get_by_text("Text after.")).to_be_visible()
    expect(frame.locator("#asked li").first).to_have_text("Qwen/Qwen3-8B")
    box = page.locator("iframe")
    follows(box, frame)
    before = box.bounding_box()["height"]
    frame.get_by_text("Change the scenario").click()
    frame.get_by_label("GPU", exact=True).select_option("B200 SXM")
    expect(frame.locator("#asked")).to_contain_text("B200 SXM")
    follows(box, frame)
    assert box.bounding_box()["height"] > before + 300
    page.evaluate("ask(document.querySelector('iframe'))")
    assert heard(page, "roofline:result")[-1]["result"]["model"] == "Qwen/Qwen3-8B"


def follows(box, frame, timeout_s=10):
    """Wait until the frame's box is as high as what is in it, which settles while it is being measured."""
    end = time.monotonic() + timeout_s
    while box.get_attribute("height") != (height := str(frame.evaluate("document.documentElement.scrollHeight"))):
        assert time.monotonic() < end, f"{box.get_attribute('height')} where {height} is needed"
        time.sleep(0.1)


@pytest.mark.parametrize("headers", [{"Access-Control-Allow-Origin": "*"}, {}], ids=["with", "without"])
def test_a_documentation_site_may_sandbox_it(sealed, calculators_server, headers, page, hub):
    """Live with the header, else the static answer and why."""
    if not headers:
        hub.expected_errors = ["CORS policy", "net::ERR_FAILED"]
    calculators_server.headers = headers
    page.goto(sealed)
    frame = ready(inside(page, calculators_server.url), "ready" if headers else "failed")
    page.evaluate("ask(document.querySelector('iframe'))")
    (said,) = heard(page, "roofline:result")
    assert heard(page, "roofline:height")[-1]["px"] > 300
    if headers:
        assert said["result"]["model"] == "Qwen/Qwen3-8B"
    else:
        assert said["problem"]["code"] == "not-started"
        expect(frame.locator("#boot-notice")).to_contain_text("sandboxed")
        expect(frame.locator("#origin")).to_contain_text("computed when this page was built")
        expect(frame.locator("#headline")).to_contain_text("Fits")
