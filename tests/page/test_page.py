"""Models to figures: bundled, from the Hub, pasted, by hand; and the figures are the engine's own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from calculator import Calculator, bundled_estimate, config_file
from playwright.sync_api import expect

from roofline import CATALOGUE, Deployment, Model, RooflineError, Workload, estimate

ROOT = Path(__file__).resolve().parents[2]
FAMILIES = {entry.family: name for name, entry in reversed(CATALOGUE.items())}
FROM_THE_HUB = (
    "deepseek-ai/DeepSeek-V3.1",
    "Qwen/Qwen3-235B-A22B",
    "openai/gpt-oss-120b",
    "mistralai/Mixtral-8x7B-v0.1",
)
REVISION = "2026-11-24"
"""A revision keeps the page from answering with the bundled config."""


@pytest.fixture
def calculator(booted_page):
    """The module's page at its first scenario."""
    calculator = Calculator(booted_page)
    calculator.reset()
    return calculator


def test_the_first_answer_stands_without_a_word_or_a_request(boot, page, hub):
    calculator = Calculator(boot(page))
    calculator.agrees_with(bundled_estimate("deepseek-ai/DeepSeek-V3.1"))
    assert page.locator("#headline").inner_text().startswith("Fits: 1 replica of 8 GPUs serves ")
    marks = page.evaluate("performance.getEntriesByType('mark').map((mark) => mark.name)")
    assert {"roofline:ready", "roofline:result"} <= set(marks)
    assert hub.requests == []


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_family_of_the_catalogue_fills_the_cards(calculator, booted, family):
    name = FAMILIES[family]
    calculator.control("gpu").select_option("B300 SXM")
    calculator.control("nodes").fill("2")
    hardware = {"gpu": "B300 SXM", "nodes": 2}
    layouts = [{"tensor_parallel": degree, "pipeline_parallel": stages} for stages in (1, 2) for degree in (8, 4, 2, 1)]
    layout = next(layout for layout in layouts if _fits(name, **layout, **hardware))
    calculator.control("tensor_parallel").select_option(str(layout["tensor_parallel"]))
    calculator.page.evaluate("document.querySelector('#advanced').open = true")
    calculator.control("pipeline_parallel").fill(str(layout["pipeline_parallel"]))
    calculator.ask(name)
    calculator.answered(name)
    calculator.agrees_with(bundled_estimate(name, **layout, **hardware))
    assert booted.hub.requests == []


def _fits(name, **deployment):
    try:
        return bundled_estimate(name, **deployment).fits
    except RooflineError:
        return False


@pytest.mark.parametrize("model", FROM_THE_HUB)
def test_real_configs_from_the_hub_fill_the_cards(calculator, booted, model):
    path = config_file(model)
    booted.hub.add_file(model, path, revision=REVISION)
    calculator.ask(f"{model}@{REVISION}")
    calculator.answered(f"{model}@{REVISION}")
    read = Model.from_config(json.loads(path.read_text("utf-8")), name=model)
    calculator.agrees_with(estimate(read, Deployment(tensor_parallel=8), Workload()))
    assert float(calculator.figures()["total_params"]) == read.total_params
    expect(calculator.page.locator("#model-panel [data-check]")).to_be_visible()
    asked = sorted(url.partition("?")[0].rsplit("/", 1)[-1] for url in booted.hub.requests)
    assert asked == [REVISION, "config.json", "hf_quant_config.json"]
    assert booted.hub.authorization == [None, None, None]


def test_the_side_file_decides_the_format(calculator, booted):
    model = "nvidia/Qwen3-235B-A22B-NVFP4"
    path, side = config_file(model), config_file(f"{model}_hf_quant_config")
    booted.hub.add_file(model, path, revision="x")
    booted.hub.add_file(model, side, revision="x", file="hf_quant_config.json")
    calculator.control("gpu").select_option("B200 SXM")
    calculator.ask(f"{model}@x")
    calculator.answered(f"{model}@x")
    read = Model.from_config(json.loads(path.read_text()), name=model, sidecar=json.loads(side.read_text()))
    calculator.agrees_with(estimate(read, Deployment(gpu="B200 SXM", tensor_parallel=8), Workload()))


def test_a_pasted_address_is_read_like_an_id(calculator, booted):
    config = CATALOGUE["Qwen/Qwen3-8B"].config
    booted.hub.add("org/copy", config, revision="dev")
    calculator.ask("https://huggingface.co/org/copy/tree/dev")
    calculator.answered("org/copy@dev")


