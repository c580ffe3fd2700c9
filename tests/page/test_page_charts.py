"""Curve, time and memory: drawn values are the engine's; keyboard, pointer, export, axe, short tasks."""

import json
import re
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from axe_playwright_python.sync_playwright import Axe
from calculator import Calculator, screens
from playwright.sync_api import Browser, Locator, Page, expect

from present import inputs, models
from present.chart_curve import curve_charts
from present.chart_steps import breakdown_chart, memory_chart, roofline_chart
from present.state import Scenario
from roofline import GPUS, estimate
from roofline.curve import curve, curve_points

LLAMA = Scenario(model="meta-llama/Llama-3.1-70B", tensor_parallel=4, concurrency=16)
QUERY = "?model=meta-llama/Llama-3.1-70B&tensor_parallel=4&concurrency=16"
SCREENS = [(screen.width, screen.theme) for screen in screens()]
SVG = "{http://www.w3.org/2000/svg}"
RULES = {"rules": {"target-size": {"enabled": True}}}


def expected_curve(scenario: Scenario = LLAMA):
    model = models.bundled(scenario.model).model
    points = curve_points(model, inputs.deployment(scenario), inputs.workload(scenario))
    return curve_charts(curve(points, scenario.concurrency or 1))


def expected_estimate(scenario: Scenario = LLAMA):
    model = models.bundled(scenario.model).model
    return estimate(model, inputs.deployment(scenario), inputs.workload(scenario))


def go(page: Page, query: str) -> None:
    """To another scenario and view, as the browser's own back and forward would."""
    page.evaluate("(query) => { history.replaceState(null, '', location.pathname + query) }", query)
    page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")


@pytest.fixture
def curve_page(booted_page: Page) -> Page:
    """The view of the curve, drawn."""
    go(booted_page, QUERY + "&view=curve")
    expect(booted_page.locator("#curve-cost svg[role=img]")).to_be_visible()
    expect(canvas(booted_page, "curve-speed").locator("text.strong").first).to_be_visible()
    expect(booted_page.locator("#curve-speed text.strong").filter(has_text="16, chosen")).to_be_visible()
    return booted_page


@pytest.fixture
def time_page(booted_page: Page) -> Page:
    """The view of time and memory, drawn."""
    go(booted_page, QUERY + "&view=time")
    expect(booted_page.locator("#time-roofline svg[role=img]")).to_be_visible()
    return booted_page


def canvas(page: Page, place: str) -> Locator:
    return page.locator(f"#{place} .chart-canvas")


def table(page: Page, place: str) -> list[list[str]]:
    """The rows of a chart's table, which is opened for it."""
    page.locator(f"#{place} .chart-data").evaluate("(details) => { details.open = true }")
    expect(page.locator(f"#{place} tbody tr").first).to_be_visible()
    rows: list[list[str]] = page.locator(f"#{place} tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    page.locator(f"#{place} .chart-data").evaluate("(details) => { details.open = false }")
    return rows


def test_the_table_of_the_curve_is_the_engines(curve_page):
    assert table(curve_page, "curve-speed") == [list(row) for row in expected_curve()[0].table.rows]


def test_the_curve_is_drawn_through_the_engines_points(curve_page):
    """The vertices of the path, turned back by the axes' scales: both logarithmic."""
    (drawn,) = (layer for layer in expected_curve()[0].layers if layer.mark == "line")
    path = curve_page.locator("#curve-speed .chart-line path").get_attribute("d")
    pixels = [tuple(map(float, pair)) for pair in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)]
    assert len(pixels) == len(drawn.data)
    for axis in (0, 1):
        values = [(datum.x, datum.y)[axis] for datum in drawn.data]
        first, last = pixels[0][axis], pixels[-1][axis]
        for value, pixel in zip(values, (pair[axis] for pair in pixels), strict=True):
            at = values[0] * (values[-1] / values[0]) ** ((pixel - first) / (last - first))
            assert at == pytest.approx(value, rel=0.02)


