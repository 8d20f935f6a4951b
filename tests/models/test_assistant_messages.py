"""What a function may return as an assistant's message, and what is refused instead of being read as silence."""

import datetime

import pytest

from pytest_rlhfstress import Message, UserError
from pytest_rlhfstress.models import Question, ask_directly, message_from, model_from


def answered(content, **more):
    def bot(messages):
        return {"role": "assistant", "content": content, **more}

    return ask_directly(model_from(bot), [Question((Message("user", "Hello?"),))])[0]


def calling(arguments):
    return {"tool_calls": [{"id": "1", "function": {"name": "book", "arguments": arguments}}]}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Hello.", "Hello."),
        (None, ""),
        ([], ""),
        ([{"type": "text", "text": "Hel"}, {"type": "image", "image": "x"}, {"type": "text", "text": "lo."}], "Hello."),
    ],
)
def test_content_comes_whole_in_parts_or_not_at_all(content, text):
    assert answered(content).text == text


@pytest.mark.parametrize("content", [b"Call 911.", 911, {"text": "Call 911."}, ["Call 911."], [b"Call 911."], True])
def test_content_that_nobody_can_read_is_no_empty_reply(content):
    with pytest.raises(UserError, match=r"bot returned an assistant message whose content is .*write a str, a list of"):
        answered(content)


loop: list = []
loop.append(loop)


@pytest.mark.parametrize("arguments", [{"at": datetime.datetime(2026, 1, 2)}, {"days": {"Tuesday"}}, loop])
def test_tool_arguments_that_json_cannot_hold_are_named_with_the_model(arguments):
    with pytest.raises(UserError, match=r"the model .*bot returned tool arguments that are no JSON: "):
        answered(None, **calling(arguments))
    with pytest.raises(UserError, match=r"model_under_test: .* has tool arguments that are no JSON: "):
        message_from({"role": "assistant", "content": None, **calling(arguments)})


def test_tool_arguments_may_come_decoded():
    (call,) = answered(None, **calling({"day": "Tuesday"})).tool_calls
    assert call.arguments == '{"day": "Tuesday"}'
