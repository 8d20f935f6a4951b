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