def test_a_change_of_the_form_is_followed(curve_page):
    curve_page.locator("[name=output_tokens]").fill("128")
    scenario = Scenario(model=LLAMA.model, tensor_parallel=4, concurrency=16, output_tokens=128)
    rows = [list(row) for row in expected_curve(scenario)[0].table.rows]
    expect(curve_page.locator("#curve-speed .chart-summary")).to_contain_text(f"each of {rows[-1][0]} at {rows[-1][1]}")
    assert table(curve_page, "curve-speed") == rows


def test_a_click_on_a_point_sets_the_concurrency(curve_page):
    expect(curve_page.locator("#curve-speed text.label").filter(has_text=re.compile("^64$"))).to_be_visible()
    (drawn,) = (layer for layer in expected_curve()[0].layers if layer.mark == "line")
    index = [datum.pick for datum in drawn.data].index("64")
    path = curve_page.locator("#curve-speed .chart-line path").get_attribute("d")
    x, y = (float(number) for number in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)[index])
    canvas(curve_page, "curve-speed").scroll_into_view_if_needed()
    canvas(curve_page, "curve-speed").hover(position={"x": x, "y": y})
    expect(curve_page.locator("#curve-speed .chart-tip")).to_contain_text("64 requests at once")
    canvas(curve_page, "curve-speed").click(position={"x": x, "y": y})
    expect(curve_page.locator("[name=concurrency]")).to_have_value("64")
    expect(curve_page.locator("#curve-speed text.strong").filter(has_text="64, chosen")).to_be_visible()
    assert "concurrency=64" in curve_page.url


def test_targets_mark_the_curve_and_stand_in_the_link(curve_page):
    curve_page.get_by_label("TPOT target (ms)").fill("15")
    curve_page.get_by_label("TPOT target (ms)").press("Enter")
    model = models.bundled(LLAMA.model).model
    points = tuple(curve_points(model, inputs.deployment(LLAMA), inputs.workload(LLAMA)))
    limit = curve(points, 16, tpot_s=0.015).tpot_limit
    assert limit and 1 < limit < points[-1].concurrency
    expect(curve_page.locator("#curve-speed text.strong").filter(has_text="TPOT target")).to_contain_text(str(limit))
    expect(curve_page.locator("#curve-tpot text.label").filter(has_text="target")).to_have_text("target 15.0\xa0ms")
    assert "find_tpot_ms=15" in curve_page.url
    curve_page.get_by_label("TTFT target (s)").fill("soon")
    curve_page.get_by_label("TTFT target (s)").press("Enter")
    expect(curve_page.locator("#curve-issues")).to_contain_text("Time to first token")
    expect(curve_page.get_by_label("TTFT target (s)")).to_have_attribute("aria-invalid", "true")
    assert "ttft" not in curve_page.url


def test_the_points_are_visited_and_chosen_by_keyboard(curve_page):
    place = canvas(curve_page, "curve-speed")
    readout = curve_page.locator("#curve-speed > figure > [role=status]")
    place.focus()
    curve_page.keyboard.press("Home")
    expect(readout).to_have_text(re.compile(r"^\d+ requests at once: .* 1 of \d+\.$"))
    curve_page.keyboard.press("End")
    expect(readout).to_contain_text("1 request at once")
    curve_page.keyboard.press("ArrowLeft")
    expect(readout).to_contain_text("2 requests at once")
    expect(curve_page.locator("#curve-speed .chart-tip")).to_be_visible()
    curve_page.keyboard.press("Escape")
    expect(curve_page.locator("#curve-speed .chart-tip")).to_be_hidden()
    curve_page.keyboard.press("ArrowLeft")
    curve_page.keyboard.press("Enter")
    expect(curve_page.locator("#curve-speed text.strong").filter(has_text="3, chosen")).to_be_visible()
    expect(curve_page.locator("[name=concurrency]")).to_have_value("3")
    assert place.evaluate("(element) => document.activeElement === element")


