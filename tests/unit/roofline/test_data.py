"""The packaged files: complete figures, nothing unread, quick to load."""

import json
from pathlib import Path

import pytest

from roofline import data

FILES = Path(data.__file__).parent / "data"


def figures(node, path=""):
    """Every object with a value, with where it is."""
    if isinstance(node, dict):
        if "value" in node:
            yield path, node
        for key, child in node.items():
            yield from figures(child, f"{path}/{key}")
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from figures(child, f"{path}[{index}]")


@pytest.mark.parametrize("name", ["gpus", "prices", "engines", "energy", "offers"])
def test_every_figure_is_complete(name):
    found = list(figures(json.loads((FILES / f"{name}.json").read_text(encoding="utf-8"))))
    assert found
    for path, node in found:
        assert node["unit"] in data.SI_PER_UNIT, path
        assert node["source"], path
        assert node["date"], path
        assert node["value"] is None or isinstance(node["value"], (int, float)), path


def test_every_packaged_file_is_read():
    sources = {path.name: path.read_text(encoding="utf-8") for path in FILES.parent.glob("*.py")}
    for file in FILES.iterdir():
        at_once, later = f'_read("{file.stem}")' in sources["data.py"], f'read_later("{file.stem}", __name__)'
        assert at_once != any(later in text for text in sources.values()), file.name


def test_figures_convert_to_si():
    assert data.Figure(3.35, "TB/s", "s", "2026").si == 3.35e12
    assert data.Figure(400, "Gb/s", "s", "2026").si == 50e9
    assert data.Figure(None, "W", "s", "2026", "not found").si is None


def test_a_missing_value_says_why():
    with pytest.raises(ValueError, match="not found"):
        _ = data.Figure(None, "W", "s", "2026", "not found").si_known


def test_files_are_small_enough_for_the_page():
    assert (FILES / "catalogue.json").stat().st_size <= 150_000
    assert sum(file.stat().st_size for file in FILES.iterdir()) <= 600_000


def test_no_path_of_a_build_machine_is_in_the_data():
    for file in FILES.iterdir():
        text = file.read_text(encoding="utf-8")
        assert "find_string" not in text
        assert "/tmp/" not in text
