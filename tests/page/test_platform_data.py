"""The data files beside the page: the engine's own figures, each with source and date, and documented."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import build_site
import published
from roofline import CATALOGUE, GPUS, Model

SITE = build_site.SITE
DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")


def read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((SITE / name).read_text("utf-8"))
    return content


@pytest.mark.parametrize("name", published.FILES)
def test_the_file_is_what_the_engine_has(name):
    assert read(name) == json.loads(json.dumps(published.FILES[name]()))


@pytest.mark.parametrize("name", published.FILES)
def test_it_names_version_and_newest_date(name):
    content = read(name)
    assert content["version"] == int(re.search(r"-v(\d+)\.json", name)[1])
    assert DATE.fullmatch(content["date"])


def test_every_gpu_is_there_with_the_figures_that_the_estimate_uses():
    gpus = read("gpus-v1.json")["gpus"]
    assert list(gpus) == list(GPUS)
    for name, gpu in GPUS.items():
        assert gpus[name]["memory_bytes"] == gpu.memory_bytes
        assert gpus[name]["hbm_bytes_per_s"] == gpu.hbm_bytes_per_s
        assert gpus[name]["fp4_flop_per_s"] == gpu.fp4_flop_per_s
        for key, figure in gpus[name]["figures"].items():
            assert figure["source"] and DATE.fullmatch(figure["date"]), f"{name} {key}"


def test_every_listed_price_is_there():
    prices = read("prices-v1.json")["prices"]
    assert prices.keys() == {name for name, gpu in GPUS.items() if gpu.price is not None}
    for price in prices.values():
        assert price["low_usd_per_gpu_hour"] <= price["usd_per_gpu_hour"] <= price["high_usd_per_gpu_hour"]
        assert price["source"] and DATE.fullmatch(price["date"])
        assert len({offer["provider"] for offer in price["offers"]}) == price["providers"]
        for offer in price["offers"]:
            assert offer["provider"] in price["note"] and offer["usd_per_gpu_hour"] > 0
            assert offer["source"] and DATE.fullmatch(offer["date"])


def test_every_bundled_model_can_be_read_back():
    models = read("models-v1.json")["models"]
    assert list(models) == list(CATALOGUE)
    for name, entry in models.items():
        model = Model.from_config(entry["config"], name=name, sidecar=entry["sidecar"])
        assert (model.total_params, model.active_params) == (entry["total_params"], entry["active_params"])
        assert model.weight_bytes() == entry["weight_bytes"]
        assert entry["source"] and DATE.fullmatch(entry["date"])


def test_every_key_is_documented(root: Path):
    documented = set(re.findall(r"`(\w+)`", (root / "docs" / "data.md").read_text("utf-8")))
    for name, what in (("gpus-v1.json", "gpus"), ("prices-v1.json", "prices"), ("models-v1.json", "models")):
        content = read(name)
        keys = {key for entry in content[what].values() for key in entry} | content.keys()
        assert keys <= documented, name
    figures = read("gpus-v1.json")["gpus"]["H200 SXM"]["figures"].values()
    assert {key for figure in figures for key in figure} <= documented
    assert read(published.ACCURACY)["version"] == 1
