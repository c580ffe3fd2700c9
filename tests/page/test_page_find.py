"""Finding a deployment in the browser: short tasks, true figures, links, ways out, keyboard only, axe."""

import json
import re
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from calculator import Calculator, bundled_estimate, screens
from playwright.sync_api import Page, expect

from present import models, wanted
from present.foundview import LISTS
from present.state import Scenario
from roofline.search import find

RULES = {"rules": {"target-size": {"enabled": True}}}
CHAT = "?view=find&model=meta-llama/Llama-3.1-70B&input_tokens=1000&output_tokens=500&find_users=200&find_tpot_ms=50"
MAX_TASK_MS = 50
ATTEMPTS = 8


def searched(page: Page, timeout_ms: float = 20_000) -> None:
    """Wait until a search has ended and its rows stand there."""
    expect(page.locator("#view-find")).not_to_have_attribute("aria-busy", "true", timeout=timeout_ms)
    expect(page.locator("#find-words > *").first).to_be_visible(timeout=timeout_ms)
    expect(page.locator("#view-find")).not_to_have_attribute("aria-busy", "true", timeout=timeout_ms)


def opened(page: Page, query: str) -> Page:
    """A started page follows a link."""
    page.evaluate(
        "(query) => { history.pushState(null, '', location.pathname + query); "
        "dispatchEvent(new PopStateEvent('popstate')) }",
        query,
    )
    searched(page)
    return page


def rows(page: Page) -> list[dict[str, str]]:
    """Figures of every row that is shown."""
    return page.evaluate(
        "[...document.querySelectorAll('#find-rows tr')].map((row) => Object.fromEntries([...row.querySelectorAll("
        "'[data-cell]')].map((cell) => [cell.dataset.cell, cell.dataset.value])))"
    )


def asked_here(query: str):
    """The same search in this process."""
    asked, issues = wanted.read(wanted.pairs_of(query))
    assert not issues
    values = {key: text[0] for key, text in parse_qs(query.removeprefix("?")).items() if not key.startswith("find_")}
    scenario = Scenario(model=values["model"], input_tokens=1000, output_tokens=500)
    return find(wanted.question(scenario, models.bundled(scenario.model).model, asked, {}))


def test_a_link_searches_and_shows_what_the_engine_finds(booted_page):
    page = opened(booted_page, CHAT)
    result = asked_here(CHAT)
    assert result.tried >= 2000
    words = page.locator("#find-words").inner_text()
    assert f"{result.tried:,} deployments" in words
    assert f"{result.best[0].gpus} × {result.best[0].deployment.gpu}" in words
    for name, candidates in (("gpus", result.per_gpu), ("best", result.best), ("front", result.front)):
        page.get_by_role("radio", name=LISTS[name]).check()
        expect(page.locator("#find-rows tr")).to_have_count(min(10, len(candidates)))
        if len(candidates) > 10:
            page.locator("#find-more").click()
            expect(page.locator("#find-rows tr")).to_have_count(len(candidates))
        shown = rows(page)
        for row, candidate in zip(shown, candidates, strict=True):
            for field in ("ttft_s", "tpot_s", "usd_per_month", "usd_per_million_tokens", "concurrency"):
                assert float(row[field]) == pytest.approx(getattr(candidate.estimate, field), rel=1e-9), field
    prices = [float(row["usd_per_month"]) for row in shown]
    speeds = [float(row["tpot_s"]) for row in shown]
    assert prices == sorted(prices) and speeds == sorted(speeds, reverse=True), "the front is dominated"
    expect(page.locator("#find-chart svg[role=img]")).to_be_visible()


SEARCH_AND_TIME = """(users) => new Promise((done) => {
    const running = document.querySelector("#find-running");
    const box = document.querySelector("#find-demand");
    let begun = null;
    new MutationObserver((_, watch) => {
        if (!running.hidden) begun ??= performance.now();
        else if (begun !== null) { watch.disconnect(); done(performance.now() - begun); }
    }).observe(running, { attributes: true });
    box.value = users;
    box.dispatchEvent(new Event("input", { bubbles: true }));
})"""


def test_a_search_of_two_thousand_keeps_the_page_awake(boot, page):
    """The best of some attempts: other processes of a loaded machine lengthen tasks too."""
    boot(page, CHAT)
    searched(page)
    page.evaluate(
        "window.tasks = []; new PerformanceObserver((list) => tasks.push(...list.getEntries().map((e) => e.duration)))"
        ".observe({entryTypes: ['longtask']})"
    )
    attempts = []
    for attempt in range(ATTEMPTS):
        page.wait_for_timeout(300)
        page.evaluate("tasks.length = 0")
        took = page.evaluate(SEARCH_AND_TIME, str(201 + attempt))
        page.wait_for_timeout(100)
        attempts.append((max(page.evaluate("tasks"), default=0), took))
        if attempts[-1][0] <= MAX_TASK_MS:
            break
    print("longest task ms, search and rows ms:", attempts)
    assert min(task for task, _ in attempts) <= MAX_TASK_MS, attempts


