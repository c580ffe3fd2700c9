"""What `make site` writes and how `make run` serves, without a browser."""

import base64
import gzip
import hashlib
import json
import marshal
import re
import struct
import urllib.error
import urllib.request
from html import escape
from pathlib import Path

import pytest

import app_zip
import build_site
import metadata
import offline
import published
import serve
from present import state

SITE = build_site.SITE
LINK = re.compile(r'(?:href|src)="([^"#$]+)"')  # ${...} is a script's


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
    assert "js/boot.mjs" in named
    assert all((SITE / name).is_file() for name in named)


def test_own_files_are_named_with_the_hash_of_their_content(page):
    named = dict(re.findall(r'"([^"?]+)\?([0-9a-f]{8})"', page))
    assert {
        "css/embed.css",
        "js/boot.mjs",
        "js/updates.mjs",
        "pyscript.toml",
        "runtime/app.packed",
        "py/page/main.py",
    } <= set(named)
    for name, version in named.items():
        assert hashlib.sha256((SITE / name).read_bytes()).hexdigest().startswith(version), name
    settings = (SITE / "pyscript.toml").read_text("utf-8")
    assert f'"./js/boot.mjs?{named["js/boot.mjs"]}"' in settings


def test_the_first_paint_waits_for_nothing_but_the_page(page):
    """Its sheet and its classic scripts are in it; the others are modules, for print, or of a frame alone."""
    sheets = re.findall(r'<link rel="stylesheet"[^>]*>', page)
    assert [re.sub(r"\?\w+", "", sheet) for sheet in sheets if "css/" in sheet] == [
        '<link rel="stylesheet" href="css/print.css" media="print">'
    ]
    assert not re.findall(r'<script src="js/', page)
    assert len(re.findall(r"<style>[^<]{10000,}</style>", page)) == 1


def test_the_policy_allows_the_scripts_of_the_page_and_no_others(page):
    (policy,) = metadata.POLICY.findall(page)
    scripts = re.findall(r"<script(?: data-[a-z-]+=\"[^\"]*\")*>(.+?)</script>\n?(?=<)", page, re.S)
    digests = [base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() for code in scripts]
    assert len(digests) == 4
    assert re.findall(r"'sha256-([^']+)'", policy) == digests
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]


def test_without_an_address_the_page_names_none(page):
    assert 'rel="canonical"' not in page
    assert "og:url" not in page
    assert "og:image" not in page
    assert "http-equiv" in page


