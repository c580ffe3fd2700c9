"""Published configs beside the checkout, and what is known about them."""

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from roofline import Model

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "configs"


@cache
def rows() -> tuple[dict[str, str], ...]:
    """Rows of truths.csv; none where the folder is absent."""
    if not FOLDER.is_dir():
        return ()
    with (FOLDER / "truths.csv").open(encoding="utf-8", newline="") as text:
        return tuple(csv.DictReader(text))


def published(row: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Config and side file of a row."""
    path = FOLDER / Path(row["file"]).name
    side = path.with_name(f"{path.stem}_hf_quant_config.json")
    config = json.loads(path.read_text(encoding="utf-8"))
    return config, json.loads(side.read_text(encoding="utf-8")) if side.is_file() else None


@cache
def model_of(name: str) -> Model:
    """The model of a row."""
    config, sidecar = published(next(row for row in rows() if row["model"] == name))
    return Model.from_config(config, name=name, sidecar=sidecar)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with ``row`` once per published config."""
    if "row" not in metafunc.fixturenames:
        return
    found = rows()
    if found:
        metafunc.parametrize("row", found, ids=[row["model"] for row in found])
    else:
        reason = "no facts folder beside this checkout: published configs were not read"
        metafunc.parametrize("row", [pytest.param({}, marks=pytest.mark.skip(reason=reason))])