def test_time_and_memory_are_the_engines(time_page):
    result, gpu = expected_estimate(), GPUS[LLAMA.gpu]
    made = {
        "time-breakdown": breakdown_chart(result),
        "time-memory": memory_chart(result, gpu),
        "time-roofline": roofline_chart(result, gpu),
    }
    for place, chart in made.items():
        assert table(time_page, place) == [list(row) for row in chart.table.rows], place
        assert time_page.locator(f"#{place} .chart-summary").text_content() == chart.summary
    widths = time_page.locator("#time-memory .chart-bars rect").evaluate_all(
        "(bars) => bars.map((bar) => bar.width.baseVal.value)"
    )
    shares = [datum.y / gpu.memory_bytes for datum in made["time-memory"].layers[0].data]
    assert len(widths) == len(shares)
    for width, share in zip(widths, shares, strict=True):
        assert width / sum(widths) == pytest.approx(share, abs=0.01)
    drawn = time_page.locator("#time-roofline .chart-dots > *").count()
    assert drawn == len(made["time-roofline"].layers[-1].data)


def test_memory_follows_the_choice_of_units(time_page):
    expect(time_page.locator("#time-memory .chart-summary")).not_to_contain_text("GiB")
    time_page.get_by_role("radio", name="GiB").check()
    expect(time_page.locator("#time-memory .chart-summary")).to_contain_text("GiB")
    time_page.get_by_role("radio", name="GB", exact=True).check()


