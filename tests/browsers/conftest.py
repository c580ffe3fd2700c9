"""`make test-browsers`: the built site in Firefox and WebKit. `make test` runs none of this.

What a machine does not have is skipped, with what is missing.
"""

from collections.abc import Iterator

import engines
import pytest
from engines import Tab

import build_site
import metadata
from serve import Server, serving, tree

BASE = "/some/project/"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The built site, as any page may embed it under a sandbox."""
    assert (build_site.SITE / "index.html").exists(), "run `make site`"
    files = tree(build_site.SITE)

    def addressed(path: str) -> bytes | None:
        """Built for the address that it stands at, as Pages does: WebKit's sandbox needs that."""
        content = files(path)
        if content is None or path not in ("", "index.html"):
            return content
        return metadata.with_policy(content.decode("utf-8"), running.url).encode("utf-8")

    with serving(addressed, BASE, headers={"Access-Control-Allow-Origin": "*"}) as running:
        yield running


@pytest.fixture(scope="session")
def site(server: Server) -> str:
    """Its address."""
    return server.url


@pytest.fixture(scope="module", params=sorted(engines.ENGINES))
def tab(request: pytest.FixtureRequest) -> Iterator[Tab]:
    """A tab of each engine, in a fresh profile."""
    try:
        with engines.ENGINES[request.param]() as opened:
            yield opened
    except engines.Missing as missing:
        pytest.skip(f"{request.param} did not run: {missing}")
