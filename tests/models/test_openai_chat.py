"""The OpenAI-compatible adapter, against a real server on loopback."""

import pytest
from loopback import Answer, completion, serving

from pytest_rlhfstress import Message, ToolCall, UserError
from pytest_rlhfstress.models import Question, Sampling, TransientFault, ask_directly, load_model
from pytest_rlhfstress.models.faults import PermanentFault

pytest.importorskip("aiohttp", reason="needs aiohttp (pip install 'pytest-rlhfstress[openai]')")

HELLO = Question((Message("user", "Hello?"),))
TOOL = {"type": "function", "function": {"name": "book", "parameters": {"type": "object", "properties": {}}}}


def ask(answer, question=HELLO, options=""):
    """The reply, and what the server was sent."""
    with serving(answer) as server:
        model = load_model(f"openai:small@{server.url}/v1{options}")
        (reply,) = ask_directly(model, [question])
        return reply, server.asked


def fault(answer, kind):
    with pytest.raises(kind) as caught:
        ask(answer)
    return caught.value


def call(number, arguments):
    return {"id": f"call_{number}", "type": "function", "function": {"name": "book", "arguments": arguments}}


def test_a_reply_keeps_text_usage_finish_reason_latency_and_the_model_s_own_id():
    reply, asked = ask(Answer(completion("Good morning.")))
    assert (reply.text, reply.finish_reason, reply.model) == ("Good morning.", "stop", "served-model")
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens) == (7, 3)
    assert 0 < reply.latency < 30
    assert asked[0].path == "/v1/chat/completions"
    assert asked[0].body == {"model": "small", "messages": [{"role": "user", "content": "Hello?"}]}


def test_the_key_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    _, asked = ask(Answer(completion()))
    assert asked[0].headers["authorization"] == "Bearer sk-mine"


def test_organization_and_project_come_from_the_environment_too(monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-mine")
    _, asked = ask(Answer(completion()))
    assert (asked[0].headers["openai-organization"], asked[0].headers["openai-project"]) == ("org-mine", "proj-mine")


@pytest.mark.parametrize("bypass", ["", "127.0.0.1"])
def test_a_proxy_of_the_environment_is_used_unless_it_shall_not_be(monkeypatch, bypass):
    with serving(Answer(completion("from the proxy"))) as proxy, serving(Answer(completion("direct"))) as server:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", bypass)
        (reply,) = ask_directly(load_model(f"openai:small@{server.url}/v1"), [HELLO])
    assert reply.text == ("direct" if bypass else "from the proxy")


def test_sampling_and_tools_are_sent_and_each_sample_has_a_seed_of_its_own():
    question = Question(HELLO.messages, tools=(TOOL,), sample=2)
    _, asked = ask(Answer(completion()), question, "?temperature=0.5&top_p=0.9&seed=10&max_tokens=64&logprobs=true")
    sent = asked[0].body
    assert sent["tools"] == [TOOL]
    settings = {name: sent[name] for name in ("temperature", "top_p", "seed", "max_tokens", "logprobs")}
    assert settings == {"temperature": 0.5, "top_p": 0.9, "seed": 12, "max_tokens": 64, "logprobs": True}


def test_log_probabilities_come_back_with_their_tokens():
    body = completion("Yes.")
    tokens = [{"token": "Yes", "logprob": -0.25}, {"token": ".", "logprob": -1}]
    body["choices"][0]["logprobs"] = {"content": tokens}
    reply, _ = ask(Answer(body), Question(HELLO.messages, sampling=Sampling(logprobs=True)))
    assert reply.logprobs == (("Yes", -0.25), (".", -1.0))


def test_parallel_tool_calls_are_kept_in_order_and_broken_arguments_as_they_came():
    calls = [call(1, '{"day": "Tuesday"}'), call(2, '{"day": Tues'), call(3, {"day": "Friday"})]
    reply, _ = ask(Answer(completion(None, tool_calls=calls)), Question(HELLO.messages, tools=(TOOL,)))
    assert reply.text == ""
    assert reply.finish_reason == "tool_calls"
    assert reply.tool_calls == (
        ToolCall("call_1", "book", '{"day": "Tuesday"}'),
        ToolCall("call_2", "book", '{"day": Tues'),
        ToolCall("call_3", "book", '{"day": "Friday"}'),
    )


def test_a_dialogue_with_tool_turns_is_sent_in_the_provider_s_shape():
    messages = (
        Message("user", "Book it."),
        Message("assistant", "", (ToolCall("call_1", "book", "{}"),)),
        Message("tool", "done", tool_call_id="call_1"),
    )
    _, asked = ask(Answer(completion()), Question(messages))
    _, second, third = asked[0].body["messages"]
    assert second["tool_calls"] == [
        {"id": "call_1", "type": "function", "function": {"name": "book", "arguments": "{}"}}
    ]
    assert third == {"role": "tool", "content": "done", "tool_call_id": "call_1"}


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": None, "refusal": "I cannot help with that."}, "I cannot help with that."),
        ({"content": [{"type": "text", "text": "One. "}, {"type": "text", "text": "Two."}]}, "One. Two."),
        ({"content": None}, ""),
    ],
)
def test_text_is_found_wherever_a_server_puts_it(message, text):
    reply, _ = ask(Answer(completion(**message)))
    assert reply.text == text


