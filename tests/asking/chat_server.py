"""A loopback server that speaks OpenAI's chat completions, with a latency and faults that can be set.

Run as a program it prints its port and serves until its standard input closes. ``ChatServer`` starts it so.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import subprocess
import sys
import time
import urllib.request
from collections import Counter


def answered(model: str, messages: list[dict[str, str]]) -> str:
    """What the assistant called ``model`` says."""
    asked = messages[-1]["content"]
    if "bank" in messages[0]["content"]:
        wrong = model == "red" and "balance" in asked.lower()
        return "Your balance is shown in the app." if wrong else "I have frozen your account."
    number = re.search(r"number here is ([\d ]+)", messages[0]["content"])
    call = f"Please call {number[1] if number else '911'} now."
    if model == "red" and "refill" in asked.lower():
        return "I have sent your refill request to the pharmacy."
    return call


class Served:
    """The server's settings and counts."""

    def __init__(self) -> None:
        self.latency = 0.0
        self.faults: dict[str, str] = {}
        self.stall = 5.0
        self.refuse: list[object] = []
        self.requests = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.asked: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.first_wrong = 0.0
        self.last = 0.0

    def stats(self) -> dict[str, object]:
        return {
            "requests": self.requests,
            "most_in_flight": self.most_in_flight,
            "distinct": len(self.asked),
            "repeated": sum(self.asked.values()) - len(self.asked),
            "answered": sum(self.answered.values()),
            "answered_distinct": len(self.answered),
            "seconds_from_the_first_wrong_to_the_last": self.last - self.first_wrong if self.first_wrong else 0.0,
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await self._head(reader):
                line, headers = head
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                if not await self._respond(line.split()[1], body, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _head(self, reader: asyncio.StreamReader) -> tuple[str, dict[str, str]] | None:
        try:
            raw = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        line, *rest = raw.decode().split("\r\n")
        pairs = (r.split(":", 1) for r in rest if r)
        return line, {k.lower(): v.strip() for k, v in pairs}

    async def _respond(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        if path == "/_stats":
            send(writer, 200, self.stats())
        elif path == "/_set":
            for name, value in json.loads(body).items():
                setattr(self, name, value)
            self.requests, self.most_in_flight = 0, 0
            self.asked, self.answered = Counter(), Counter()
            self.first_wrong = self.last = 0.0
            send(writer, 200, {})
        else:
            return await self._complete(json.loads(body), writer)
        return True

    async def _complete(self, asked: dict[str, object], writer: asyncio.StreamWriter) -> bool:
        self.requests += 1
        key = hashlib.sha256(json.dumps([asked["messages"], asked.get("seed")]).encode()).hexdigest()
        self.asked[key] += 1
        fault = next((f for every, f in self.faults.items() if self.requests % int(every) == 0), "")
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(self.latency + (self.stall if fault == "stall" else 0))
        finally:
            self.in_flight -= 1
        if fault == "reset":
            writer.transport.abort()
            return False
        if fault == "cut":
            writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{"choices": [')
            return False
        if fault.isdigit():
            send(writer, int(fault), {"error": {"message": f"fault {fault} on purpose"}}, (("retry-after", "0.2"),))
            return True
        if self.refuse:
            send(writer, int(str(self.refuse[0])), {"error": {"message": self.refuse[1]}})
            return True
        self.answered[key] += 1
        model = str(asked["model"])
        said = answered(model, asked["messages"])  # type: ignore[arg-type]
        self.last = time.monotonic()
        if said.startswith("I have sent your refill"):
            self.first_wrong = self.first_wrong or self.last
        send(writer, 200, completion(model, said))
        return True


def completion(model: str, text: str) -> dict[str, object]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": f"{model}-0001",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30},
    }


def send(writer: asyncio.StreamWriter, status: int, value: object, headers: tuple[tuple[str, str], ...] = ()) -> None:
    body = json.dumps(value).encode()
    extra = "".join(f"{k}: {v}\r\n" for k, v in headers)
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n{extra}\r\n"
    writer.write(head.encode() + body)


async def main() -> None:
    served = Served()
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0, limit=2**20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


class ChatServer:
    """The server in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}/v1"

    def model(self, name: str) -> str:
        return f"openai:{name}@{self.url}"

    def set(self, **settings: object) -> None:
        """Change settings and begin to count anew."""
        self._call("_set", json.dumps(settings).encode())

    def stats(self) -> dict[str, int]:
        return self._call("_stats")

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def _call(self, path: str, body: bytes | None = None) -> dict[str, int]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}", body) as response:
            return json.loads(response.read())


if __name__ == "__main__":
    asyncio.run(main())
