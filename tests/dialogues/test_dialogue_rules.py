"""The words of time over exchanges written by hand: when each holds, when it breaks, and with what evidence."""

from dataclasses import replace

import pytest
from exchanges import exchange, turn, use
from hypothesis import given
from hypothesis import strategies as st

from pytest_rlhfstress import (
    Move,
    UserError,
    after,
    always,
    before,
    calls,
    fact,
    has_a_failed_call,
    mentions,
    misuses_a_tool,
    never,
    never_stops,
    said,
    shows,
    until,
    within,
)
from pytest_rlhfstress.suites import load_suite

ALARM, BOOK = shows("alarm"), shows("book")
URGENT = fact(urgency="emergency")


def talk(*texts, urgent_from=1):
    """A turn for each text."""
    return exchange(
        *(turn(n, text, urgency="emergency" if n >= urgent_from else "routine") for n, text in enumerate(texts, 1))
    )


@pytest.mark.parametrize(
    ("rule", "held", "broken", "turns"),
    [
        (always(ALARM), ["ALARM", "ALARM"], ["ALARM", "no"], [2]),
        (always(ALARM, since=ALARM), ["no", "ALARM", "ALARM"], ["no", "ALARM", "no"], [3]),
        (always(ALARM, until=BOOK), ["ALARM", "BOOK", "no"], ["ALARM", "no", "BOOK"], [2]),
        (until(ALARM, BOOK), ["ALARM", "BOOK", "no"], ["no", "BOOK"], [1]),
        (never(BOOK), ["no", "ALARM"], ["no", "BOOK", "BOOK"], [2, 3]),
        (never(BOOK, since=ALARM), ["BOOK", "ALARM", "no"], ["ALARM", "BOOK"], [2]),
        (before(ALARM, BOOK), ["ALARM", "BOOK"], ["BOOK", "ALARM"], [1]),
        (before(ALARM, BOOK), ["ALARM then BOOK"], ["BOOK then ALARM"], [1]),
        (before(ALARM, BOOK), ["no", "no"], ["BOOK"], [1]),
        (after(BOOK, ALARM), ["BOOK", "no", "ALARM"], ["ALARM", "BOOK", "no"], [2]),
        (after(BOOK, ALARM), ["no"], ["ALARM then BOOK"], [1]),
        (within(2, ALARM, of=BOOK), ["BOOK", "ALARM"], ["BOOK", "no", "ALARM"], [2]),
        (within(1, ALARM, of=BOOK), ["BOOK and ALARM"], ["BOOK", "ALARM"], [1]),
        (within(2, ALARM, of=BOOK), ["no", "BOOK"], ["BOOK", "no"], [2]),
    ],
)
def test_each_rule_holds_and_breaks_where_its_words_say(rule, held, broken, turns):
    assert rule(talk(*held))
    judgement = rule(talk(*broken))
    assert not judgement
    assert [line.split(":")[0] for line in judgement.evidence] == [f"turn {t}" for t in turns]


def test_when_narrows_a_rule_to_the_turns_in_which_something_is_true():
    rule = always(ALARM, when=URGENT)
    assert rule(talk("no", "ALARM", urgent_from=2))
    assert not rule(talk("no", "ALARM", urgent_from=1))


def test_within_counts_from_where_something_begins():
    rule = within(1, ALARM, of=URGENT)
    assert rule(talk("no", "ALARM", "no", urgent_from=2))
    assert not rule(talk("no", "no", "ALARM", urgent_from=2))


def test_within_breaks_where_no_answer_will_come_because_the_last_turn_calls_tools_without_end():
    rule = within(2, ALARM, of=URGENT)
    loop = ("", use("book"))
    judgement = rule(exchange(turn(1, "no"), turn(2, loop, urgency="emergency", endless=True)))
    assert judgement.evidence == ("turn 2: still missing: shows alarm; it says »(no text)«",)
    assert rule(exchange(turn(1, "no"), turn(2, ("ALARM", use("book")), urgency="emergency", endless=True)))
    assert rule(exchange(turn(1, "no"), turn(2, "no", urgency="emergency")))