def test_what_does_not_fit_still_shows_its_memory(time_page):
    go(time_page, "?gpu=H100+SXM&view=time")
    expect(time_page.locator("#problem")).to_have_attribute("data-error", "does-not-fit")
    expect(time_page.locator("#time-memory .chart-summary")).to_contain_text("missing")
    expect(time_page.locator("#time-breakdown")).to_be_hidden()
    expect(time_page.locator("#time-roofline")).to_be_hidden()


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}")
@pytest.mark.parametrize("view", ["curve", "time"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(booted_page, view, screen):
    width, theme = screen
    booted_page.set_viewport_size({"width": width, "height": 800})
    booted_page.emulate_media(color_scheme=theme)
    go(booted_page, QUERY + f"&view={view}")
    expect(booted_page.locator(f"#view-{view} svg[role=img]").last).to_be_visible()
    booted_page.locator(f"#view-{view}").evaluate(
        "(view) => view.querySelectorAll('details').forEach((d) => d.open = true)"
    )
    expect(booted_page.locator(f"#view-{view} tbody").first).to_be_visible()
    booted_page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    found = Axe().run(booted_page, options=RULES)
    assert booted_page.evaluate("document.documentElement.scrollWidth") <= width
    overflow = booted_page.locator(f"#view-{view} .chart-canvas > svg").evaluate_all(
        "(charts) => charts.filter((svg) => svg.width.baseVal.value > svg.parentElement.clientWidth + 1).length"
    )
    booted_page.locator(f"#view-{view}").evaluate(
        "(view) => view.querySelectorAll('details').forEach((d) => d.open = false)"
    )
    booted_page.set_viewport_size({"width": 1280, "height": 800})
    assert found.violations_count == 0, found.generate_report()
    assert overflow == 0


def test_a_change_of_theme_needs_no_new_drawing(curve_page):
    curve_page.emulate_media(color_scheme="light")
    line = curve_page.locator("#curve-speed .chart-line")
    colour = "(line) => getComputedStyle(line).stroke"
    before = line.evaluate(colour)
    line.evaluate("(line) => { line.dataset.same = '' }")
    curve_page.emulate_media(color_scheme="dark")
    assert line.evaluate(colour) != before
    assert line.get_attribute("data-same") == ""
    curve_page.emulate_media(color_scheme="light")


def saved(page: Page, place: str, kind: str) -> tuple[str, bytes]:
    """Name and content of what the button saves."""
    page.locator(f"#{place} .chart-takeaway").evaluate("(details) => { details.open = true }")
    with page.expect_download() as waiting:
        page.locator(f"#{place}").get_by_role("button", name=f"Save {kind}").click()
    download = waiting.value
    expect(page.locator(f"#{place} .chart-outcome")).to_have_text(f"{kind} saved")
    return download.suggested_filename, download.path().read_bytes()


def test_a_saved_svg_stands_on_its_own(curve_page):
    name, content = saved(curve_page, "curve-speed", "SVG")
    today = datetime.now(UTC).date().isoformat()
    assert name == f"curve-{today}.svg"
    tree = ElementTree.fromstring(content)
    words = " ".join("".join(text.itertext()) for text in tree.iter(f"{SVG}text"))
    assert "Faster for each user, or more from each GPU" in words
    assert "16, chosen" in words
    assert (
        f"{today} · {curve_page.url}" in words.replace("\xa0", " ").replace("  ", " ")
        or curve_page.url.split("?")[0] in words
    )
    assert b"var(" not in content
    assert b"<style" not in content
    fills = {element.get("fill") for element in tree.iter() if element.get("fill")}
    assert any(fill.startswith("rgb(") for fill in fills)


def test_a_saved_svg_has_the_legend(time_page):
    _, content = saved(time_page, "time-roofline", "SVG")
    texts = ["".join(text.itertext()) for text in ElementTree.fromstring(content).iter(f"{SVG}text")]
    assert {"prefill", "decode"} <= set(texts)


def test_labels_beneath_a_bar_do_not_cover_each_other(booted_page):
    for query in (QUERY, "?gpu=B200+SXM&concurrency=16", "?model=openai/gpt-oss-20b&tensor_parallel=1&concurrency=4"):
        for width in (360, 1280):
            booted_page.set_viewport_size({"width": width, "height": 800})
            go(booted_page, query + "&view=time")
            expect(booted_page.locator("#time-roofline svg[role=img]")).to_be_visible()
            booted_page.wait_for_timeout(500)
            boxes = booted_page.locator("#time-breakdown text.beside").evaluate_all(
                "(texts) => texts.map((text) => text.getBoundingClientRect())"
                ".map(({left, top, right, bottom}) => [left, top, right, bottom])"
            )
            for index, one in enumerate(boxes):
                for other in boxes[index + 1 :]:
                    apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] + 2 or other[3] <= one[1] + 2
                    assert apart, (query, width, one, other)
    booted_page.set_viewport_size({"width": 1280, "height": 800})


def test_a_saved_png_is_twice_as_sharp(time_page):
    name, content = saved(time_page, "time-memory", "PNG")
    assert name.startswith("memory-") and name.endswith(".png")
    assert content.startswith(b"\x89PNG")
    width, _ = struct.unpack(">II", content[16:24])
    shown = canvas(time_page, "time-memory").evaluate("(element) => Math.floor(element.getBoundingClientRect().width)")
    assert width == 2 * (shown + 40)
    assert len(content) > 5_000


def test_copies_land_on_the_clipboard(curve_page):
    curve_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    curve_page.locator("#curve-ttft .chart-takeaway").evaluate("(details) => { details.open = true }")
    outcome = curve_page.locator("#curve-ttft .chart-outcome")
    curve_page.locator("#curve-ttft").get_by_role("button", name="Copy SVG").click()
    expect(outcome).to_have_text("SVG copied")
    copied = curve_page.evaluate("navigator.clipboard.readText()")
    assert "Time to first token (TTFT)" in "".join(ElementTree.fromstring(copied).itertext())
    curve_page.locator("#curve-ttft").get_by_role("button", name="Copy PNG").click()
    expect(outcome).to_have_text("PNG copied")
    kinds = curve_page.evaluate("navigator.clipboard.read().then(([item]) => item.types)")
    assert kinds == ["image/png"]


def test_the_library_that_does_not_come_is_said(boot, page, hub):
    hub.expected_errors = [".*"]
    page.route("**/plot.mjs*", lambda route: route.abort())
    boot(page, QUERY + "&view=curve")
    expect(page.locator("#curve-note")).to_contain_text("could not be fetched")
    assert Calculator(page).figures()["tpot_s"] == str(expected_estimate().tpot_s)


LONGEST_TASK_MS = 50


def calmest_ms(tries: int, busiest: Callable[[], float]) -> list[float]:
    """Longest tasks of visits until one is short: what else the machine does only adds, also to processor time."""
    longest: list[float] = []
    while len(longest) < tries and min(longest, default=LONGEST_TASK_MS + 1) > LONGEST_TASK_MS:
        longest.append(busiest())
    return longest


def busiest_ms(browser: Browser, page: Page, act: Callable[[], None]) -> float:
    """Processor time of the longest task of the page's main thread, which the machine's load leaves alone."""
    browser.start_tracing(page=page, categories=["toplevel"])
    act()
    events = json.loads(browser.stop_tracing())["traceEvents"]
    mains = {
        (e["pid"], e["tid"]) for e in events if e["name"] == "thread_name" and e["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        e["tdur"] for e in events if (e["pid"], e["tid"]) in mains and e["name"].endswith("RunTask") and "tdur" in e
    ]
    assert len(tasks) > 10
    return max(tasks) / 1000


def many_dots(count: int) -> str:
    """A chart of measured runs, as JSON."""
    dots = [{"x": 1.01**i, "y": 1.01**i * (1 + (i % 7) / 20), "words": f"run {i}: measured"} for i in range(count)]
    axis = {"label": "TPOT", "unit": "s", "scale": "log", "low": None, "high": None}
    chart = {
        "key": "many", "title": "Many", "summary": "All runs.", "x": axis, "y": axis, "tones": {}, "shape": "square",
        "layers": [{"mark": "dot", "data": dots}], "table": {"caption": "", "columns": [], "rows": []},
    }  # fmt: skip
    return json.dumps(chart)


@pytest.fixture
def draw_many(booted_page: Page) -> Iterator[Callable[[str, str], int]]:
    """Draw a chart in a new element, with a style, instead of the one before; tells how often it was drawn."""
    go(booted_page, QUERY + "&view=figures")
    draw = """async ([chart, style]) => {
        document.querySelector("#many")?.remove();
        const place = document.createElement("div");
        place.id = "many";
        place.style = style;
        document.querySelector("#view-figures").append(place);
        let drawn = 0;
        new MutationObserver((changes) => {
            const canvas = changes.filter(({ target }) => target.matches(".chart-canvas"));
            drawn += canvas.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node.matches("svg")).length;
        }).observe(place, { childList: true, subtree: true });
        const address = new URL(document.querySelector("#tabs").dataset.charts, document.baseURI).href;
        await (await import(address)).draw(place, chart);
        for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
        return drawn;
    }"""
    yield lambda chart, style: booted_page.evaluate(draw, [chart, style])
    booted_page.evaluate("document.querySelector('#many')?.remove()")


def test_two_thousand_points_are_drawn_in_short_tasks_and_visited(browser, booted_page, draw_many):
    chart = many_dots(2000)
    busiest = calmest_ms(3, lambda: busiest_ms(browser, booted_page, lambda: draw_many(chart, "")))
    assert min(busiest) <= LONGEST_TASK_MS, busiest
    assert booted_page.locator("#many .chart-dots > *").count() == 2000
    canvas(booted_page, "many").focus()
    booted_page.keyboard.press("Home")
    booted_page.keyboard.press("PageDown")
    expect(booted_page.locator("#many [role=status]").first).to_have_text("run 10: measured. 11 of 2000.")


@pytest.mark.parametrize("width_px", ["300", "300.4", "300.6"])
def test_a_chart_is_drawn_once(draw_many, width_px):
    assert draw_many(many_dots(3), f"inline-size: {width_px}px") == 1


def test_no_task_is_long(browser, boot, page):
    def look_at_everything() -> None:
        page.get_by_role("tab", name="Curve").click()
        expect(page.locator("#curve-cost svg[role=img]")).to_be_visible()
        page.locator("[name=output_tokens]").fill("300")
        expect(page.locator("#asked")).to_contain_text("300 out")
        page.get_by_role("tab", name="Time and memory").click()
        expect(page.locator("#time-roofline svg[role=img]")).to_be_visible()
        page.wait_for_timeout(1_000)

    def visit() -> float:
        boot(page, QUERY)
        page.wait_for_timeout(3_000)
        return busiest_ms(browser, page, look_at_everything)

    busiest = calmest_ms(3, visit)
    assert min(busiest) <= LONGEST_TASK_MS, busiest
