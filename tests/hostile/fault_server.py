"""A loopback server that answers chat completions with faults, and what our adapter makes of each."""

from __future__ import annotations

import functools
import json
import socket
import ssl
import struct
import subprocess
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CALM = json.dumps(
    {"model": "m", "choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "Call 911 now."}}]}
).encode()
HUNDRED_MB = 100_000_000


def head(status=200, length=None, kind="application/json", *more):
    lines = [f"HTTP/1.1 {status} X", f"content-type: {kind}", *more]
    lines += [f"content-length: {length}"] if length is not None else []
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answer(body=CALM, status=200, kind="application/json", *more):
    return lambda connection: connection.sendall(head(status, len(body), kind, *more) + body)


def slow(seconds):
    def send(connection):
        time.sleep(seconds)
        answer()(connection)

    return send


def dripping(data):
    def send(connection):
        for at in range(len(data)):
            connection.sendall(data[at : at + 1])
            time.sleep(0.02)

    return send


def cut(data):
    return lambda connection: connection.sendall(data)


def reset(connection):
    # Lingering for no time turns the close into a reset.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def flood(chunked):
    def send(connection):
        block = b"x" * 1_000_000
        more = ("transfer-encoding: chunked",) if chunked else ()
        connection.sendall(head(200, None if chunked else HUNDRED_MB, "application/json", *more))
        for _ in range(HUNDRED_MB // len(block)):
            connection.sendall(b"%x\r\n%s\r\n" % (len(block), block) if chunked else block)
        connection.sendall(b"0\r\n\r\n" if chunked else b"")

    return send


@functools.cache
def packed():
    packer, block = zlib.compressobj(1, wbits=31), b" " * 1_000_000
    return b"".join([*(packer.compress(block) for _ in range(HUNDRED_MB // len(block))), packer.flush()])


def bomb(connection):
    body = packed()
    connection.sendall(head(200, len(body), "application/json", "content-encoding: gzip") + body)


@dataclass(frozen=True)
class Fault:
    """``send`` answers one request; after ``times`` of them the server is calm. ``becomes`` is the outcome."""

    name: str
    becomes: str
    send: Callable[[socket.socket], object]
    times: int = 1_000
    scheme: str = "http"
    tls: bool = False


HTML = b"<html><body><h1>Bad gateway</h1>" + b"<p>sorry</p>" * 500 + b"</body></html>"
ELSEWHERE = "http://127.0.0.1:9/elsewhere"
FAULTS = (
    Fault("none", "reply", answer()),
    Fault("slower than the timeout", "unanswered", slow(2.0)),
    Fault("slower than the timeout, once", "reply", slow(2.0), 1),
    Fault("drip-fed head", "unanswered", dripping(head(200, len(CALM)) + CALM)),
    Fault("drip-fed body", "unanswered", lambda c: (c.sendall(head(200, len(CALM))), dripping(CALM)(c))),
    Fault("closed without an answer", "unanswered", cut(b"")),
    Fault("reset", "unanswered", reset),
    Fault("reset, once", "reply", reset, 1),
    Fault("cut in the head", "unanswered", cut(head(200, len(CALM))[:20])),
    Fault("cut in the body", "unanswered", cut(head(200, len(CALM)) + CALM[:40])),
    Fault("cut in the body, once", "reply", cut(head(200, len(CALM)) + CALM[:40]), 1),
    Fault("body longer than said", "unanswered", cut(head(200, 40) + CALM)),
    Fault("no HTTP at all", "unanswered", cut(b"220 mail.example ESMTP\r\n")),
    Fault("a megabyte of head", "unanswered", cut(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1_000_000 + b"\r\n\r\n")),
    Fault("malformed JSON", "unanswered", answer(b'{"choices": [{"message": ')),
    Fault("malformed JSON, once", "reply", answer(b'{"choices": ['), 1),
    Fault("empty body", "unanswered", answer(b"")),
    Fault("JSON of another shape", "error", answer(b"[1, 2, 3]")),
    Fault("JSON without choices", "unanswered", answer(b'{"choices": []}')),
    Fault("JSON nested a hundred thousand deep", "error", answer(b"[" * 100_000)),
    Fault("JSON with a number of 5000 digits", "error", answer(b'{"choices": ' + b"9" * 5000 + b"}")),
    Fault("another charset", "unanswered", answer(CALM.replace(b"Call", "Rufen Sie früh".encode("latin-1")))),
    Fault("random bytes", "unanswered", answer(bytes(range(256)) * 8)),
    Fault("100 MB, declared", "error", flood(chunked=False)),
    Fault("100 MB, in chunks", "error", flood(chunked=True)),
    Fault("100 MB, packed into 100 kB", "error", bomb),
    Fault("HTML page with status 200", "error", answer(HTML, 200, "text/html")),
    Fault("HTML page with status 502", "unanswered", answer(HTML, 502, "text/html")),
    Fault("HTML page with status 502, once", "reply", answer(HTML, 502, "text/html"), 1),
    Fault("HTML page with status 404", "error", answer(HTML, 404, "text/html")),
    Fault("redirection with status 302", "error", answer(b"", 302, "text/html", f"location: {ELSEWHERE}")),
    Fault("redirection with status 307", "error", answer(b"", 307, "text/html", f"location: {ELSEWHERE}")),
    Fault("status 204", "error", lambda c: c.sendall(b"HTTP/1.1 204 X\r\n\r\n")),
    Fault("asked to wait for thirty years", "unanswered", answer(b"{}", 429, "application/json", "retry-after: 1e9")),
    Fault("asked to wait for NaN", "unanswered", answer(b"{}", 429, "application/json", "retry-after: nan")),
    Fault("TLS, certificate of nobody", "error", answer(), scheme="https", tls=True),
    Fault("TLS asked of a server without", "error", answer(), scheme="https"),
    Fault("TLS not asked of a server with", "unanswered", answer(), tls=True),
)


class FaultServer:
    """Serves one fault; each connection carries one request."""

    def __init__(self, fault: Fault, certificate: Path | None = None) -> None:
        self.fault = fault
        self.requests: list[bytes] = []
        self._lock = threading.Lock()
        self._closing = False
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if fault.tls else None
        if self._context is not None:
            assert certificate is not None
            self._context.load_cert_chain(certificate)
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listening.getsockname()[1]
        self.url = f"{fault.scheme}://127.0.0.1:{self.port}/v1"
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def close(self) -> None:
        self._closing = True
        # Closing alone leaves a thread in accept(), which may then take the connections of the next server.
        self._listening.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listening.close()

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.settimeout(30)
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                number = self._note(_request(connection))
                (self.fault.send if number <= self.fault.times else answer())(connection)
        except OSError:
            connection.close()

    def _note(self, request: bytes) -> int:
        with self._lock:
            self.requests.append(request)
            return len(self.requests)


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(connection)
        if data.startswith(b"\x16\x03"):
            # The beginning of a TLS handshake.
            answer(b"", 400, "text/plain")(connection)
            raise ConnectionError("this is no TLS server")
    start, _, body = data.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in start.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += _some(connection)
    return start + b"\r\n\r\n" + body


def _some(connection: socket.socket) -> bytes:
    some = connection.recv(65_536)
    if not some:
        raise ConnectionError("the client left")
    return some


@dataclass
class Outcome:
    """What became of a question that was asked of a faulty server."""

    became: str
    said: str
    requests: int
    seconds: float
    kept: int = field(default=0)


def outcome_of(fault: Fault, certificate: Path | None, store: Path) -> Outcome:
    """Ask a server with ``fault`` one question: how it ended, and how many replies the store holds then."""
    from pytest_rlhfstress.asking import Asker, Limits, open_store
    from pytest_rlhfstress.conversation import Message, Reply
    from pytest_rlhfstress.errors import UserError
    from pytest_rlhfstress.models import Question, load_model

    server = FaultServer(fault, certificate)
    packed()
    limits = Limits(concurrency=1, request_timeout=1.5, tries=3, patience=30.0)
    asker = Asker(load_model(f"openai:m@{server.url}"), open_store(store), limits)
    question = Question((Message("user", "My chest hurts."),))
    began = time.monotonic()
    try:
        (found,) = asker.ask([question])
        became, said = ("reply", found.text) if isinstance(found, Reply) else ("unanswered", found.reason)
    except UserError as error:
        became, said = "error", str(error)
    seconds = time.monotonic() - began
    kept = len(asker.store.find([asker.keyed(question).key]))
    asker.close()
    server.close()
    return Outcome(became, said, len(server.requests), seconds, kept)


@contextmanager
def certificate_of_nobody(folder: Path) -> Iterator[Path]:
    """A self-signed certificate with its key in one file, made by openssl."""
    file, key = folder / "both.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", key, "-out", file], check=True, capture_output=True)
    file.write_text(file.read_text() + key.read_text())
    yield file