def test_an_exchange_says_whether_moves_were_never_made():
    whole = exchange(turn(1, "no"), turn(2, ("", use("book")), endless=True))
    assert not whole.cut_short
    short = replace(whole, dialogue=replace(whole.dialogue, moves=(*whole.dialogue.moves, Move("thanks", "Thanks."))))
    assert short.cut_short == "turn 2 of 3 called tools without end, so that what the user says next was never said"
    assert not replace(short, turns=(turn(1, "no"),)).cut_short


def test_events_are_joined_by_and_and_or():
    both, either = ALARM & BOOK, ALARM | BOOK
    assert always(both)(talk("ALARM BOOK"))
    assert not always(both)(talk("ALARM"))
    assert always(either)(talk("BOOK", "ALARM"))
    assert not always(either)(talk("no"))
    assert never(URGENT & said("returns"))(talk("no"))


def test_calls_and_words_of_one_turn_stand_in_their_order():
    rule = before(calls("triage"), BOOK)
    assert rule(exchange(turn(1, ("", use("triage")), "BOOK")))
    assert not rule(exchange(turn(1, ("BOOK", use("triage")), "done")))
    order = before(calls("triage"), calls("book"))
    assert order(exchange(turn(1, ("", use("triage"), use("book")), "done")))
    assert not order(exchange(turn(1, ("", use("book"), use("triage")), "done")))


def test_what_is_written_beside_a_call_counts_as_written():
    found = exchange(turn(1, ("ALARM", use("triage")), "Triage has been told."))
    assert always(ALARM)(found)
    assert found.turns[0].reply.text == "ALARM\n\nTriage has been told."


def test_calls_may_ask_for_arguments():
    made = use("book", '{"slot": "TUE"}')
    made = type(made)(made.call, made.answer, {"slot": "TUE"})
    found = exchange(turn(1, ("", made), "done"))
    assert always(calls("book", slot="TUE"))(found)
    assert not always(calls("book", slot="WED"))(found)


def test_the_other_events_see_what_they_name():
    found = exchange(
        turn(1, ("", use("bok", problem="there is no tool 'bok'", failed=True)), "My secret is out.", endless=True)
    )
    for event in (misuses_a_tool(), has_a_failed_call(), mentions("SECRET"), never_stops()):
        assert not never(event)(found), event
        assert never(event)(talk("no")), event


@pytest.mark.parametrize(
    "arguments",
    [
        '{"name": "Jos\\u00e9"}',
        '{"name": "JOSÉ"}',
        '{"of": [{"Jos\\u00e9": 1}]}',
        '["Jos\\u00e9"]',
        '{"name": "Jos\\u00e9, \\"the boss\\""}',
        '{"name": "José',
    ],
)
def test_a_text_is_found_in_arguments_however_json_writes_it(arguments):
    found = exchange(turn(1, ("", use("book", arguments)), "done"))
    assert not never(mentions("José"))(found)
    assert never(mentions("Maria"))(found)
    if "boss" in arguments:
        assert not never(mentions('"the boss"'))(found)


@pytest.mark.parametrize("arguments", ["", "null", "[" * 100_000, '{"a": "' + "9" * 10_000])
def test_arguments_that_cannot_be_read_mention_nothing_and_stop_nothing(arguments):
    assert never(mentions("José"))(exchange(turn(1, ("", use("book", arguments)), "done")))


def test_a_text_may_be_mentioned_again_after_something_else_happened():
    again = exchange(turn(1, ("Your ticket?", use("book")), "Here is your ticket."))
    assert after(calls("book"), mentions("ticket"))(again)
    assert not after(calls("book"), mentions("ticket"))(exchange(turn(1, ("Your ticket?", use("book")), "Done.")))


def test_where_a_text_is_mentioned_is_counted_in_the_text_as_it_is():
    # Casefolded, each of these is two characters long.
    found = exchange(turn(1, ("ßßßß the ticket", use("book")), "done, another Ticket"))
    before_and_after = mentions("ticket", "the").moments(found.turns[0])
    assert [m.at for m in before_and_after] == [(1, 0, 0, 5), (1, 0, 0, 9), (1, 1, 0, 26), (1, 1, 0, 31)]
    assert before_and_after[-1].told == "turn 1: writes »Ticket«"


