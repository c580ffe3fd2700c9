"""What every test shares: where things are, and the facts folder beside the checkout."""

import socket
from pathlib import Path

import pytest
from hypothesis import settings

# a busy machine is no fault of an example; what has a bound on its time measures it
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

ROOT = Path(__file__).resolve().parent.parent
FACTS = ROOT.parent / "shared" / "data"
LOCAL = ("127.0.0.1", "::1", "localhost")


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
