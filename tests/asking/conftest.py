import pytest
from chat_server import ChatServer


@pytest.fixture(scope="session")
def _server():
    server = ChatServer()
    yield server
    server.close()


@pytest.fixture
def chat_server(_server):
    """A chat completions server on the loopback, without latency and faults, its counts at zero."""
    _server.set(latency=0.0, faults={}, stall=5.0, refuse=[])
    return _server


@pytest.fixture(autouse=True)
def _runs_of_their_own(monkeypatch):
    """Under xdist, runs that a test starts must not count as parts of the run the test is in."""
    monkeypatch.delenv("PYTEST_XDIST_TESTRUNUID", raising=False)
