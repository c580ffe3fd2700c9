"""The notice of third-party code names everything that is shipped."""

import json
from pathlib import Path

import pytest

import licenses
import runtime

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "runtime"
NOTICE = ROOT / "site" / "THIRD-PARTY-LICENSES"


@pytest.fixture(scope="module")
def notice() -> str:
    return NOTICE.read_text("utf-8")


def test_the_site_ships_the_notice_as_made(notice):
    assert notice == licenses.notice()


def test_every_shipped_npm_package_is_named_with_version_licence_and_source(notice):
    names = licenses.shipped_packages()
    assert {"@pyscript/core", "polyscript", "pyodide"} <= set(names)
    for name in names:
        component = licenses.npm_component(name)
        assert f"{component.name}\nLicence: {component.license}\nSource:  https://" in notice


def test_every_script_that_is_shipped_comes_from_a_named_package():
    bundles = {runtime.PLOT, runtime.UNPACK, RUNTIME / "pyscript" / "core.js"}
    files = {file for file in RUNTIME.rglob("*") if file.suffix in {".js", ".mjs", ".wasm"}}
    assert bundles < files
    for file in files - bundles:
        assert (ROOT / "node_modules" / "pyodide" / file.name).exists(), file.name


def test_pyscript_s_bundle_holds_pyscript_s_own_files():
    sources = licenses.bundled_sources(RUNTIME / "pyscript" / runtime.PARTS)
    assert len(sources) > 5
    assert licenses.packages_of(sources) == {"@pyscript/core"}
    assert all("node_modules/@pyscript/core/" in source for source in sources)


def test_every_package_in_the_charts_bundle_is_named(notice):
    sources = licenses.bundled_sources(RUNTIME / "plot" / runtime.PARTS)
    packages = licenses.packages_of(sources)
    assert {"@observablehq/plot", "d3-array", "d3-scale", "d3-shape"} <= packages
    own = [source for source in sources if "node_modules/" not in source]
    assert set(own) <= {"tools/plot.mjs"}
    for name in packages:
        assert f"\n{licenses.npm_component(name).name}\nLicence: ISC" in notice, name


def test_every_package_in_the_workers_bundles_is_named(notice):
    sources = licenses.bundled_sources(*licenses.WORKER_PARTS.glob("*.json"))
    packages = licenses.packages_of(sources)
    assert {"workbox-core", "workbox-precaching", "workbox-routing", "workbox-strategies", "workbox-window"} == packages
    own = [source for source in sources if "node_modules/" not in source]
    assert sorted(own) == [
        "js/offline.mjs",
        "js/service-worker.mjs",
        "js/updates.mjs",
        # whose own list is looked at above
        "runtime/unpack/unpack.mjs",
    ]
    for name in packages:
        assert f"\n{licenses.npm_component(name).name}\nLicence: MIT" in notice, name


def test_the_decoder_s_bundle_holds_the_decoder():
    sources = licenses.bundled_sources(RUNTIME / "unpack" / runtime.PARTS)
    assert licenses.packages_of(sources) == {"zstddec"}
    own = {source for source in sources if "node_modules/" not in source}
    assert own == {f"tools/{name}.mjs" for name in ("buffer", "call_each", "unpack")}


def test_every_direct_dependency_is_named(notice):
    package = json.loads((ROOT / "package.json").read_text("utf-8"))
    for name, version in package["dependencies"].items():
        assert f"\n{name} {version}\nLicence: " in notice


@pytest.mark.parametrize("component", licenses.listed()["component"], ids=lambda row: row["name"])
def test_every_listed_component_is_in_the_file_that_it_names(component, notice):
    assert component["sign"].encode() in (RUNTIME / component["file"]).read_bytes()
    assert component["name"] in notice


def test_every_quoted_licence_has_its_text(notice):
    for text in (
        "Mozilla Public License Version 2.0",
        "Apache License",
        "PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2",
    ):
        assert text.lower() in notice.lower()
    assert "<year>" not in notice
    assert "<copyright holders>" not in notice
