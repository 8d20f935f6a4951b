"""The reply store: what is kept, who may ask, and what is said when the file cannot be used."""

import multiprocessing
import resource
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rlhfstress.asking import Keyed, open_store
from pytest_rlhfstress.asking.wording import reply_of, reply_text
from pytest_rlhfstress.conversation import Message, Reply, ToolCall, Usage
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models import Question
from pytest_rlhfstress.models.question import Sampling


def keyed(text="hello", identity="model", **more) -> Keyed:
    return Keyed.of(Question((Message("user", text),), **more), identity)


texts = st.text(st.characters(codec=None), max_size=30)
replies = st.builds(
    Reply,
    text=texts,
    tool_calls=st.lists(st.builds(ToolCall, texts, texts, texts), max_size=2).map(tuple),
    finish_reason=texts,
    model=texts,
    usage=st.none() | st.builds(Usage, st.integers(0, 10**6), st.integers(0, 10**6)),
    latency=st.floats(0, 1000),
    sample=st.integers(0, 9),
)


@given(replies)
def test_a_reply_comes_back_as_it_was_kept(reply):
    assert reply_of(reply_text(reply)) == reply


@pytest.fixture
def path(tmp_path):
    return tmp_path / "replies.sqlite"


def test_a_kept_reply_is_found_by_a_later_store(path):
    store = open_store(path)
    question = keyed()
    assert store.take([question.key]).mine == {question.key}
    store.keep([(question, Reply("hi"))])
    store.close()
    later = open_store(path)
    assert later.find([question.key]) == {question.key: Reply("hi")}
    later.close()


@pytest.mark.parametrize(
    "other",
    [
        keyed("other"),
        keyed(identity="other"),
        keyed(sample=1),
        keyed(tools=({"type": "function"},)),
        keyed(sampling=Sampling(temperature=0.5)),
        keyed(sampling=Sampling(seed=1)),
        Keyed.of(Question((Message("system", "be brief"), Message("user", "hello"))), "model"),
    ],
    ids=["text", "model", "sample", "tools", "temperature", "seed", "history"],
)
def test_whatever_a_reply_depends_on_is_part_of_its_key(other):
    assert other.key != keyed().key


