"""How questions are asked: together, in order, bounded, tried again, and given up."""

import asyncio
import threading
import time

import pytest

from pytest_rlhfstress.asking import Asker, Limits, Unanswered, open_store
from pytest_rlhfstress.conversation import Message, Reply
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models import Question, TransientFault
from pytest_rlhfstress.models.faults import PermanentFault
from pytest_rlhfstress.models.specs import model_from


def questions(count):
    return [Question((Message("user", str(n)),)) for n in range(count)]


class Watched:
    """An async model that notes what it was asked and how many requests were under way."""

    def __init__(self, latency=0.01, faults=None):
        self.latency, self.faults = latency, faults or {}
        self.asked, self.in_flight, self.most = [], 0, 0

    async def __call__(self, messages):
        text = messages[-1]["content"]
        self.asked.append(text)
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            await asyncio.sleep(self.latency)
            waiting = self.faults.get(text)
            if waiting:
                raise waiting.pop(0)
        finally:
            self.in_flight -= 1
        return f"reply to {text}"


@pytest.fixture
def asker_of():
    made = []

    def make(function, store=None, record_mode="once", **limits):
        made.append(Asker(model_from(function), open_store(store, record_mode), Limits(**limits)))
        return made[-1]

    yield make
    for asker in made:
        asker.close()


def texts(answers):
    return [a.text for a in answers]


@pytest.mark.parametrize("stored", [True, False])
def test_questions_are_asked_together_and_answered_in_order(asker_of, tmp_path, stored):
    model = Watched(0.05)
    asker = asker_of(model, tmp_path / "replies.sqlite" if stored else None, concurrency=7)
    assert texts(asker.ask(questions(40))) == [f"reply to {n}" for n in range(40)]
    assert model.most == 7
    assert model.asked[:7] == [str(n) for n in range(7)]
    assert asker.asked == 40


def test_a_question_is_asked_once_however_often_it_comes(asker_of):
    model = Watched()
    asker = asker_of(model)
    asker.ask(questions(5) + questions(5))
    asker.ask(questions(5))
    assert sorted(model.asked) == [str(n) for n in range(5)]


def test_an_ordinary_function_is_called_in_the_thread_that_asks(asker_of):
    threads = set()

    def model(messages):
        threads.add(threading.current_thread())
        return "hi"

    asker = asker_of(model)
    asker.ask(questions(3))
    assert threads == {threading.current_thread()}
    assert not asker.together


def test_an_ordinary_function_is_called_in_threads_where_concurrency_was_asked_for(asker_of):
    barrier = threading.Barrier(4, timeout=10)

    def model(messages):
        barrier.wait()
        return "hi"

    asker = asker_of(model, concurrency=4)
    assert texts(asker.ask(questions(4))) == ["hi"] * 4
    assert asker.together


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_batch_function_gets_batches(asker_of, kind):
    sizes = []

    def reply(conversations):
        sizes.append(len(conversations))
        return [c[-1]["content"] for c in conversations]

    def batched(conversations):
        return reply(conversations)

    async def batched_later(conversations):
        return reply(conversations)

    model = batched if kind == "sync" else batched_later
    model.batch_size = 8
    asker = asker_of(model, concurrency=1)
    assert texts(asker.ask(questions(20))) == [str(n) for n in range(20)]
    assert sorted(sizes, reverse=True) == [8, 8, 4]


def test_a_passing_fault_is_tried_again_after_a_wait(asker_of):
    model = Watched(0, {"1": [TransientFault("busy"), TransientFault("busy")]})
    asker = asker_of(model)
    began = time.monotonic()
    assert texts(asker.ask(questions(3))) == [f"reply to {n}" for n in range(3)]
    assert time.monotonic() - began >= 2 * 0.125
    assert (asker.asked, asker.retries) == (5, 2)


def test_retry_after_is_honoured(asker_of):
    model = Watched(0, {"0": [TransientFault("busy", retry_after=0.7)]})
    began = time.monotonic()
    asker_of(model).ask(questions(1))
    assert 0.7 <= time.monotonic() - began < 5


def test_a_blocking_model_is_tried_again_too(asker_of):
    faults = [TransientFault("busy", 0.0)]

    def model(messages):
        if faults:
            raise faults.pop()
        return "hi"

    asker = asker_of(model)
    assert texts(asker.ask(questions(1))) == ["hi"]
    assert asker.retries == 1


def test_tries_are_bounded_and_what_remains_is_unanswered_once_for_all(asker_of):
    model = Watched(0, {"1": [TransientFault("busy", 0.0) for _ in range(50)]})
    asker = asker_of(model, tries=3)
    answers = asker.ask(questions(3))
    assert isinstance(answers[1], Unanswered)
    assert "busy" in answers[1].reason
    assert texts([answers[0], answers[2]]) == ["reply to 0", "reply to 2"]
    assert model.asked.count("1") == 3
    asker.ask(questions(3))
    assert model.asked.count("1") == 3
    assert asker.unanswered == 1