def test_moments_are_told_in_the_order_of_their_places():
    found = exchange(turn(1, ("the secret", use("book", '{"a": "code"}')), "the code"))
    assert never(mentions("code", "secret"))(found).evidence == ("turn 1: writes »secret«",)


HEALTHCARE = load_suite("healthcare")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (
            never(shows("escalation"), when=said("retruns_later")),
            r"said\('retruns_later'\): .*; did you mean 'returns_later'",
        ),
        (never(shows("escalation"), when=said("oppening")), "did you mean 'opening'"),
        (
            always(shows("escalation"), when=fact(urgency="emergnecy")),
            r"fact\(urgency='emergnecy'\): .*did you mean 'emergency'",
        ),
        (always(shows("escalation"), when=fact(urgncy="emergency")), "no such fact; did you mean 'urgency'"),
        (within(1, shows("escalation"), of=shows("boking")), r"shows\('boking'\): .*; did you mean 'booking'"),
        (before(shows("escalation"), shows("boking")), "did you mean 'booking'"),
        (
            never(shows("escalation"), when=fact(urgency="emergency") & (shows("booking") | said("retruns"))),
            "no such move",
        ),
    ],
)
def test_a_misspelt_move_fact_or_signal_is_named_also_where_nothing_came_in_its_scope(rule, words):
    with pytest.raises(UserError, match=words):
        rule(replace(talk(), suite=HEALTHCARE))


def test_what_a_suite_or_a_dialogue_written_by_hand_knows_may_be_named():
    found = replace(exchange(turn(1, "no", move="my_own", urgency="my_value")), suite=HEALTHCARE)
    for name in ("my_own", "opening", "returns_later"):
        assert never(shows("refusal") & said(name), when=fact(urgency="emergency"))(found)
    assert always(said("my_own"), when=fact(urgency="my_value"))(found)


def test_a_judgement_shows_rule_turn_and_words():
    judgement = never(BOOK)(talk("no", "You can BOOK it"))
    assert judgement.evidence == ("turn 2: shows book: »BOOK«",)
    assert repr(judgement) == "<never shows book: turn 2: shows book: »BOOK«>"
    assert repr(always(ALARM, when=URGENT)) == "always shows alarm, when urgency=emergency"
    assert always(ALARM)(talk("no")).evidence == ("turn 1: missing: shows alarm; it says »no«",)


def test_an_exchange_remembers_what_was_found_in_it():
    found = talk("no")
    always(ALARM)(found)
    never(BOOK)(found)
    assert [bool(judgement) for judgement in found.judged] == [False, True]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: never(calls("boook"))(talk("no")), "no such tool was offered; did you mean 'book'"),
        (lambda: always(ALARM, when=fact(urgncy="x"))(talk("no")), "no such fact; did you mean 'urgency'"),
        (lambda: before(ALARM, calls("boook"))(talk("no")), "no such tool was offered; did you mean 'book'"),
        (lambda: after(calls("boook"), ALARM)(talk("no")), "no such tool was offered; did you mean 'book'"),
        (lambda: within(1, ALARM, of=calls("boook"))(talk("no")), "no such tool was offered; did you mean 'book'"),
        (lambda: within(0, ALARM, of=BOOK), "write 1 for the same turn"),
    ],
)
def test_a_mistake_in_a_rule_is_named(make, words):
    with pytest.raises(UserError, match=words):
        make()


TEXTS = st.lists(st.sampled_from(["no", "ALARM", "BOOK", "ALARM then BOOK", "BOOK then ALARM"]), min_size=1, max_size=5)


@given(TEXTS)
def test_the_words_agree_with_one_another(texts):
    found = talk(*texts)
    assert bool(never(ALARM)(found)) == ("ALARM" not in "".join(texts))
    assert bool(always(ALARM)(found)) == all("ALARM" in text for text in texts)
    assert bool(before(ALARM, BOOK)(found)) == bool(precedes("ALARM", "BOOK", texts))
    assert bool(until(ALARM, BOOK)(found)) == bool(always(ALARM, until=BOOK)(found))
    if always(ALARM)(found):
        assert within(1, ALARM, of=BOOK)(found)


def precedes(first, then, texts):
    joined = " ".join(texts)
    return then not in joined or -1 < joined.find(first) < joined.find(then)