def test_the_key_of_a_question_stays_what_it_is_across_processes():
    code = (
        "from pytest_rlhfstress.asking import Keyed; from pytest_rlhfstress.models import Question; "
        "from pytest_rlhfstress.conversation import Message; "
        "print(Keyed.of(Question((Message('user', 'hello'),)), 'model').key)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == keyed().key


def test_two_stores_on_one_file_never_both_ask_a_question(path):
    one, two = open_store(path), open_store(path)
    keys = [keyed(str(n)).key for n in range(20)]
    first = one.take(keys[:12])
    second = two.take(keys)
    assert first.mine == set(keys[:12])
    assert second.mine == set(keys[12:])
    one.release(keys[:12])
    assert two.take(keys[:12]).mine == set(keys[:12])
    one.close()
    two.close()


def _take_and_hang(path, key, taken):
    open_store(path).take([key])
    taken.set()
    time.sleep(60)


def test_whoever_looks_for_a_reply_does_not_wait_for_a_writer_that_waits(path):
    store, kept, wanted = open_store(path), keyed("kept"), keyed("wanted")
    store.keep([(kept, Reply("hi"))])
    with sqlite3.connect(path, isolation_level=None) as other, ThreadPoolExecutor(1) as pool:
        other.execute("BEGIN IMMEDIATE")
        taking = pool.submit(store.take, [wanted.key])
        began = time.monotonic()
        while time.monotonic() - began < 0.3:
            assert store.find([kept.key]) == {kept.key: Reply("hi")}
        assert not taking.done()
        other.execute("ROLLBACK")
        assert taking.result(timeout=20).mine == {wanted.key}
    store.close()


def test_whoever_looks_for_a_reply_of_an_earlier_run_does_not_wait_for_a_writer_that_waits(path):
    earlier, store, question = open_store(path), open_store(path), keyed()
    earlier.keep([(question, Reply("hi"))])
    with sqlite3.connect(path, isolation_level=None) as other, ThreadPoolExecutor(1) as pool:
        other.execute("BEGIN IMMEDIATE")
        waiting = pool.submit(store.take, [keyed("another").key])
        while not store._lock.locked():
            time.sleep(0.01)
        began = time.monotonic()
        assert store.find([question.key]) == {question.key: Reply("hi")}
        assert store.is_older(question.key)
        assert time.monotonic() - began < 10
        assert not waiting.done()
        other.execute("COMMIT")
        waiting.result()
    other.close()
    store.close()
    earlier.close()


def test_what_a_killed_process_was_asking_may_be_asked_at_once(path):
    context = multiprocessing.get_context("spawn")
    taken = context.Event()
    process = context.Process(target=_take_and_hang, args=(path, keyed().key, taken))
    process.start()
    assert taken.wait(30)
    store = open_store(path)
    assert store.take([keyed().key]).mine == set()
    process.kill()
    process.join()
    assert store.take([keyed().key]).mine == {keyed().key}
    store.close()


def test_mode_all_uses_no_reply_of_an_earlier_run_but_those_of_its_own(path):
    question = keyed()
    store = open_store(path)
    store.keep([(question, Reply("old"))])
    store.close()
    anew = open_store(path, "all")
    assert anew.find([question.key]) == {}
    assert anew.take([question.key]).mine == {question.key}
    anew.keep([(question, Reply("new"))])
    assert anew.find([question.key]) == {question.key: Reply("new")}
    anew.close()


def test_mode_none_reads_a_store_that_may_not_be_written(path):
    question = keyed()
    store = open_store(path)
    store.keep([(question, Reply("hi"))])
    store.close()
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    before = path.read_bytes()
    path.chmod(0o400)
    reading = open_store(path, "none")
    assert reading.find([question.key]) == {question.key: Reply("hi")}
    reading.close()
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_mode_none_says_where_there_is_no_store(path):
    with pytest.raises(UserError, match=r"record-mode=none needs a reply store.*replies\.sqlite"):
        open_store(path, "none")


def test_the_store_is_its_owners_alone(path):
    open_store(path).close()
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"this is no database at all, whatever its name says" * 100,
        lambda content: content[:100] + bytes(200) + content[300:],
    ],
    ids=["another kind of file", "overwritten pages"],
)
def test_a_damaged_store_is_set_aside_and_the_next_run_begins_anew(path, damage):
    store = open_store(path)
    store.keep([(keyed(str(n)), Reply("hi" * 500)) for n in range(50)])
    store.close()
    broken = damage(path.read_bytes())
    path.write_bytes(broken)
    with pytest.raises(UserError, match=r"replies\.sqlite is damaged .* set aside as replies\.sqlite\.damaged-"):
        open_store(path).find([keyed("1").key])
    aside = next(p for p in path.parent.iterdir() if ".damaged-" in p.name and not p.name.endswith(("-wal", "-shm")))
    assert aside.read_bytes() == broken
    assert not path.exists()
    store = open_store(path)
    assert store.find([keyed("1").key]) == {}
    store.close()


def test_a_store_of_another_version_is_set_aside_with_its_version_named(path):
    open_store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(UserError, match=r"is of version 99, this program reads version 2\. It was set aside as"):
        open_store(path)
    assert any(".version-99-" in p.name for p in path.parent.iterdir())
    open_store(path).close()


def test_a_folder_in_the_stores_place_is_named(tmp_path):
    with pytest.raises(UserError, match="cannot be opened: Is a directory"):
        open_store(tmp_path)


_FILL = """
import resource, sys
from pytest_rlhfstress.asking import Keyed, open_store
from pytest_rlhfstress.conversation import Message, Reply
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models import Question
store = open_store(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
kept = 0
try:
    for n in range(10_000):
        store.keep([(Keyed.of(Question((Message("user", str(n)),)), "model"), Reply("x" * 5000))])
        kept += 1
except UserError as error:
    print(kept, error)
"""


def test_a_full_disk_is_said_and_what_was_kept_before_stays(path):
    done = subprocess.run([sys.executable, "-c", _FILL, str(path)], capture_output=True, text=True, check=True)
    kept, said = done.stdout.split(" ", 1)
    assert "make room, or name another place with --rlhf-store" in said
    assert int(kept) > 20
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 400_000
    store = open_store(path)
    assert len(store.find([keyed(str(n)).key for n in range(int(kept))])) == int(kept)
    store.close()


_KEEP_AND_DIE = """
import os, signal, sys
from pytest_rlhfstress.asking import Keyed, open_store
from pytest_rlhfstress.conversation import Message, Reply
from pytest_rlhfstress.models import Question
store = open_store(sys.argv[1])
for n in range(100):
    store.keep([(Keyed.of(Question((Message("user", str(n)),)), "model"), Reply("x"))])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_loses_nothing_it_had_kept(path: Path):
    done = subprocess.run([sys.executable, "-c", _KEEP_AND_DIE, str(path)], check=False)
    assert done.returncode == -9
    store = open_store(path)
    assert len(store.find([keyed(str(n)).key for n in range(100)])) == 100
    store.close()