def test_the_page_says_what_it_is(page):
    head = page.partition("</head>")[0]
    assert f'<meta property="og:title" content="{escape(metadata.NAME)}">' in head
    assert f'<meta name="description" content="{metadata.DESCRIPTION}">' in head
    assert f"<title>{escape(metadata.NAME)}</title>" in head
    (linked,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', head)
    about = json.loads(linked)
    assert about["@type"] == "WebApplication"
    assert about["name"] == metadata.NAME
    assert "url" not in about


def test_with_an_address_the_page_names_it():
    address = metadata.address_of("https://someone.example/some/project")
    head = metadata.head(address)
    assert '<link rel="canonical" href="https://someone.example/some/project/">' in head
    assert '<meta property="og:url" content="https://someone.example/some/project/">' in head
    assert f'content="https://someone.example/some/project/{metadata.PREVIEW}">' in head
    assert json.loads(metadata.linked_data(address))["url"] == address
    assert png_size(SITE / metadata.PREVIEW) == (1200, 630)


def test_with_an_address_its_policy_names_it():
    source = (build_site.ROOT / "index.html").read_text("utf-8")
    html = metadata.introduced(source, metadata.address_of("https://someone.example/some/project"))
    (policy,) = metadata.POLICY.findall(html)
    assert "script-src 'self' https://someone.example/some/project/ 'wasm-unsafe-eval'" in policy
    assert policy.count("'self'") == policy.count("https://someone.example/some/project/") >= 7
    assert metadata.POLICY.findall(metadata.introduced(source, "")) == metadata.POLICY.findall(source)


@pytest.mark.parametrize(
    "address",
    [
        "someone.example",
        "javascript:alert(1)",
        "https://a.example/; script-src *",
        'https://a.example/"><script>',
        "https://",
    ],
)
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(SystemExit, match="SITE_URL"):
        metadata.address_of(address)


def test_llms_txt_names_files_that_are_there_and_keys_that_are_read():
    text = (SITE / metadata.LLMS).read_text("utf-8")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert set(links) == set(metadata.DATA)
    assert all((SITE / link).is_file() for link in links)
    keys = set(re.findall(r"\w+", re.sub(r"\([^)]*\)", "", text.partition("Keys: ")[2].partition(".")[0])))
    assert keys <= state.RULES.keys()
    scenario, issues = state.from_query(re.search(r"\?(model=\S+)", text)[1])
    assert not issues
    assert scenario.tensor_parallel == 4


def test_the_site_holds_nothing_but_what_it_needs():
    top = {path.name for path in SITE.iterdir() if not path.name.startswith(".stamp")} - {".nojekyll"}
    parts = {"index.html", "pyscript.toml", "css", "js", "assets", "py", "runtime", "THIRD-PARTY-LICENSES"}
    assert top <= parts | {offline.WORKER, offline.MANIFEST, metadata.LLMS, *published.FILES}
    assert not (SITE / offline.SOURCE).exists()
    assert [path.relative_to(SITE).as_posix() for path in (SITE / "py").rglob("*.*")] == ["py/page/main.py"]


def test_the_manifest_names_icons_of_the_sizes_that_it_says():
    manifest = json.loads((SITE / offline.MANIFEST).read_text("utf-8"))
    assert manifest["name"] == metadata.NAME
    assert manifest["start_url"] == manifest["scope"] == "./"
    assert {(icon["sizes"], icon.get("purpose")) for icon in manifest["icons"]} >= {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    for icon in manifest["icons"]:
        if icon["type"] == "image/png":
            assert "{}x{}".format(*png_size(SITE / icon["src"])) == icon["sizes"]


def png_size(path: Path) -> tuple[int, ...]:
    """Width and height from the header of a PNG."""
    header = path.read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", header[16:24])


def test_only_the_built_site_names_worker_and_manifest(page):
    source = (offline.ROOT / "index.html").read_text("utf-8")
    for words in (f'data-worker="{offline.WORKER}"', f'data-manifest="{offline.MANIFEST}"', "data-updates="):
        assert words in page
        assert words not in source
    assert 'rel="manifest"' not in page


@pytest.mark.parametrize("name", app_zip.ARCHIVES)
def test_an_archive_is_byte_code_of_every_module_and_its_data(name):
    shipped = app_zip.contents((SITE / name).read_bytes())
    sources = app_zip.contents(app_zip.pack()[name])
    modules = marshal.loads(shipped["modules.bin"])
    own = {module: is_package for module, (is_package, _) in modules.items() if module.split(".")[0] != "pyscript"}
    names = {path.removesuffix(".py").replace("/", "."): path for path in sources if path.endswith(".py")}
    assert own == {path.removesuffix(".__init__"): path.endswith(".__init__") for path in names}
    assert {path for path in shipped if path.endswith(".json")} == sources.keys() - set(names.values())
    assert not [path for path in (*modules, *shipped) if "__main__" in path or path.endswith(".py")]


def test_the_first_archive_brings_pyscript_s_own_package():
    first, later = (app_zip.contents((SITE / name).read_bytes()) for name in app_zip.ARCHIVES)
    assert {"pyscript", "pyscript.ffi"} <= marshal.loads(first["modules.bin"]).keys()
    assert "pyscript" not in marshal.loads(later["modules.bin"])


def test_the_library_brings_what_imports_every_archive_and_few_modules_as_files():
    library = app_zip.contents((SITE / "runtime/pyodide/stdlib.packed").read_bytes())
    files = {name for name in library if name.endswith(".pyc")}
    assert files == {"sitecustomize.pyc", *(f"encodings/{name}.pyc" for name in ("__init__", "aliases", "utf_8"))}
    assert {"asyncio", "dataclasses", "pyodide.webloop"} <= marshal.loads(library["modules.bin"]).keys()


def test_the_first_archive_holds_what_the_first_answer_needs_and_the_second_the_rest():
    first, later = (set(app_zip.contents(app_zip.pack()[name])) for name in app_zip.ARCHIVES)
    py = app_zip.ROOT / "py"
    assert not first & later
    assert first | later == {path.relative_to(py).as_posix() for path in app_zip.sources(py)}
    assert {"roofline/data/gpus.json", "roofline/reading/families/deepseek.py", "page/app.py"} <= first
    assert {"roofline/search.py", "roofline/data/offers.json", "present/explain.py", "page/views/__init__.py"} <= later


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