def test_a_sample_of_what_the_browser_weighs_is_what_estimate_says(booted_page, python):
    """In the browser's own Python: points of the search against estimate, one by one."""
    page = opened(booted_page, CHAT)
    answer = python(
        page,
        """
import dataclasses, json
from present import models, wanted
from present.foundview import LISTS
from present.state import Scenario
from roofline import estimate
from roofline.trial import Trial, trials
scenario = Scenario(model="meta-llama/Llama-3.1-70B", input_tokens=1000, output_tokens=500)
question = wanted.question(scenario, models.bundled(scenario.model).model, wanted.Wanted(users=200, tpot_ms=50.0), {})
seen, wrong = 0, []
for trial in [trial for trial in trials(question) if isinstance(trial, Trial)][::5]:
    for replicas in (trial.filled(trial.fewest_replicas()), trial.filled(23)):
        steps = trial.point(replicas)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                point = end.value
                break
        row = estimate(question.model, dataclasses.replace(trial.deployment, nodes=point.nodes),
                       dataclasses.replace(question.workload, concurrency=point.concurrency))
        seen += 1
        if (row.ttft_s, row.tpot_s, row.request_latency_s) != (point.ttft_s, point.tpot_s, point.request_latency_s):
            wrong.append(str(trial.order))
json.dumps([seen, wrong])
""",
    )
    seen, wrong = json.loads(answer)
    assert seen >= 40
    assert wrong == []


def test_use_loads_a_row_into_the_form_as_a_step_of_the_history(booted_page):
    page = opened(booted_page, CHAT + "&find_gpus=H100+SXM,B200+SXM")
    row = page.locator("#find-rows tr").nth(1)
    words = row.locator("strong").first.inner_text()
    figures = rows(page)[1]
    row.locator("[data-use]").click()
    expect(row.locator("[data-use]")).to_have_text("In the form")
    gpu = words.split(" × ")[1]
    expect(page.locator("#gpu")).to_have_value(gpu)
    expect(page.locator("#concurrency")).to_have_value(str(int(float(figures["concurrency"]))))
    assert float(Calculator(page).figures()["tpot_s"]) == pytest.approx(float(figures["tpot_s"]), rel=1e-9)
    query = parse_qs(urlsplit(page.url).query)
    assert query["find_gpus"] == ["H100 SXM,B200 SXM"]
    assert query["gpu"] == [gpu]
    page.go_back()
    expect(page.locator("#concurrency")).to_have_value("")
    searched(page)
    expect(page.locator("[data-use][aria-pressed=true]")).to_have_count(0)


def test_requests_per_second_are_converted_and_the_page_says_so(booted_page):
    page = opened(booted_page, CHAT.replace("find_users=200", "find_requests_per_s=4") + "&find_gpus=H200+SXM")
    expect(page.locator("#find-little")).to_be_visible()
    expect(page.locator("#find-little")).to_contain_text("Little’s law")
    expect(page.locator("#find-demand-unit")).to_have_value("requests_per_s")
    for row in rows(page):
        assert float(row["concurrency"]) >= 1


def test_targets_out_of_reach_say_which_one_binds_and_the_button_takes_what_can_be_had(booted_page):
    page = opened(booted_page, CHAT.replace("find_tpot_ms=50", "find_tpot_ms=0.5") + "&find_gpus=H200+SXM")
    expect(page.locator("[data-obstacle=targets]")).to_contain_text("Time per token: 500 µs asked")
    button = page.locator("[data-way]")
    expect(button).to_have_count(1)
    button.click()
    searched(page)
    expect(page.locator("#find-rows tr")).not_to_have_count(0)
    taken = float(parse_qs(urlsplit(page.url).query)["find_tpot_ms"][0])
    assert 0.5 < taken < 50
    assert all(float(row["tpot_s"]) * 1000 <= taken for row in rows(page))


def test_a_link_with_values_out_of_range_opens_with_a_note(booted_page):
    page = opened(booted_page, CHAT + "&find_ttft_s=%3Cb%3E&find_gpus=H900,%22%3E%3Cimg&find_budget=3")
    expect(page.locator("#find-notes")).to_contain_text("Time to first token: “<b>” is not a number.")
    expect(page.locator("#find-notes")).to_contain_text("GPUs: “H900” is not known here")
    expect(page.locator("#link-notes")).to_contain_text("find_budget")
    assert page.locator("#view-find img").count() == 0


