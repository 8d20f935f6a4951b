"""A real HTTP server on loopback whose answers a test writes, and which remembers what it was sent."""

import json
import socket
import struct
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answer:
    """What to send back. ``cut``: close after so many bytes of the body; ``reset``: drop the connection unanswered."""

    body: object = None
    status: int = 200
    headers: dict = field(default_factory=dict)
    kind: str = "application/json"
    cut: int | None = None
    reset: bool = False

    def content(self):
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass
class Asked:
    path: str
    headers: dict
    body: dict


class Server:
    def __init__(self, answer):
        self.asked = []
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def log_message(self, *_):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.path, headers, body)
                with server._lock:
                    server.asked.append(asked)
                    number = len(server.asked)
                self.send(answer(asked, number) if callable(answer) else answer)

            def send(self, found):
                if found.reset:
                    # Lingering for no time turns the close into a reset.
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
                    self.close_connection = True
                    return
                content = found.content()
                self.send_response(found.status)
                self.send_header("Content-Type", found.kind)
                self.send_header("Content-Length", str(len(content)))
                for name, value in found.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content[: found.cut])
                self.wfile.flush()
                self.close_connection = found.cut is not None

        class Listening(ThreadingHTTPServer):
            request_queue_size = 128

        self._http = Listening(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@contextmanager
def serving(answer):
    """A server that gives ``answer``, or what ``answer(asked, number)`` returns for its number-th request."""
    server = Server(answer)
    try:
        yield server
    finally:
        server.close()


def completion(content="Hello.", **message):
    """A chat completion in OpenAI's shape."""
    finish = "tool_calls" if message.get("tool_calls") else "stop"
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "served-model",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }
