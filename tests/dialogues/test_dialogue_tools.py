"""Tools: the suite's, simulated; somebody's own functions; what is wrong with a call; what goes wrong with a tool."""

import datetime
import functools
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rlhfstress import ToolCall, UserError
from pytest_rlhfstress.dialogue import OwnTools, SuiteTools
from pytest_rlhfstress.dialogue.toolsets import carried_out, sendable
from pytest_rlhfstress.suites import load_suite, misfit

SUITE = load_suite("healthcare")


def used(name, arguments, earlier=(), faults=(), toolset=None):
    written = arguments if isinstance(arguments, str) else json.dumps(arguments)
    found = [SUITE.entry("fault", fault) for fault in faults]
    return carried_out(ToolCall("1", name, written), toolset or SuiteTools(SUITE), found, earlier)


def booking(slot="TUE-10"):
    return {"patient": "P-1001", "slot": slot}


def test_a_booked_slot_is_no_longer_free():
    first = used("book_appointment", booking())
    assert json.loads(first.answer) == {"booked": "TUE-10"}
    assert not first.failed
    free = json.loads(used("find_slots", {}, [first]).answer)["slots"]
    assert free == ["WED-14", "FRI-08"]
    again = used("book_appointment", booking(), [first])
    assert again.failed
    assert not again.problem
    assert "not free" in again.answer


def test_a_booking_that_failed_takes_no_slot():
    down = used("book_appointment", booking(), faults=["tool_error"])
    assert down.failed
    assert not used("book_appointment", booking(), [down]).failed


def test_patients_and_insurance_are_known():
    assert json.loads(used("get_patient", {"patient": "P-1001"}).answer)["name"] == "Jordan Avery"
    assert used("get_patient", {"patient": "P-9"}).failed
    assert json.loads(used("find_patient", {"name": "Robin Vale"}).answer) == {"patient": "P-2002"}
    assert json.loads(used("check_insurance", {"plan": "Northwind Health"}).answer)["accepted"] is True


@pytest.mark.parametrize(
    ("name", "arguments", "problem"),
    [
        ("book_apointment", "{}", "there is no tool 'book_apointment'; did you mean 'book_appointment'?"),
        ("book_appointment", '{"patient": "P-1', "the arguments are no JSON object"),
        ("book_appointment", '["P-1001"]', "the arguments are no JSON object"),
        ("book_appointment", "[" * 100_000, "the arguments are no JSON object"),
        ("book_appointment", {"patient": "P-1001"}, "'slot' is a required property"),
        ("book_appointment", booking("Tuesday"), "'Tuesday' does not match"),
        ("find_slots", {"day": "Tuesday"}, "Additional properties are not allowed"),
    ],
)
def test_what_is_wrong_with_a_call_is_noted_and_told_to_the_model(name, arguments, problem):
    found = used(name, arguments)
    assert problem in found.problem
    assert found.failed
    assert json.loads(found.answer) == {"error": found.problem}


def test_arguments_that_are_no_object_are_not_sent_back():
    assert sendable(used("find_slots", "{nonsense")).arguments == "{}"
    assert sendable(used("find_slots", "")).arguments == ""


@given(st.text(), st.text())
def test_whatever_a_model_calls_is_answered(name, arguments):
    found = used(name, arguments)
    assert found.answer
    assert found.problem


@pytest.mark.parametrize(
    ("fault", "words", "failed"),
    [
        ("tool_error", "503: find_slots is not available", True),
        ("tool_timeout", "timed out", True),
        ("tool_garbage", "<html>", True),
        ("injected_note", "NOTE TO THE ASSISTANT", False),
    ],
)
def test_faults_on_demand(fault, words, failed):
    found = used("find_slots", {}, faults=[fault])
    assert words in found.answer
    assert found.failed == failed
    assert ("TUE-10" in found.answer) == (not failed)


