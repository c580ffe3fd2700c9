"""What `make site` writes and how `make run` serves, without a browser."""

import gzip
import hashlib
import io
import re
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest

import app_zip
import build_site
import serve

SITE = build_site.SITE
LINK = re.compile(r'(?:href|src)="([^"#]+)"')


def get(url: str, **headers: str):
    return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10)


def status(url: str) -> int:
    try:
        return get(url).status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture(scope="module")
def page() -> str:
    return (SITE / "index.html").read_text("utf-8")


def test_every_link_of_the_page_leads_to_a_file_of_the_site(page):
    links = [link for link in LINK.findall(page) if not re.match(r"[a-z]+:", link)]
    assert len(links) > 10
    assert not [link for link in links if not (SITE / link.split("?")[0]).is_file()]


def test_every_file_that_the_start_names_is_there():
    settings = (SITE / "pyscript.toml").read_text("utf-8")
    named = re.findall(r'"\./([^"*?]+)\?', settings)
    assert len(named) >= 2
    assert all((SITE / name).is_file() for name in named)


def test_own_files_are_named_with_the_hash_of_their_content(page):
    named = dict(re.findall(r'"([^"?]+)\?([0-9a-f]{8})(?:\.zip)?"', page))
    assert {
        "css/tokens.css",
        "js/boot.mjs",
        "js/watchdog.js",
        "pyscript.toml",
        "runtime/app.zip",
        "py/page/main.py",
    } <= set(named)
    for name, version in named.items():
        assert hashlib.sha256((SITE / name).read_bytes()).hexdigest().startswith(version), name
    settings = (SITE / "pyscript.toml").read_text("utf-8")
    assert f'"./js/boot.mjs?{named["js/boot.mjs"]}"' in settings
    assert f'"./runtime/app.zip?{named["runtime/app.zip"]}.zip"' in settings


def test_without_an_address_the_page_names_none(page):
    assert 'rel="canonical"' not in page
    assert "og:url" not in page
    assert "http-equiv" in page


def test_with_an_address_the_page_names_it(page):
    html = build_site.with_address(page, "https://someone.example/some/project")
    assert '<link rel="canonical" href="https://someone.example/some/project/">' in html
    assert '<meta property="og:url" content="https://someone.example/some/project/">' in html


@pytest.mark.parametrize(
    "address", ["someone.example", "javascript:alert(1)", 'https://a.example/"><script>', "https://"]
)
def test_an_address_that_is_none_is_refused(page, address):
    with pytest.raises(SystemExit, match="SITE_URL"):
        build_site.with_address(page, address)


def test_the_site_holds_nothing_but_what_it_needs():
    top = {path.name for path in SITE.iterdir() if not path.name.startswith(".stamp")} - {".nojekyll"}
    assert top <= {"index.html", "pyscript.toml", "css", "js", "assets", "py", "runtime", "THIRD-PARTY-LICENSES"}
    assert [path.relative_to(SITE).as_posix() for path in (SITE / "py").rglob("*.*")] == ["py/page/main.py"]


@pytest.mark.parametrize("name", app_zip.ARCHIVES)
def test_the_application_is_byte_code_of_every_module_and_its_data(name):
    with zipfile.ZipFile(SITE / name) as archive:
        shipped = set(archive.namelist())
    with zipfile.ZipFile(io.BytesIO(app_zip.pack()[name])) as archive:
        sources = set(archive.namelist())
    made = {path for path in shipped if path.startswith(("dataclass_code", "pyscript/__pycache__/"))}
    assert shipped - made == {path + "c" if path.endswith(".py") else path for path in sources}
    assert f"dataclass_code/{Path(name).stem}.bin" in made
    assert not [path for path in shipped - made if "__main__" in path or "__pycache__" in path]


def test_the_first_archive_holds_what_the_first_answer_needs_and_the_second_the_rest():
    first, later = (zipfile.ZipFile(io.BytesIO(app_zip.pack()[name])).namelist() for name in app_zip.ARCHIVES)
    assert not set(first) & set(later)
    assert set(first) | set(later) == {
        p.relative_to(app_zip.ROOT / "py").as_posix() for p in app_zip.sources(app_zip.ROOT / "py")
    }
    needed = {"roofline/data/gpus.json", "roofline/estimate.py", "roofline/reading/families/deepseek.py", "page/app.py"}
    assert needed <= set(first)
    assert {"roofline/search.py", "roofline/data/energy.json", "present/explain.py"} <= set(later)


def test_packing_twice_gives_the_same_bytes():
    assert app_zip.pack() == app_zip.pack()


def test_no_module_reads_docstrings_which_are_not_shipped():
    assert not [path for path in (app_zip.ROOT / "py").rglob("*.py") if "__doc__" in path.read_text("utf-8")]


def test_run_serves_the_page_and_nothing_private():
    with serve.serving(serve.working_tree()) as server:
        assert get(server.url).read() == (serve.ROOT / "index.html").read_bytes()
        for path in (
            ".git/config",
            "pyproject.toml",
            "Makefile",
            "tools/serve.py",
            "../outside",
            "%2e%2e/outside",
            "tests",
        ):
            assert status(server.url + path) == 404, path


def test_run_packs_the_sources_at_each_request():
    with serve.serving(serve.working_tree()) as server:
        for name, archive in app_zip.pack().items():
            assert get(server.url + name).read() == archive


def test_served_as_a_static_host_does(tmp_path: Path):
    (tmp_path / "index.html").write_text("<p>hello</p>" * 100, "utf-8")
    (tmp_path / "a.wasm").write_bytes(b"\0" * 1000)
    with serve.serving(serve.tree(tmp_path), "/some/project/") as server:
        answer = get(server.url + "?query=1", **{"Accept-Encoding": "gzip"})
        body = answer.read()
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert gzip.decompress(body) == (tmp_path / "index.html").read_bytes()
        assert get(server.url + "a.wasm").headers["Content-Type"] == "application/wasm"
        assert status(server.url.replace("/some/project/", "/")) == 404
        assert server.sent[0] == ("/some/project/", len(body))


def test_the_files_of_the_charts_name_each_other_with_hashes():
    files = [*(SITE / "js").glob("chart*.mjs")]
    named = {pair for file in files for pair in re.findall(r'"\.\.?/([^"?]+)\?([0-9a-f]{8})"', file.read_text("utf-8"))}
    assert {"chart-plot.mjs", "runtime/plot/plot.mjs", "css/charts.css"} <= {name for name, _ in named}
    for name, version in named:
        path = SITE / name if "/" in name else SITE / "js" / name
        assert build_site.version(path) == version, name
    assert not [file.name for file in files if re.search(r'from "[^"?]+"', file.read_text("utf-8"))]
