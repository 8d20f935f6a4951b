"""The reply store in a real Redis server, which these tests start."""

import shutil
import socket
import subprocess
import threading
import time

import pytest

from pytest_rlhfstress.asking import Asker, Keyed, Limits, open_store
from pytest_rlhfstress.conversation import Message, Reply
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models import Question
from pytest_rlhfstress.models.specs import model_from

redis = pytest.importorskip("redis")
if shutil.which("redis-server") is None:
    pytest.skip("needs redis-server", allow_module_level=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = str(tmp_path_factory.mktemp("redis"))
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", folder, "--bind", "127.0.0.1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    client = redis.Redis(port=port)
    deadline = time.monotonic() + 30
    while True:
        try:
            client.ping()
            break
        except redis.ConnectionError:
            assert time.monotonic() < deadline, "redis-server did not start"
            time.sleep(0.05)
    yield client, f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait()


@pytest.fixture
def url(server):
    server[0].flushall()
    return server[1]


def keyed(text="hello") -> Keyed:
    return Keyed.of(Question((Message("user", text),)), "model")


def test_a_kept_reply_is_found_by_a_later_store(url):
    store = open_store(url)
    question = keyed()
    assert store.take([question.key]).mine == {question.key}
    store.keep([(question, Reply("hi"))])
    store.close()
    later = open_store(url)
    assert later.find([question.key, "missing"]) == {question.key: Reply("hi")}
    later.close()


def test_two_stores_never_both_ask_a_question(url):
    one, two = open_store(url), open_store(url)
    keys = [keyed(str(n)).key for n in range(20)]
    assert one.take(keys[:12]).mine == set(keys[:12])
    assert two.take(keys).mine == set(keys[12:])
    one.release(keys[:12])
    assert two.take(keys[:12]).mine == set(keys[:12])
    one.close()
    two.close()


def test_a_claim_ends_when_nobody_renews_it_and_is_kept_while_somebody_does(url):
    backends = [open_store(url).backend for _ in range(2)]
    key = keyed().key
    assert backends[0].claim([key], "far-away:1:a", 0.3) == {key}
    assert backends[1].claim([key], "elsewhere:1:b", 0.3) == set()
    backends[0].renew("far-away:1:a", 5)
    time.sleep(0.4)
    assert backends[1].claim([key], "elsewhere:1:b", 0.3) == set()
    backends[0].renew("far-away:1:a", 0.1)
    time.sleep(0.3)
    assert backends[1].claim([key], "elsewhere:1:b", 5) == {key}
    backends[0].release([key], "far-away:1:a")
    assert backends[0].claim([key], "far-away:1:a", 5) == set()


def test_what_a_dead_process_of_this_machine_was_asking_may_be_asked_at_once(url):
    done = subprocess.Popen(["true"])
    done.wait()
    store, key = open_store(url), keyed().key
    store.backend.claim([key], f"{socket.gethostname()}:{done.pid}:x", 600)
    assert store.take([key]).mine == {key}
    store.close()


def test_two_askers_share_the_work(url):
    asked = []

    async def model(messages):
        asked.append(messages[-1]["content"])
        return "hi"

    model.identity = "same"
    askers = [Asker(model_from(model), open_store(url), Limits(concurrency=4)) for _ in range(2)]
    questions = [Question((Message("user", str(n)),)) for n in range(60)]
    threads = [threading.Thread(target=asker.ask, args=(questions,)) for asker in askers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(asked) == sorted(map(str, range(60)))
    for asker in askers:
        assert asker.ask(questions) == [
            Reply("hi", model=askers[0].model.name, latency=a.latency) for a in asker.ask(questions)
        ]
        asker.close()


def test_another_version_is_named_and_left_alone(url, server):
    server[0].set("rlhfstress:version", "99")
    with pytest.raises(UserError, match="is of version 99, this program reads version 2"):
        open_store(url)
    assert server[0].get("rlhfstress:version") == b"99"


def test_what_somebody_else_wrote_there_is_an_error_and_not_a_reply(url, server):
    key = keyed().key
    server[0].set(f"rlhfstress:reply:{key}", "{")
    store = open_store(url)
    with pytest.raises(UserError, match="is no reply of ours"):
        store.find([key])
    store.close()


def test_a_full_server_is_said_in_its_words(url, server):
    server[0].config_set("maxmemory", 1)
    try:
        with pytest.raises(UserError, match="used memory > 'maxmemory'"):
            open_store(url)
    finally:
        server[0].config_set("maxmemory", 0)


def test_where_no_server_listens_the_url_is_named_without_its_password():
    with pytest.raises(UserError, match=r"the reply store redis://:\*\*\*@127\.0\.0\.1:1/0: .*refused"):
        open_store("redis://:secret@127.0.0.1:1/0")


def test_two_workers_in_a_run_share_it(url, pytester, bank, careful_bot):
    pytester.makepyfile(
        test_spec="""
        import pytest
        from pathlib import Path
        from hypothesis import given
        from pytest_rlhfstress import cases

        @pytest.mark.parametrize("again", range(2))
        @given(case=cases(Path(__file__).parent / "bank", urgency="fraud"))
        def test_it(case, again, model_under_test):
            assert model_under_test(case).shows("freeze")
        """,
        logged="""
        async def model(messages):
            with open("asked.log", "a") as log:
                log.write(repr(messages) + "\\n")
            return "I have frozen your account."
        model.identity = "logged"
        """,
    )
    result = pytester.runpytest_subprocess(
        "test_spec.py", "-n2", "--rlhf-model=logged:model", f"--rlhf-store={url}", "--rlhf-cases=60"
    )
    result.assert_outcomes(passed=2)
    asked = (pytester.path / "asked.log").read_text().splitlines()
    assert len(asked) == len(set(asked)) > 40
