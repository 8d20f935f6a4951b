"""Reward models behind HTTP endpoints of vLLM's shapes, on loopback."""

import gzip
import json
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from loopback import Answer, serving

from pytest_rlhfstress import UserError
from pytest_rlhfstress.rewards import load_reward

pytest.importorskip("openai", reason="needs openai (pip install 'pytest-rlhfstress[openai]')")

ASKED = [{"role": "system", "content": "You help."}, {"role": "user", "content": "Is it urgent?"}]
ITEMS = [(ASKED, "x" * n) for n in range(40)]


def pooled(row):
    return {"object": "list", "model": "rm", "data": [{"index": 0, "object": "pooling", "data": row}], "usage": {}}


def classified(*probs):
    entry = {"index": 0, "label": "LABEL_0", "probs": list(probs), "num_classes": len(probs)}
    return {"object": "list", "model": "rm", "data": [entry], "usage": {}}


def by_length(shape):
    return lambda asked, _: Answer(shape(len(asked.body["messages"][-1]["content"]) / 4))


SHAPES = {
    "/pooling": lambda value: pooled([value]),
    "/pooling per token": lambda value: pooled([[0.0], [-3.0], [value]]),
    "/classify": classified,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_each_reply_gets_the_reward_of_its_own_request(shape):
    with serving(by_length(SHAPES[shape])) as server:
        path = shape.split()[0]
        scores = load_reward(f"{server.url}{path}?model=my-rm").score(ITEMS)
    assert scores.shape == (40, 1)
    assert scores[:, 0].tolist() == [n / 4 for n in range(40)]
    assert {asked.path for asked in server.asked} == {path}
    sent = next(a.body for a in server.asked if a.body["messages"][-1]["content"] == "xx")
    assert sent == {
        "model": "my-rm",
        "messages": [*ASKED, {"role": "assistant", "content": "xx"}],
        "add_generation_prompt": False,
        "use_activation": False,
    }


def test_a_server_of_one_model_need_not_be_told_its_name():
    with serving(by_length(SHAPES["/pooling"])) as server:
        reward = load_reward(f"{server.url}/pooling")
        reward.score(ITEMS[:1])
    assert "model" not in server.asked[0].body
    assert not reward.persistent


def test_several_outputs_are_columns():
    with serving(Answer(pooled([0.1, 0.2, 0.3]))) as server:
        assert load_reward(f"{server.url}/pooling").score(ITEMS[:2]).tolist() == [[0.1, 0.2, 0.3]] * 2


def test_requests_are_under_way_together():
    now, most, lock = 0, 0, threading.Lock()

    def slowly(asked, _):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.05)
        with lock:
            now -= 1
        return Answer(pooled([1.0]))

    with serving(slowly) as server:
        load_reward(f"{server.url}/pooling").score(ITEMS)
    assert 4 <= most <= 16


def test_faults_that_pass_are_tried_again_and_no_reply_is_lost():
    def unsteady(asked, number):
        if number % 4 == 0:
            return Answer({"error": "busy"}, 503, {"Retry-After": "0.01"})
        if number % 7 == 0:
            return Answer(reset=True)
        return Answer(pooled([len(asked.body["messages"][-1]["content"])]))

    with serving(unsteady) as server:
        scores = load_reward(f"{server.url}/pooling").score(ITEMS[:12])
    assert scores[:, 0].tolist() == list(range(12))
    assert len(server.asked) > 12


def test_the_key_has_a_variable_of_its_own(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-for-openai-only")
    with serving(Answer(pooled([1.0]))) as server:
        load_reward(f"{server.url}/pooling").score(ITEMS[:1])
        monkeypatch.setenv("RLHF_REWARD_API_KEY", "rm-key")
        load_reward(f"{server.url}/pooling").score(ITEMS[:1])
    first, second = (asked.headers.get("authorization", "") for asked in server.asked)
    assert "sk-for-openai-only" not in first
    assert second == "Bearer rm-key"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer({"error": {"message": "no such model"}}, 404), "answered 404: no such model"),
        (Answer({"detail": "Unauthorized"}, 401), "answered 401: Unauthorized. Set RLHF_REWARD_API_KEY"),
        (Answer({"scores": [1]}), 'expected vLLM\'s shape {"data": [{"data": [0.3]}]}'),
        (Answer({"data": []}), "expected vLLM's shape"),
        (Answer(b"<html>", kind="text/html"), "expected vLLM's shape"),
        (Answer(pooled([])), "expected vLLM's shape"),
        (Answer(classified(0.4, 0.6)), "answered with 2 classes; a reward model has one output"),
        (Answer(pooled(["high"])), "returned [['high']"),
        (Answer(pooled([None])), "was given 1 replies and returned"),
        (Answer(b'{"data": [{"data": [NaN]}]}'), "[nan] for the reply"),
    ],
)
def test_a_wrong_answer_is_one_message_naming_the_endpoint(answer, said):
    with serving(answer) as server, pytest.raises(UserError) as caught:
        load_reward(f"{server.url}/pooling").score(ITEMS[:1])
    assert said in str(caught.value)
    assert server.url in str(caught.value)


MEGABYTE = b" " * 1_000_000


def without_a_length(parts, packed=False):
    """A server on loopback whose answers are chunked: whoever reads them cannot know how long they are."""

    class Chunked(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        sent = 0

        def log_message(self, *_):
            pass

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            type(self).asked = self.headers.get("Accept-Encoding")
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            if packed:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            with suppress(OSError):
                for part in [*parts, b""]:
                    self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                    type(self).sent += len(part)

    return Chunked


@contextmanager
def listening(handler):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/pooling"
    finally:
        server.shutdown()
        server.server_close()


def test_an_answer_of_no_declared_length_is_read_up_to_a_bound():
    handler = without_a_length([MEGABYTE] * 200)
    with listening(handler) as url, pytest.raises(UserError, match="answered with more than 16 MB, which are no rew"):
        load_reward(url).score(ITEMS[:1])
    assert handler.sent < 100_000_000


def test_a_packed_answer_is_not_unpacked():
    bomb = gzip.compress(MEGABYTE * 100)
    handler = without_a_length([bomb], packed=True)
    with listening(handler) as url, pytest.raises(UserError, match=r"answered 200, packed \(gzip\) although"):
        load_reward(url).score(ITEMS[:1])
    assert handler.asked == "identity"


def test_a_chunked_answer_within_the_bound_is_read():
    body = json.dumps(pooled([0.5])).encode()
    with listening(without_a_length([body[:9], body[9:]])) as url:
        assert load_reward(url).score(ITEMS[:1]).tolist() == [[0.5]]


def test_a_declared_length_beyond_the_bound_is_refused():
    with serving(Answer(MEGABYTE * 17)) as server, pytest.raises(UserError, match="answered with more than 16 MB"):
        load_reward(f"{server.url}/pooling").score(ITEMS[:1])


def test_rows_of_different_lengths_are_refused():
    def growing(asked, number):
        return Answer(pooled([1.0] * number))

    with serving(growing) as server, pytest.raises(UserError, match="all of one length"):
        load_reward(f"{server.url}/pooling").score(ITEMS[:2])
