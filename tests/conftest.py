"""What every test shares: where things are, and the facts folder beside the checkout."""

import socket
from pathlib import Path

import pytest
from hypothesis import settings

# a busy machine is no fault of an example; what has a bound on its time measures it
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

# a module runs on one worker: what takes long begins first, so that no worker is left alone with it at the end
LONG_FIRST = (
    "page/test_offline.py",
    "page/test_embed.py",
    "page/test_page_first_answer.py",
    "page/test_platform.py",
    "page/test_page_money.py",
    "page/test_page_form.py",
    "page/test_page_how.py",
    "page/test_page_picker.py",
    "page/test_page_errors.py",
    "page/test_page_access.py",
    "page/test_page_charts.py",
    "page/test_page_find.py",
    "unit/roofline/test_search.py",
    "page/test_page_takeaway.py",
    "page/test_page_model.py",
    "page/test_docs_sites.py",
    "page/test_page_accuracy.py",
    "measured/test_kernels.py",
    "unit/roofline/test_reading_fuzz.py",
    "page/test_page_token.py",
    "page/test_page_examples.py",
    "page/test_embed_dialog.py",
    "measured/test_accuracy.py",
    "page/test_page.py",
    "page/test_page_compare.py",
    "measured/test_simulation.py",
    "page/test_page_startup.py",
)

ROOT = Path(__file__).resolve().parent.parent
FACTS = ROOT.parent / "shared" / "data"
LOCAL = ("127.0.0.1", "::1", "localhost")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the long modules first; beside other workers, let a browser test fail twice before it has failed.

    Not with --reruns: it asks a server about each of five thousand tests, which takes longer than they do.
    """
    place = {ROOT / "tests" / name: number for number, name in enumerate(LONG_FIRST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))
    if hasattr(config, "workerinput"):
        for item in items:
            if item.path.is_relative_to(ROOT / "tests" / "page"):
                item.add_marker(pytest.mark.flaky(reruns=2))


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def facts() -> Path:
    """The folder of collected facts (real configs, measured rows); skips where it is not there."""
    if not FACTS.is_dir():
        pytest.skip("no facts folder beside this checkout: checks against real configs did not run")
    return FACTS


@pytest.fixture(autouse=True, scope="session")
def no_network():
    """Nothing that runs in the test process may connect to another machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in LOCAL:
            raise AssertionError(f"a test tried to connect to {address[0]}")
        return connect(self, address)

    socket.socket.connect = guarded
    yield
    socket.socket.connect = connect