def test_a_bad_box_is_marked_and_the_last_search_stays(booted_page):
    page = opened(booted_page, CHAT + "&find_gpus=H200+SXM")
    before = rows(page)
    page.locator("#find-speed").fill("fast")
    expect(page.locator("#find-speed-error")).to_contain_text("“fast” is not a number")
    expect(page.locator("#find-speed")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#find-stopped")).to_contain_text("last search")
    assert rows(page) == before
    page.locator("#find-speed").fill("60")
    searched(page)
    expect(page.locator("#find-speed-error")).to_be_hidden()
    expect(page.locator("#find-stopped")).to_be_hidden()


def test_a_search_can_be_cancelled(booted_page):
    page = opened(booted_page, CHAT)
    page.evaluate(
        "new Promise((done) => { new MutationObserver((_, seen) => { const cancel = document.querySelector("
        "'[data-cancel]'); if (!cancel.closest('[hidden]')) { seen.disconnect(); cancel.click(); done() } })"
        ".observe(document.querySelector('#find-running'), {attributes: true}); const box = document.querySelector("
        "'#find-demand'); box.value = '777'; box.dispatchEvent(new Event('input', {bubbles: true})) })"
    )
    expect(page.locator("#find-stopped")).to_contain_text("cancelled")
    expect(page.locator("#find-running")).to_be_hidden()
    page.wait_for_timeout(300)
    expect(page.locator("#find-stopped")).to_be_visible()
    page.locator("[data-again]").click()
    searched(page)
    expect(page.locator("#find-stopped")).to_be_hidden()


def test_every_gpu_is_one_click_away(booted_page):
    page = opened(booted_page, "?view=find&model=meta-llama/Llama-3.1-70B&tensor_parallel=4&find_gpus=H200+SXM")
    page.locator("#every-begin").click()
    expect(page.locator("#every-rows tr")).to_have_count(13)
    row = page.locator("#every-rows tr", has_text="B200 SXM").first
    value = row.locator("[data-cell=tpot_s]").get_attribute("data-value")
    estimate = bundled_estimate("meta-llama/Llama-3.1-70B", gpu="B200 SXM", tensor_parallel=4)
    assert float(value) == pytest.approx(estimate.tpot_s, rel=1e-9)


def test_by_keyboard_alone(booted_page):
    """From the tab to a row in the form, without a pointer."""
    page = booted_page
    query = "?model=meta-llama/Llama-3.1-70B&find_gpus=H200+SXM,B200+SXM"
    page.evaluate(
        "(q) => { history.pushState(null, '', location.pathname + q); dispatchEvent(new PopStateEvent('popstate')) }",
        query,
    )
    Calculator(page).answered("meta-llama/Llama-3.1-70B")
    page.locator("#tab-figures").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-find")).to_be_focused()
    searched(page)
    page.keyboard.press("Tab")
    expect(page.locator("#find-demand")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("64")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("find_users=64"))
    searched(page)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.use !== undefined"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("[data-use][aria-pressed=true]")).to_have_count(1)
    expect(page.locator("#tensor_parallel")).not_to_have_value("")
    assert "find_users=64" in page.url


def test_a_point_of_the_chart_is_chosen_by_keyboard(booted_page):
    page = opened(booted_page, CHAT + "&find_gpus=H200+SXM,B200+SXM")
    canvas = page.locator("#find-chart .chart-canvas")
    expect(canvas.locator("svg")).to_be_visible()
    canvas.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_role("radio", name=LISTS["front"]).check()
    chosen = page.locator("#find-rows [data-use][aria-pressed=true]")
    expect(chosen).to_have_count(1)
    row = page.locator("#find-rows tr", has=page.locator("[data-use][aria-pressed=true]"))
    expect(page.locator("#concurrency")).to_have_value(
        row.locator("[data-cell=concurrency]").get_attribute("data-value")
    )


def test_ticks_of_the_chart_do_not_touch(booted_page):
    page = opened(booted_page, CHAT)
    expect(page.locator("#find-chart svg[role=img]")).to_be_visible()
    boxes = page.evaluate(
        "[...document.querySelectorAll('#find-chart g text')].filter((text) => text.textContent.startsWith('$'))"
        ".map((text) => text.getBoundingClientRect()).map(({left, right}) => [left, right]).sort((a, b) => a[0] - b[0])"
    )
    assert len(boxes) >= 2
    assert all(right < left for (_, right), (left, _) in pairwise(boxes)), boxes


@pytest.mark.parametrize("screen", list(screens()), ids=str)
def test_axe_finds_nothing(booted_page, screen):
    booted_page.set_viewport_size({"width": screen.width, "height": 900})
    booted_page.emulate_media(color_scheme=screen.theme)
    for query in (CHAT, CHAT + "&find_ttft_s=0.001&find_usd_per_month=5&find_gpus=H200+SXM,H20"):
        page = opened(booted_page, query)
        page.evaluate("for (const d of document.querySelectorAll('#view-find details')) d.open = true")
        if page.locator("#every-begin").is_visible():
            page.locator("#every-begin").click()
        page.wait_for_timeout(300)
        page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, found.generate_report()
        page.wait_for_function("(width) => document.documentElement.scrollWidth <= width", arg=screen.width)