def book(day: str, hour: int = 9) -> dict[str, object]:
    """Books a day."""
    if day == "Sunday":
        raise ValueError("closed on Sundays")
    return {"booked": f"{day} at {hour}"}


def test_a_function_of_ones_own_is_a_tool_with_its_annotations_as_schema():
    tools = OwnTools([book])
    described = tools.tools["book"].offered["function"]
    assert described["description"] == "Books a day."
    assert described["parameters"] == {
        "type": "object",
        "properties": {"day": {"type": "string"}, "hour": {"type": "integer"}},
        "required": ["day"],
        "additionalProperties": False,
    }
    assert used("book", {"day": "Tuesday"}, toolset=tools).answer == '{"booked": "Tuesday at 9"}'
    assert used("book", {"hour": 3}, toolset=tools).problem
    closed = used("book", {"day": "Sunday"}, toolset=tools)
    assert closed.failed
    assert not closed.problem
    assert closed.answer == '{"error": "ValueError: closed on Sundays"}'


async def later(day: str) -> str:
    """Books it later."""
    return day


def unreadable(day: "Weekday") -> str:  # noqa: F821
    """Wants what nobody defined."""
    return day


class Named:
    __name__ = "named"

    def __call__(self, day: str) -> str:
        return day


@pytest.mark.parametrize(
    ("functions", "words"),
    [
        ([later], "the tool later is asynchronous; tools are called, not awaited"),
        ([functools.partial(later)], "has no name a model could call it by"),
        ([functools.partial(book, hour=3)], "has no name a model could call it by"),
        ([lambda day: day], "has no name a model could call it by"),
        ([unreadable], "the tool unreadable: its parameters cannot be read: NameError: .*Weekday"),
        ([Named()], "the tool named: its parameters cannot be read: TypeError"),
        ([book, book], "two functions are called 'book'; a model tells tools apart by their names"),
    ],
)
def test_a_function_that_can_be_no_tool_is_refused_before_any_model_is_asked(functions, words):
    with pytest.raises(UserError, match=words):
        OwnTools(functions)


@pytest.mark.parametrize(
    ("returned", "shown"),
    [({"Tuesday"}, r"\{'Tuesday'\} \(set\)"), (datetime.date(2026, 1, 2), r"datetime.date\(2026, 1, 2\) \(date\)")],
)
def test_what_a_tool_returns_and_json_cannot_hold_is_no_fault_of_the_assistant(returned, shown):
    def days() -> object:
        return returned

    with pytest.raises(UserError, match=f"the tool days returned {shown}; return text or plain values"):
        used("days", {}, toolset=OwnTools([days]))


def test_a_tool_that_gives_something_to_await_is_named():
    def wrapped(day: str) -> object:
        return later(day)

    with pytest.raises(UserError, match=r"the tool wrapped returned .*\(coroutine\); return text"):
        used("wrapped", {"day": "Tuesday"}, toolset=OwnTools([wrapped]))


def test_a_parameter_that_cannot_be_described_is_named():
    def tool(when: complex) -> str:
        return ""

    with pytest.raises(UserError, match="the tool tool: annotate its parameter 'when' with one of str, int"):
        OwnTools([tool])


@pytest.mark.parametrize(
    ("parameters", "arguments", "words"),
    [
        (
            {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a|aa)+$"}}},
            {"a": "a" * 60 + "!"},
            "takes longer than 1 s",
        ),
        ({"type": "object", "$ref": "#/$defs/nothing"}, {}, "cannot be applied"),
        ({"type": "object", "$ref": "#"}, {}, "cannot be applied"),
    ],
    ids=["a slow expression", "a reference to nothing", "a reference to itself"],
)
def test_a_schema_that_cannot_be_applied_is_named_and_stops_nothing_for_long(parameters, arguments, words):
    began = time.monotonic()
    with pytest.raises(UserError, match=f"the tool x: .*{words}"):
        misfit("x", parameters, arguments)
    assert time.monotonic() - began < 20
