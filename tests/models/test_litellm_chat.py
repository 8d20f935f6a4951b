"""The litellm adapter, against a real OpenAI-shaped server on loopback."""

import pytest
from loopback import Answer, completion, serving

from pytest_rlhfstress import Message, ToolCall, UserError
from pytest_rlhfstress.models import Question, TransientFault, ask_directly, load_model
from pytest_rlhfstress.models.faults import PermanentFault

pytest.importorskip("litellm", reason="needs litellm (pip install 'pytest-rlhfstress[litellm]')")

HELLO = Question((Message("user", "Hello?"),))
TOOL = {"type": "function", "function": {"name": "book", "parameters": {"type": "object", "properties": {}}}}


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")


def ask(answer, question=HELLO, options=""):
    with serving(answer) as server:
        model = load_model(f"litellm:openai/small@{server.url}/v1{options}")
        (reply,) = ask_directly(model, [question])
        return reply, server.asked


def test_a_reply_keeps_text_tool_calls_usage_and_the_model_s_own_id():
    calls = [
        {"id": f"call_{n}", "type": "function", "function": {"name": "book", "arguments": arguments}}
        for n, arguments in enumerate(['{"day": "Tuesday"}', '{"day": Tues'])
    ]
    question = Question(HELLO.messages, tools=(TOOL,), sample=1)
    reply, asked = ask(Answer(completion("Done.", tool_calls=calls)), question, "?temperature=0.5&seed=4&max_tokens=9")
    assert reply.text == "Done."
    assert reply.tool_calls == (
        ToolCall("call_0", "book", '{"day": "Tuesday"}'),
        ToolCall("call_1", "book", '{"day": Tues'),
    )
    assert reply.finish_reason == "tool_calls"
    assert reply.model == "served-model"
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (7, 3)
    sent = asked[0].body
    assert (sent["model"], sent["temperature"], sent["seed"], sent["max_tokens"]) == ("small", 0.5, 5, 9)
    assert sent["tools"] == [TOOL]
    assert asked[0].headers["authorization"] == "Bearer sk-mine"


@pytest.mark.parametrize(
    "answer",
    [
        Answer({"error": {"message": "too much"}}, 429, {"Retry-After": "2"}),
        Answer({"error": {"message": "down"}}, 503),
        Answer(completion(), cut=40),
        Answer(reset=True),
        Answer(b'{"choices": [{"mess'),
    ],
    ids=["429", "503", "cut off", "reset", "half a body"],
)
def test_what_may_pass_is_asked_once_and_reported_as_such(answer):
    with serving(answer) as server:
        model = load_model(f"litellm:openai/small@{server.url}/v1")
        with pytest.raises(TransientFault) as caught:
            ask_directly(model, [HELLO])
        assert len(server.asked) == 1
    assert "litellm:openai/small" in caught.value.reason
    if answer.headers:
        assert caught.value.retry_after == 2


@pytest.mark.parametrize(("status", "kind"), [(401, PermanentFault), (404, PermanentFault), (400, UserError)])
def test_what_stays_is_in_the_provider_s_words(status, kind):
    with pytest.raises(kind, match="nobody of that name"):
        ask(Answer({"error": {"message": "nobody of that name"}}, status))


def test_an_unknown_provider_is_in_litellm_s_words():
    with pytest.raises(UserError, match="Provider"):
        ask_directly(load_model("litellm:no_such_provider/small"), [HELLO])


def test_questions_are_asked_together_and_answered_in_order():
    with serving(lambda asked, _: Answer(completion(asked.body["messages"][0]["content"].upper()))) as server:
        model = load_model(f"litellm:openai/small@{server.url}/v1")
        replies = ask_directly(model, [Question((Message("user", f"q{n}"),)) for n in range(20)])
    assert [reply.text for reply in replies] == [f"Q{n}" for n in range(20)]
