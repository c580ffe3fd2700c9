"""The notice of all third-party code that the site ships.

npm packages are those whose files went into a bundle (PyScript, charts, service worker) or stand in the source maps
of such files, plus those that the files come from; what is compiled into them beyond that is listed in
third_party.toml. A package's own licence file is quoted; where it
ships none, and for the listed components, the standard text of its SPDX identifier.
"""

import json
import re
import textwrap
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
LISTED = ROOT / "tools" / "third_party.toml"
BUNDLES = ("runtime/pyscript/.parts.json", "runtime/plot/.parts.json", "runtime/unpack/.parts.json")
WORKER_PARTS = ROOT / "build" / "worker"
DIRECT = ("@observablehq/plot", "@pyscript/core", "pyodide")
PACKAGE = re.compile(r"(?:.*/)?node_modules/((?:@[^/]+/)?[^/]+)/")
RULE = "=" * 96
IDENTIFIERS = {"APACHE-2.0": "Apache-2.0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One piece of third-party code."""

    name: str
    license: str
    source: str
    copyright: str
    text: str = ""

    @property
    def identifiers(self) -> list[str]:
        """The SPDX identifiers of its licence expression."""
        return re.split(" OR | AND ", re.sub(r" WITH \S+", "", self.license))


def shipped_packages() -> list[str]:
    """Names of the npm packages that have code in the site."""
    files = bundled_sources(*(ROOT / name for name in BUNDLES), *sorted(WORKER_PARTS.glob("*.json")))
    maps = [path for file in files if (path := ROOT / f"{file}.map").exists()]
    sources = [source for path in maps for source in json.loads(path.read_text("utf-8"))["sources"]]
    return sorted(set(DIRECT) | packages_of([*files, *sources]))


def packages_of(sources: Iterable[str]) -> set[str]:
    """The packages in whose folders these files stand."""
    return {found[1] for source in sources if (found := PACKAGE.match(source))}


def bundled_sources(*lists: Path) -> list[str]:
    """Files with code in the bundles whose lists of parts these are."""
    bundles = [bundle for parts in lists for bundle in json.loads(parts.read_text("utf-8"))["outputs"].values()]
    return [source for bundle in bundles for source, part in bundle["inputs"].items() if part["bytesInOutput"]]


def listed() -> dict[str, Any]:
    """What third_party.toml says."""
    return tomllib.loads(LISTED.read_text("utf-8"))


def npm_component(name: str) -> Component:
    """An npm package, as its own package.json and licence file describe it."""
    folder = MODULES / name
    meta = json.loads((folder / "package.json").read_text("utf-8"))
    repository = meta.get("repository", "")
    address = repository["url"] if isinstance(repository, dict) else repository
    address = address.replace("github:", "https://github.com/")
    author = meta.get("author", "")
    files = sorted(p for p in folder.iterdir() if re.match(r"(?i)licen[sc]e", p.name))
    return Component(
        name=f"{name} {meta['version']}",
        license=IDENTIFIERS.get(meta["license"], meta["license"]),
        source=re.sub(r"^git\+|\.git$", "", address) or listed()["sources"][name],
        copyright=f"by {author['name'] if isinstance(author, dict) else author}" if author else "",
        text=files[0].read_text("utf-8").strip() if files else "",
    )


def listed_components() -> list[Component]:
    """The components of third_party.toml."""
    fields = ("name", "license", "source", "copyright")
    rows = listed()["component"]
    return [Component(**{field: row[field].strip() for field in fields}) for row in rows]


def standard_text(identifier: str) -> str:
    """The text of one SPDX licence, with its holders named by reference."""
    path = MODULES / "spdx-license-list" / "licenses" / f"{identifier}.json"
    text: str = json.loads(path.read_text("utf-8"))["licenseText"]
    text = re.sub(r"(?im)^copyright \(c\) (<year>|YEAR).*$", "Copyright (c) the holders named above", text)
    return "\n".join(textwrap.fill(line, 96) for line in text.strip().splitlines())


def entry(component: Component) -> str:
    """A component's part of the notice."""
    head = [component.name, f"Licence: {component.license}", f"Source:  {component.source}"]
    by = [] if component.text else [component.copyright]
    text = component.text or f"The text of {' and '.join(component.identifiers)} stands at the end."
    return "\n".join([*head, *filter(None, by), "", text])


def notice() -> str:
    """The whole file."""
    components = [npm_component(name) for name in shipped_packages()] + listed_components()
    quoted = {name for c in components if not c.text for name in c.identifiers}
    texts = [f"{name}\n\n{standard_text(name)}" for name in sorted(quoted)]
    intro = (
        "This site ships the following third-party software, each under its own licence.\n"
        "The calculator itself is under the MIT licence."
    )
    return f"\n\n{RULE}\n\n".join([intro, *map(entry, components), *texts]) + "\n"