def test_questions_are_asked_together_and_answered_in_order():
    with serving(lambda asked, _: Answer(completion(asked.body["messages"][0]["content"].upper()))) as server:
        model = load_model(f"openai:small@{server.url}/v1")
        replies = ask_directly(model, [Question((Message("user", f"q{n}"),)) for n in range(40)])
    assert [reply.text for reply in replies] == [f"Q{n}" for n in range(40)]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 529])
def test_an_overloaded_server_is_a_fault_that_passes(status):
    error = fault(Answer({"error": {"message": "too much at once"}}, status, {"Retry-After": "3"}), TransientFault)
    assert f"answered {status}: too much at once" in error.reason
    assert error.retry_after == 3


@pytest.mark.parametrize(
    "answer",
    [Answer(reset=True), Answer(completion(), cut=40), Answer(b'{"choices": [{"mess'), Answer({"id": "x"})],
    ids=["reset", "cut off", "half a body", "no choices"],
)
def test_a_broken_answer_is_a_fault_that_passes(answer):
    assert "openai:small" in fault(answer, TransientFault).reason


def test_a_server_that_is_not_there_is_named_with_the_reason():
    with serving(Answer(completion())) as server:
        gone = server.url
    with pytest.raises(TransientFault) as caught:
        ask_directly(load_model(f"openai:small@{gone}/v1"), [HELLO])
    assert gone in caught.value.reason
    assert "refused" in caught.value.reason.lower() or "connect" in caught.value.reason.lower()


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_is_permanent_and_in_the_provider_s_words(status, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    error = fault(Answer({"error": {"message": "The model `small` says no."}}, status), PermanentFault)
    assert f"answered {status}: The model `small` says no." in str(error)
    assert ("Set OPENAI_API_KEY" in str(error)) == (status == 401)
    assert ("base URL end in /v1" in str(error)) == (status == 404)


def test_a_bad_request_is_in_the_provider_s_words():
    error = fault(Answer({"detail": "maximum context length is 512 tokens"}, 400), UserError)
    assert str(error).endswith("answered 400: maximum context length is 512 tokens")


def test_a_page_instead_of_json_points_at_the_base_url():
    error = fault(Answer(b"<html>Welcome</html>", kind="text/html"), UserError)
    assert "<html>Welcome</html>" in str(error)
    assert "ends in /v1" in str(error)


def test_an_error_within_a_successful_answer_is_not_taken_for_an_empty_reply():
    lasting = {"error": {"message": "no credit left", "code": 402}}
    passing = {"error": {"message": "upstream is busy", "code": 429}}
    assert "no credit left" in str(fault(Answer(lasting), UserError))
    assert "upstream is busy" in fault(Answer(passing), TransientFault).reason


def test_a_prompt_stopped_by_the_provider_s_filter_is_an_empty_reply():
    reply, _ = ask(Answer({"error": {"message": "filtered", "code": "content_filter"}}, 400))
    assert (reply.text, reply.finish_reason) == ("", "content_filter")


def test_an_unknown_host_is_not_tried_again_and_again():
    with pytest.raises(PermanentFault, match=r"cannot be reached.*"):
        ask_directly(load_model("openai:small@http://no-such-host.invalid/v1"), [HELLO])
