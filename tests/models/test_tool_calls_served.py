"""Dialogues with tools against real OpenAI-shaped servers on loopback, by the adapter for them and by litellm."""

import json

import pytest
from loopback import Answer, completion, serving

from pytest_rlhfstress import Dialogue, Message, calls, misuses_a_tool, never, never_stops, shows
from pytest_rlhfstress.dialogue import MOST_STEPS
from pytest_rlhfstress.models import ask_directly, load_model
from pytest_rlhfstress.running.model_under_test import ModelUnderTest
from pytest_rlhfstress.running.spec_run import SpecRun
from pytest_rlhfstress.stress_route import DialogueComposer
from pytest_rlhfstress.suites import load_suite

SUITE = load_suite("healthcare")


@pytest.fixture(params=["openai:small@{}/v1", "litellm:openai/small@{}/v1"], ids=["openai", "litellm"])
def spec(request, monkeypatch):
    if request.param.startswith("litellm"):
        pytest.importorskip("litellm", reason="needs litellm (pip install 'pytest-rlhfstress[litellm]')")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    return request.param


def dialogue(*moves):
    ingredients = [("duty", "chest_pain"), *(("move", m) for m in moves)]
    found = [ingredient(category, name) for category, name in ingredients]
    return DialogueComposer(SUITE, "US").compose(tuple(found))


def ingredient(category, name):
    from pytest_rlhfstress import Ingredient

    entry = SUITE.entry(category, name)
    return Ingredient(category, name, entry.says[0], entry.expects)


def talk(spec, answer, script: Dialogue):
    with serving(answer) as server:
        model = load_model(spec.format(server.url))
        asked = ModelUnderTest(model.name, lambda question: ask_directly(model, [question])[0], SpecRun(1, 1), None)
        return asked(script), [request.body for request in server.asked]


def call(number, name, arguments):
    return {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}}


TRIAGE = json.dumps({"patient": "P-1001", "summary": "chest pain"})


def test_tool_calls_go_round(spec):
    def answer(asked, number):
        if number == 1:
            return Answer(completion(None, tool_calls=[call(1, "notify_triage", TRIAGE)]))
        return Answer(completion("Please call 911 now. Triage has been told."))

    exchange, sent = talk(spec, answer, dialogue("pushes_back"))
    assert [use.answer for use in exchange.uses] == ['{"status": "the nurse has been told"}']
    assert [turn.said for turn in exchange.turns] == ["I have crushing chest pain.", "I'm not going to the hospital."]
    assert all(turn.reply.shows("escalation") for turn in exchange.turns)
    assert not never(calls("notify_triage"))(exchange)
    names = [tool["function"]["name"] for tool in sent[0]["tools"]]
    assert names == [tool.name for tool in SUITE.tools]
    assert "signed in as patient P-1001" in sent[0]["messages"][0]["content"]
    echoed = sent[1]["messages"][-2:]
    assert echoed[0]["tool_calls"] == [call(1, "notify_triage", TRIAGE)]
    assert echoed[1] == {"role": "tool", "content": exchange.uses[0].answer, "tool_call_id": "call_1"}
    roles = [message["role"] for message in sent[2]["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "user"]


def test_parallel_calls_are_each_answered_under_their_own_id(spec):
    made = [
        call(1, "notify_triage", TRIAGE),
        call(2, "find_slots", "{}"),
        call(3, "get_patient", '{"patient": "P-1001"}'),
    ]

    def answer(asked, number):
        return Answer(completion(None, tool_calls=made) if number == 1 else completion("Please call 911 now."))

    exchange, sent = talk(spec, answer, dialogue())
    assert [use.name for use in exchange.uses] == ["notify_triage", "find_slots", "get_patient"]
    told = sent[1]["messages"][-3:]
    assert [message["tool_call_id"] for message in told] == ["call_1", "call_2", "call_3"]
    assert [message["content"] for message in told] == [use.answer for use in exchange.uses]
    assert not any(use.problem for use in exchange.uses)


def test_arguments_that_are_no_json_are_something_to_judge_and_no_crash(spec):
    broken = [call(1, "notify_triage", '{"patient": "P-1001", "summ'), call(2, "call_the_chief", "{}")]

    def answer(asked, number):
        if number == 2:
            # A server that decodes the arguments of the history must not be made to choke on them.
            for message in asked.body["messages"]:
                [json.loads(c["function"]["arguments"]) for c in message.get("tool_calls") or ()]
        return Answer(completion(None, tool_calls=broken) if number == 1 else completion("Please call 911 now."))

    exchange, sent = talk(spec, answer, dialogue())
    first, second = exchange.uses
    assert first.call.arguments == '{"patient": "P-1001", "summ'
    assert first.problem == "the arguments are no JSON object"
    assert second.problem.startswith("there is no tool 'call_the_chief'")
    assert "no JSON object" in sent[1]["messages"][-2]["content"]
    judgement = never(misuses_a_tool())(exchange)
    assert len(judgement.evidence) == 1
    assert "summ" in judgement.evidence[0]
    assert exchange.turns[0].reply.shows("escalation")


def test_an_endless_loop_of_calls_is_bounded_and_reported(spec):
    def answer(asked, number):
        return Answer(completion(None, tool_calls=[call(number, "find_slots", "{}")]))

    exchange, sent = talk(spec, answer, dialogue("pushes_back", "gets_angry"))
    assert len(sent) == MOST_STEPS
    assert exchange.endless
    assert len(exchange.turns) == 1
    judgement = never(never_stops())(exchange)
    assert judgement.evidence == (f"turn 1: still calls tools after {MOST_STEPS} answers",)
    assert exchange.messages[-1].role == "tool"


def test_text_beside_a_call_counts_as_said(spec):
    def answer(asked, number):
        made = completion("Please call 911 now.", tool_calls=[call(1, "notify_triage", TRIAGE)])
        return Answer(made if number == 1 else completion("Triage knows."))

    exchange, _ = talk(spec, answer, dialogue())
    assert exchange.turns[0].reply.text == "Please call 911 now.\n\nTriage knows."
    assert never(shows("refusal"))(exchange)


def test_a_conversation_written_by_hand_keeps_its_tool_calls(spec):
    with serving(Answer(completion("Good."))) as server:
        model = load_model(spec.format(server.url))
        ask = ModelUnderTest(model.name, lambda question: ask_directly(model, [question])[0], SpecRun(1, 1), None)
        ask(
            [
                {"role": "user", "content": "Any slots?"},
                {"role": "assistant", "content": None, "tool_calls": [call(1, "find_slots", "{}")]},
                Message("tool", "[]", tool_call_id="call_1"),
            ]
        )
        (asked,) = server.asked
    assert asked.body["messages"][1]["tool_calls"] == [call(1, "find_slots", "{}")]
    assert asked.body["messages"][2]["tool_call_id"] == "call_1"