def test_a_config_with_bare_infinity_is_read(calculator, booted):
    text = json.dumps({**CATALOGUE["Qwen/Qwen3-8B"].config, "initializer_range": float("inf")})
    assert "Infinity" in text
    booted.hub.add("org/infinite", text)
    calculator.ask("org/infinite")
    calculator.answered("org/infinite")


def test_the_page_and_the_shell_say_the_same(calculator, tmp_path):
    """`python -m roofline` and the browser, figure by figure."""
    calculator.control("gpu").select_option("H100 SXM")
    calculator.control("tensor_parallel").select_option("4")
    calculator.control("input_tokens").fill("1000")
    calculator.control("concurrency").fill("32")
    calculator.ask("meta-llama/Llama-3.1-70B")
    calculator.answered("meta-llama/Llama-3.1-70B")
    config = tmp_path / "config.json"
    config.write_text(json.dumps(CATALOGUE["meta-llama/Llama-3.1-70B"].config))
    options = ["--gpu", "H100 SXM", "--tensor-parallel", "4", "--input-tokens", "1000", "--concurrency", "32"]
    shell = subprocess.run(
        [sys.executable, "-m", "roofline", str(config), *options],
        env={"PYTHONPATH": str(ROOT / "py")},
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(shell.stdout.splitlines()[-1])
    for field, value in calculator.figures().items():
        if isinstance(said.get(field), int | float):
            assert float(value) == pytest.approx(said[field], rel=1e-9), field
    assert len(calculator.figures().keys() & said.keys()) >= 20


def test_a_model_by_hand(calculator):
    calculator.page.get_by_label("Manually enter model parameters?").check()
    values = {"total_params": "8.03B", "hidden_size": "4096", "layers": "32", "heads": "32", "kv_heads": "8"}
    for name, value in values.items():
        calculator.control(name).fill(value)
    calculator.control("tensor_parallel").select_option("1")
    # the answer to all of it, not to what was entered first
    expect(calculator.page.locator("#results [data-field=gpus_per_replica]")).to_have_attribute("data-value", "1")
    calculator.answered("manual model")
    model = Model.manual(total_params=8_030_000_000, hidden_size=4096, layers=32, heads=32, kv_heads=8)
    calculator.agrees_with(estimate(model, Deployment(), Workload()))
    assert "manual=1" in calculator.page.url
    expect(calculator.control("model")).to_be_hidden()


def test_experts_by_hand(calculator):
    calculator.page.get_by_label("Manually enter model parameters?").check()
    calculator.control("experts").fill("8")
    calculator.control("active_experts").fill("2")
    calculator.answered("manual model")
    calculator.page.wait_for_function(
        "() => { const value = (name) => Number(document.querySelector(`[data-field=${name}]`).dataset.value);"
        " return value('active_params') < value('total_params'); }"
    )


def test_a_pasted_config(calculator):
    entry = CATALOGUE["Qwen/Qwen3-8B"]
    calculator.page.get_by_text("Paste config.json", exact=True).click()
    calculator.page.get_by_label("Text of a config.json").fill(json.dumps(entry.config))
    calculator.answered("pasted config.json")
    calculator.agrees_with(bundled_estimate("Qwen/Qwen3-8B"))
    assert "not part of this page’s link" in calculator.page.locator("#notes").inner_text()


def test_a_config_from_the_disk(calculator, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(CATALOGUE["Qwen/Qwen3-8B"].config))
    calculator.page.locator("#config-file").set_input_files(path)
    calculator.answered("pasted config.json")
    calculator.agrees_with(bundled_estimate("Qwen/Qwen3-8B"))


def test_a_dropped_config(calculator):
    text = json.dumps(CATALOGUE["Qwen/Qwen3-8B"].config)
    transfer = calculator.page.evaluate_handle(
        "(text) => { const t = new DataTransfer();"
        " t.items.add(new File([text], 'config.json', {type: 'application/json'})); return t; }",
        text,
    )
    calculator.page.dispatch_event("#scenario", "drop", {"dataTransfer": transfer})
    calculator.answered("pasted config.json")


def test_memory_in_gib(calculator):
    before = calculator.figures()
    calculator.page.get_by_role("radio", name="GiB").check()
    expect(calculator.page.locator("[data-field=weight_bytes]")).to_contain_text("GiB")
    assert calculator.figures() == before
    assert "units=gib" in calculator.page.url


def test_names_of_models_stay_text(calculator, booted):
    """Whatever a config or an id says, it becomes no element."""
    booted.hub.add(
        "org/hostile", {"model_type": "<img src=x onerror=alert(1)>", "architectures": ["<script>1</script>"]}
    )
    calculator.ask("org/hostile")
    assert "<img" in calculator.refused("unsupported-architecture")
    assert calculator.page.locator("#results img, #results script").count() == 0
