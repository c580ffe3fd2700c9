"""Boot, compute, embed and offline in engines other than Chromium's."""

import json
from pathlib import Path

import pytest
from engines import Tab, until
from hosts import host, iframe

import build_site
from roofline import CATALOGUE, Deployment, Model, Workload, estimate
from roofline.document import document
from serve import serving, tree

READY = "document.documentElement.dataset.state === 'ready'"
SAID = "(window.said ?? []).filter((each) => each.type === '{}').at(-1)"
ASK = "ask(document.querySelector('iframe'));"


def engine_says(model: str = "deepseek-ai/DeepSeek-V3.1", **deployment):
    """The command line's document, through JSON."""
    entry = CATALOGUE[model]
    read = Model.from_config(entry.config, name=model, sidecar=entry.sidecar)
    return json.loads(json.dumps(document(read, estimate(read, Deployment(**deployment), Workload()))))


def test_boots_and_computes_what_the_engine_says(tab: Tab, site: str):
    tab.open(site)
    until(tab, READY)
    figures = tab.run("return [...document.querySelectorAll('.figure [data-field]')].map((e) => ({...e.dataset}));")
    expected = engine_says(tensor_parallel=8)
    compared = {each["field"]: float(each["value"]) for each in figures if each["field"] in expected}
    assert len(compared) >= 10
    assert {field: pytest.approx(expected[field], rel=1e-9) for field in compared} == compared
    assert tab.run("return performance.getEntriesByName('roofline:result').length;") >= 1


def test_computes_what_is_typed(tab: Tab, site: str):
    tab.open(f"{site}?tensor_parallel=1&gpu=B200+SXM")
    until(tab, READY)
    tab.enter("#model", "Qwen/Qwen3-8B")
    until(tab, "document.querySelector('#asked li').textContent === 'Qwen/Qwen3-8B'")
    value = float(tab.run("return document.querySelector('.figure [data-field=ttft_s]').dataset.value;"))
    assert value == pytest.approx(engine_says("Qwen/Qwen3-8B", gpu="B200 SXM")["ttft_s"], rel=1e-9)
    assert "model=Qwen/Qwen3-8B&" in tab.run("return location.search;")


def test_an_unreachable_hub_is_said(tab: Tab, site: str):
    """In WebKit, such a failure once left Python waiting for ever."""
    tab.open(site)
    until(tab, READY)
    tab.enter("#model", "org/not-bundled")
    until(tab, "document.querySelector('#problem').dataset.error === 'hub-unreachable'")
    assert not tab.run("return document.querySelector('#problem').hidden;")


@pytest.mark.parametrize("sandbox", ["", 'sandbox="allow-scripts"'], ids=["plain", "sandboxed"])
def test_a_page_of_another_origin_embeds_it(tab: Tab, site: str, tmp_path: Path, sandbox: str):
    with host(tmp_path, index=iframe(f"{site}?embed=1&theme=dark&gpu=B200+SXM", sandbox)) as running:
        tab.open(running.url)
        until(tab, SAID.format("roofline:height"))
        tab.run(ASK)
        said = until(tab, SAID.format("roofline:result"))
        assert said["result"] == engine_says(tensor_parallel=8, gpu="B200 SXM")
        assert tab.run(f"return {SAID.format('roofline:height')};")["px"] > 400


def test_the_element_takes_the_height(tab: Tab, site: str, tmp_path: Path):
    element = f'<roofline-embed src="{site}?embed=1" title="Estimate" height="200"></roofline-embed>'
    with host(tmp_path, index=f'<script src="{site}js/roofline-embed.js"></script>{element}') as running:
        tab.open(running.url)
        until(tab, "document.querySelector('roofline-embed iframe')?.height > 400")


def test_works_with_the_server_gone(tab: Tab, tmp_path: Path):
    worker = build_site.SITE / "sw.js"
    if not worker.exists():
        pytest.skip("site/ has no service worker")
    with serving(tree(build_site.SITE), "/another/project/") as running:
        address = running.url
        tab.open(address)
        until(tab, READY)
        until(tab, "(await navigator.serviceWorker.ready).active?.state === 'activated'")
        until(tab, "(await caches.keys()).length > 0")
    tab.new_tab()
    tab.open(address)
    until(tab, READY)
    assert tab.run("return document.querySelector('.figure [data-field=ttft_s]').dataset.value;")


def test_a_start_that_is_left_half_way_does_not_stop_the_next(tab: Tab):
    """Each is left while its binary is being unpacked and compiled."""
    with serving(tree(build_site.SITE), "/left/") as running:
        for _ in range(3):
            tab.open(running.url)
            until(tab, "document.querySelector('script[data-packed]').binary.loaded > 0")
        tab.open(running.url)
        until(tab, READY)
