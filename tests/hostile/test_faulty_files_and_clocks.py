"""Disks that are full or wrong, stores that are locked or damaged, clocks that jump: said, and nothing made up."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pytest_rlhfstress.asking import Asker, Keyed, Limits, open_store, sqlite_backend, store
from pytest_rlhfstress.conversation import Message, Reply
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models import Question, model_from

NOWHERE = "/proc/self"  # where not even root may make a file


def question(text):
    return Question((Message("user", text),))


def keyed(text):
    return Keyed.of(question(text), "model")


FULL = """
import resource, sys
from pathlib import Path
from pytest_rlhfstress.reports.files import write_atomically
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    write_atomically(Path(sys.argv[1]), "new" * 10_000)
except OSError as error:
    print(error.strerror)
"""


def test_a_full_disk_leaves_the_former_report_and_no_half_of_a_new_one(tmp_path):
    report = tmp_path / "out.json"
    report.write_text("former")
    done = subprocess.run([sys.executable, "-c", FULL, str(report)], capture_output=True, text=True, check=True)
    assert "too large" in done.stdout
    assert report.read_text() == "former"
    assert [p.name for p in tmp_path.iterdir()] == ["out.json"]


def test_a_place_that_may_not_be_written_is_named(tmp_path):
    with pytest.raises(UserError, match=r"/proc/self/kept\.sqlite cannot be opened"):
        open_store(f"{NOWHERE}/kept.sqlite")


def test_a_store_that_somebody_else_holds_is_said_after_a_while(tmp_path, monkeypatch):
    path = tmp_path / "kept.sqlite"
    open_store(path).close()
    monkeypatch.setattr(sqlite_backend, "BUSY_SECONDS", 0.2)
    mine = open_store(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with pytest.raises(UserError, match=r"kept\.sqlite: database is locked\. Another process held it"):
        mine.keep([(keyed("a"), Reply("A"))])
    assert time.monotonic() - began < 5
    other.execute("ROLLBACK")
    other.close()
    mine.keep([(keyed("a"), Reply("A"))])
    assert mine.find([keyed("a").key]) == {keyed("a").key: Reply("A")}
    mine.close()


OPENED_WITH_FEW_FILES = """
import os, resource, sys
from pytest_rlhfstress.asking import open_store
from pytest_rlhfstress.errors import UserError
open_store(sys.argv[1]).close()  # whatever Python has still to load is loaded
lowest = os.open(os.devnull, os.O_RDONLY)
os.close(lowest)
for spare in range(9):
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + spare, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    try:
        open_store(sys.argv[1]).close()
        print("opened")
    except UserError as error:
        print(error)
"""


def test_a_store_that_cannot_have_all_the_files_it_needs_says_so_whichever_is_the_first_to_lack(tmp_path):
    path = tmp_path / "kept.sqlite"
    code = [sys.executable, "-c", OPENED_WITH_FEW_FILES, str(path)]
    done = subprocess.run(code, capture_output=True, text=True, check=True)
    first, *_, last = lines = done.stdout.splitlines()
    assert (len(lines), last) == (9, "opened")
    assert first == f"the reply store {path} cannot be opened: Too many open files"
    assert sum("kept.sqlite: unable to open database file. Make the file" in line for line in lines) >= 2


@pytest.fixture(scope="module")
def full_store(tmp_path_factory):
    path = tmp_path_factory.mktemp("full") / "kept.sqlite"
    kept = open_store(path)
    kept.keep([(keyed(str(n)), Reply(f"reply {n} " + "x" * 300)) for n in range(300)])
    kept.close()
    return path


def spoil(path: Path, rng: random.Random) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(rng.choice([1, 1, 4, 64])):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content[: rng.randrange(len(content))] if rng.random() < 0.1 else content)


def test_whatever_is_damaged_in_a_store_no_wrong_reply_comes_out_of_it(full_store, tmp_path):
    rng, right, wrong, noticed = random.Random(5), 0, 0, 0
    for number in range(60):
        path = tmp_path / f"{number}.sqlite"
        shutil.copy(full_store, path)
        spoil(path, rng)
        try:
            damaged = open_store(path)
        except UserError:
            noticed += 1
            continue
        for n in range(300):
            try:
                found = damaged.find([keyed(str(n)).key])
            except UserError:
                noticed += 1
                break
            for reply in found.values():
                whole = reply.text == f"reply {n} " + "x" * 300
                right, wrong = right + whole, wrong + (not whole)
        damaged.close()
    assert wrong == 0
    assert right > 1000
    assert noticed > 20


@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0, 3e9], ids=["a day back", "a day on", "a century on"])
def test_a_clock_that_jumps_costs_no_reply(tmp_path, monkeypatch, jump):
    path, real = tmp_path / "kept.sqlite", time.time
    asked = []

    def bot(messages):
        asked.append(messages[-1]["content"])
        return f"re: {messages[-1]['content']}"

    bot.identity = "bot"
    first = Asker(model_from(bot), open_store(path), Limits())
    assert [a.text for a in first.ask([question("a"), question("b")])] == ["re: a", "re: b"]
    for module in (store, sqlite_backend):
        monkeypatch.setattr(module.time, "time", lambda: real() + jump)
    assert [a.text for a in first.ask([question("b"), question("c")])] == ["re: b", "re: c"]
    first.close()
    later = Asker(model_from(bot), open_store(path), Limits())
    assert [a.text for a in later.ask([question(t) for t in "abc"])] == ["re: a", "re: b", "re: c"]
    assert later.store.oldest >= 0
    later.close()
    assert asked == ["a", "b", "c"]


def test_a_claim_from_the_future_of_a_process_that_is_dead_does_not_keep_anybody_waiting(tmp_path):
    path = tmp_path / "kept.sqlite"
    claiming = subprocess.run(
        [
            sys.executable, "-c",
            "import sys; from pytest_rlhfstress.asking import open_store; s = open_store(sys.argv[1]);"
            "s.backend.claim([sys.argv[2]], s.owner, 1e9)", str(path), keyed("a").key,
        ],
        check=False,
    )  # fmt: skip
    assert claiming.returncode == 0
    mine = open_store(path)
    assert mine.take([keyed("a").key]).mine == {keyed("a").key}
    mine.close()


def test_the_reports_of_a_run_are_never_half_written_whenever_it_is_killed(tmp_path):
    code = (
        "import sys; from pathlib import Path; from pytest_rlhfstress.reports.files import write_atomically\n"
        "print('ready', flush=True)\n"
        "while True:\n    for letter in 'ab':\n        write_atomically(Path(sys.argv[1]), letter * 300_000)"
    )
    report = tmp_path / "out.json"
    report.write_text("a" * 300_000)
    for number in range(5):
        process = subprocess.Popen([sys.executable, "-c", code, str(report)], stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.02 * number + 0.01)
        os.kill(process.pid, 9)
        process.communicate()
        assert report.read_text() in ("a" * 300_000, "b" * 300_000)