def test_patience_bounds_all_waits_for_one_question(asker_of):
    model = Watched(0, {"0": [TransientFault("busy", retry_after=30)]})
    began = time.monotonic()
    answer = asker_of(model, patience=1.0).ask(questions(1))[0]
    assert isinstance(answer, Unanswered)
    assert time.monotonic() - began < 5


def test_a_request_without_end_is_cut_off_and_tried_again(asker_of):
    hanging = [True]

    async def model(messages):
        if hanging:
            hanging.pop()
            await asyncio.sleep(600)
        return "hi"

    asker = asker_of(model, request_timeout=0.2)
    assert texts(asker.ask(questions(1))) == ["hi"]
    assert asker.retries == 1


def test_a_refusal_for_good_stops_everything_with_the_providers_words(asker_of):
    model = Watched(0.01, {"3": [PermanentFault("401: no such key")]})
    asker = asker_of(model, concurrency=2)
    with pytest.raises(UserError, match="401: no such key"):
        asker.ask(questions(50))
    asked = len(model.asked)
    assert asked < 10
    with pytest.raises(UserError, match="401: no such key"):
        asker.ask(questions(60)[55:])
    assert len(model.asked) <= asked + 1


def test_the_number_of_requests_is_bounded_retries_included(asker_of):
    model = Watched(0, {"0": [TransientFault("busy", 0.0)]})
    asker = asker_of(model, max_calls=5, concurrency=1)
    answers = asker.ask(questions(10))
    assert asker.asked == 5
    assert len(model.asked) == 5
    left = [a for a in answers if isinstance(a, Unanswered)]
    assert len(left) == 6
    assert "--rlhf-max-calls" in left[0].reason


def test_nothing_is_asked_after_the_runs_time_is_over(asker_of):
    asker = asker_of(Watched(0.05), concurrency=1, run_timeout=0.3)
    answers = asker.ask(questions(50))
    done = [a for a in answers if isinstance(a, Reply)]
    assert 1 <= len(done) <= 7
    assert "0.3 s" in answers[-1].reason


def test_requests_keep_to_a_rate_per_minute(asker_of):
    asker = asker_of(Watched(0), requests_per_minute=1200)
    began = time.monotonic()
    asker.ask(questions(50))
    # Twenty at once, then twenty a second.
    assert time.monotonic() - began >= (50 - 20) / 20 * 0.9


def test_tokens_keep_to_a_rate_per_minute(asker_of):
    long = [Question((Message("user", f"{n} " + "word " * 800),)) for n in range(6)]
    asker = asker_of(Watched(0), tokens_per_minute=60_000)
    began = time.monotonic()
    asker.ask(long)
    # About 1250 tokens each, a thousand at once, then a thousand a second.
    assert time.monotonic() - began >= (6 * 1.25 - 1) * 0.9


def test_what_was_not_begun_can_be_taken_back(asker_of):
    model = Watched(0.2)
    asker = asker_of(model, concurrency=2)
    keyed = [asker.keyed(q) for q in questions(10)]
    futures = asker.begin(keyed)
    asker.result(keyed[0], futures[0])
    asker.abandon(futures)
    time.sleep(0.5)
    assert len(model.asked) <= 4
    assert texts(asker.ask(questions(10))) == [f"reply to {n}" for n in range(10)]


def test_an_urgent_question_goes_before_those_that_wait(asker_of):
    model = Watched(0.05)
    asker = asker_of(model, concurrency=1)
    waiting = asker.begin([asker.keyed(q) for q in questions(5)])
    urgent = asker.keyed(Question((Message("user", "urgent"),)))
    asker.begin([urgent], first=True)[0].result()
    assert model.asked.index("urgent") <= 1
    asker.abandon(waiting)


def test_two_askers_on_one_store_share_the_work(asker_of, tmp_path):
    models = [Watched(0.02), Watched(0.02)]
    for model in models:
        model.identity = "same"
    askers = [asker_of(m, tmp_path / "replies.sqlite", concurrency=4) for m in models]
    answers = [None, None]

    def ask(at):
        answers[at] = askers[at].ask(questions(60))

    threads = [threading.Thread(target=ask, args=(at,)) for at in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts(answers[0]) == texts(answers[1])
    asked = models[0].asked + models[1].asked
    assert len(asked) == len(set(asked)) == 60
    assert min(len(m.asked) for m in models) > 5


def test_mode_none_asks_nothing_and_names_what_is_missing(asker_of, tmp_path):
    path = tmp_path / "replies.sqlite"
    model = Watched(0)
    model.identity = "same"
    asker_of(model, path).ask(questions(3))
    reading = asker_of(model, path, record_mode="none")
    assert texts(reading.ask(questions(3))) == [f"reply to {n}" for n in range(3)]
    with pytest.raises(UserError, match=r"the store has no reply of .* to '3', '4', '5' and 2 more"):
        reading.ask(questions(8))
    assert len(model.asked) == 3


def test_an_empty_reply_is_noticed(asker_of):
    async def model(messages):
        return ""

    asker = asker_of(model)
    asker.ask(questions(2))
    assert len(asker.notices) == 1
    assert "empty reply" in asker.notices[0]
