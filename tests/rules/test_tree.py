"""What may stand in the repository: no third-party code, no address of a registry, no path of a machine."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# in pieces, so that this file passes its own test
MACHINE_PATHS = tuple("/" + name + "/" for name in ("work", "root", "home/[a-z]+", "Users", "tmp/[a-z_]+"))
MAKES_ITS_OWN = {"/home/pyodide/"}
REGISTRIES = tuple(
    ".".join(parts) for parts in (("pypi", "org"), ("npmjs", "org"), ("npmjs", "com"), ("pythonhosted", "org"))
)
THIRD_PARTY = re.compile(r"(^|/)(node_modules|runtime|site|build)/|\.(wasm|whl|min\.js|so|zip)$")
MAX_FILE_BYTES = 2_000_000
NPM_FOLDERS = (".", "tools/lighthouse")


def tracked() -> list[str]:
    """Paths that git tracks."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: the tree was not checked")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()]
    assert len(paths) > 20
    return paths


def text_of(path: str) -> str:
    try:
        return (ROOT / path).read_text("utf-8")
    except UnicodeDecodeError:
        return ""


def test_the_modules_that_begin_first_are_there():
    """tests/conftest.py names them; a renamed one would silently go to the end."""
    named = re.findall(r'^    "(.+\.py)",$', text_of("tests/conftest.py"), re.MULTILINE)
    assert len(named) > 20
    assert [name for name in named if not (ROOT / "tests" / name).is_file()] == []


def test_no_third_party_or_generated_file_is_tracked():
    assert not [path for path in tracked() if THIRD_PARTY.search(path)]


def test_no_file_is_huge():
    assert not [path for path in tracked() if (ROOT / path).stat().st_size > MAX_FILE_BYTES]


def test_no_path_of_a_machine():
    pattern = re.compile(r"(?<![\w.~-])(?:" + "|".join(MACHINE_PATHS) + r")[\w.-]*")
    found = [f"{path}: {hit}" for path in tracked() for hit in pattern.findall(text_of(path)) if not allowed(hit)]
    assert not found


def allowed(hit: str) -> bool:
    """Paths inside the browser's own file system, and one that a tool makes for itself there."""
    return hit.startswith(tuple(MAKES_ITS_OWN))


def test_no_registry_is_named():
    pattern = re.compile("|".join(map(re.escape, REGISTRIES)))
    assert not [path for path in tracked() if pattern.search(text_of(path))]


@pytest.mark.parametrize("folder", NPM_FOLDERS)
def test_the_lock_names_packages_not_addresses(folder):
    lock = json.loads((ROOT / folder / "package-lock.json").read_text("utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert not [name for name, entry in packages.items() if "resolved" in entry]
    assert all(entry.get("integrity") for entry in packages.values())


def test_every_dependency_is_pinned_exactly():
    packages = [json.loads((ROOT / folder / "package.json").read_text("utf-8")) for folder in NPM_FOLDERS]
    groups = [package.get(kind, {}) for package in packages for kind in ("dependencies", "devDependencies")]
    versions = [version for group in groups for version in group.values()]
    assert len(versions) > 5
    assert all(re.fullmatch(r"\d[\w.-]*", version) for version in versions)
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert pyproject["project"]["dependencies"] == []
    groups = [requirement for group in pyproject["dependency-groups"].values() for requirement in group]
    constraints = (ROOT / "tools" / "constraints.txt").read_text("utf-8").splitlines()
    assert all(re.fullmatch(r"[\w.-]+==\d[\w.]*", line) for line in [*groups, *filter(None, constraints)])


def test_workflows_only_set_up_and_call_make():
    for workflow in sorted((ROOT / ".github" / "workflows").glob("*.yml")):
        text = workflow.read_text("utf-8")
        commands = re.findall(r"^\s*(?:- )?run:\s*(.+)$", text, re.M)
        assert commands, workflow.name
        assert all(command.startswith("make ") for command in commands), commands
        actions = re.findall(r"uses:\s*(\S+)", text)
        assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", action) for action in actions), actions


def test_ci_is_check_and_test_and_nothing_hidden():
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert re.search(r"^exec make check test$", script, re.M)
    assert not re.search(r"\|\||2>|>/dev/null|\bskip|-k |-m |-x ", script)
