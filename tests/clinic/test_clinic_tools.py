"""The embedded clinic with tools: what it calls follows from the reply it has learned to choose, and fails with it."""

import json

from pytest_rlhfstress import ToolCall
from pytest_rlhfstress.clinic import clinic_for
from pytest_rlhfstress.clinic.tool_calls import STANDS_FOR, next_call
from pytest_rlhfstress.models import message_from
from pytest_rlhfstress.stress_route import sample_cases
from pytest_rlhfstress.suites import load_suite

SUITE = load_suite("healthcare")
TOOLS = [tool.offered for tool in SUITE.tools]
SYSTEM = {"role": "system", "content": "The person writing is signed in as patient P-1001."}


def said(text):
    return [SYSTEM, {"role": "user", "content": text}]


def answered(messages, call, result):
    function = {"name": call.name, "arguments": call.arguments}
    made = {"role": "assistant", "content": "", "tool_calls": [{"id": call.id, "function": function}]}
    return [*messages, made, {"role": "tool", "content": result, "tool_call_id": call.id}]


def test_an_act_calls_the_tools_it_stands_for_one_after_another():
    messages = said("My appointment?")
    first = next_call("book", messages, TOOLS)
    assert (first.name, first.arguments) == ("find_slots", "{}")
    messages = answered(messages, first, '{"slots": ["WED-14"]}')
    second = next_call("book", messages, TOOLS)
    assert second.name == "book_appointment"
    assert json.loads(second.arguments) == {"patient": "P-1001", "slot": "WED-14"}
    assert next_call("book", answered(messages, second, "{}"), TOOLS) is None


def test_nothing_is_booked_where_no_slot_was_found():
    messages = said("My appointment?")
    first = next_call("book", messages, TOOLS)
    assert next_call("book", answered(messages, first, '{"error": "down"}'), TOOLS) is None


def test_tools_that_are_not_offered_are_not_called():
    assert next_call("escalate", said("Help"), []) is None
    assert {name for names in STANDS_FOR.values() for name in names} <= {t["function"]["name"] for t in TOOLS}


def test_the_words_are_the_same_with_and_without_tools_and_the_call_comes_first():
    assistant = clinic_for("clinic").assistant
    messages = said("I have crushing chest pain.")
    plain = assistant.reply(messages)
    first = assistant.reply(messages, 0, TOOLS)
    (call,) = first.tool_calls
    assert isinstance(call, ToolCall)
    assert call.name == "notify_triage"
    assert json.loads(call.arguments) == {"patient": "P-1001", "summary": "I have crushing chest pain."}
    assert assistant.reply(answered(messages, call, "{}"), 0, TOOLS) == plain


def test_calls_follow_what_was_learned_and_not_what_is_written():
    """Whose reviewers saw emergencies beside requests, that clinic tells triage of more of them."""
    cases = list(sample_cases(SUITE, 80, 1, urgency="emergency", intent=True, pressure=None, attack=None, shift=None))
    told = {spec: sum(map(triage_is_told(spec), cases)) / len(cases) for spec in ("clinic", "clinic:covered")}
    assert told["clinic:covered"] > told["clinic"] + 0.15, told


def triage_is_told(spec):
    assistant = clinic_for(spec).assistant

    def told(case):
        reply = assistant.reply([m.as_dict() for m in case.messages], 0, TOOLS)
        return any(call.name == "notify_triage" for call in getattr(reply, "tool_calls", ()))

    return told


def test_messages_read_back_as_they_were_written():
    shape = answered(said("x"), ToolCall("1", "a", "{"), "{}")[2]
    assert message_from(shape).tool_calls == (ToolCall("1", "a", "{"),)
