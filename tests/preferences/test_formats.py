"""Preference data in the formats people have come out as the same pairs."""

import json

import pytest

from pytest_rlhfstress.conversation import Message
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.preferences import PreferencePair, Vote, open_preferences

ASKED = Message("user", "What colour is the sky?")
BLUE, GREEN = "It is blue.", "It is green."


def pairs_of(tmp_path, *rows, fields=None):
    file = tmp_path / "data.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return list(open_preferences(file, fields).pairs())


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": ASKED.content, "chosen": BLUE, "rejected": GREEN},
        {"prompt": [user(ASKED.content)], "chosen": [assistant(BLUE)], "rejected": [assistant(GREEN)]},
        {"chosen": [user(ASKED.content), assistant(BLUE)], "rejected": [user(ASKED.content), assistant(GREEN)]},
        {
            "prompt": ASKED.content,
            "chosen": [user(ASKED.content), assistant(BLUE)],
            "rejected": [user(ASKED.content), assistant(GREEN)],
        },
        {
            "chosen": f"\n\nHuman: {ASKED.content}\n\nAssistant: {BLUE}",
            "rejected": f"\n\nHuman: {ASKED.content}\n\nAssistant: {GREEN}",
        },
        {"prompt": f"\n\nHuman: {ASKED.content}\n\nAssistant:", "chosen": BLUE, "rejected": GREEN},
        {
            "conversations": [{"from": "human", "value": ASKED.content}],
            "chosen": {"from": "gpt", "value": BLUE},
            "rejected": {"from": "gpt", "value": GREEN},
        },
        {"instruction": ASKED.content, "input": "", "output_1": GREEN, "output_2": BLUE, "preference": 2},
        {
            "prompt": [{"role": "user", "content": [{"type": "text", "text": ASKED.content}]}],
            "chosen": [assistant(BLUE)],
            "rejected": [assistant(GREEN)],
        },
    ],
    ids=[
        "standard",
        "conversational",
        "implicit prompt as turns",
        "prompt repeated in the replies",
        "implicit prompt in a transcript",
        "explicit transcript",
        "legacy conversations",
        "numbered outputs",
        "content in parts",
    ],
)
def test_each_format_gives_the_same_prompt_and_replies(tmp_path, row):
    (pair,) = pairs_of(tmp_path, row)
    assert (pair.prompt, pair.chosen, pair.rejected) == ((ASKED,), BLUE, GREEN)
    assert not pair.tie
    assert [vote.choice for vote in pair.all_votes] == ["chosen"]


def test_an_implicit_prompt_of_texts_ends_with_a_whole_word(tmp_path):
    (pair,) = pairs_of(tmp_path, {"chosen": "The sky is grey today.", "rejected": "The sky is green today."})
    assert pair.prompt == (Message("user", "The sky is"),)
    assert (pair.chosen, pair.rejected) == ("grey today.", "green today.")


def test_a_last_turn_that_both_conversations_share_is_a_reply_and_no_prompt(tmp_path):
    turns = [user("Hello"), assistant("Hi")]
    (pair,) = pairs_of(tmp_path, {"chosen": turns, "rejected": turns})
    assert (pair.chosen, pair.rejected) == ("Hi", "Hi")


def test_a_conversation_keeps_its_system_message_and_earlier_turns(tmp_path):
    before = [{"role": "system", "content": "Be brief."}, user("Hi"), assistant("Hello"), user("Sky?")]
    (pair,) = pairs_of(tmp_path, {"chosen": [*before, assistant("Blue.")], "rejected": [*before, assistant("Green.")]})
    assert [m.role for m in pair.prompt] == ["system", "user", "assistant", "user"]
    assert pair.text == "Sky?"


def test_lists_of_chosen_and_rejected_replies_give_every_pair(tmp_path):
    row = {"id": "rb2", "prompt": "Sky?", "chosen": ["blue"], "rejected": ["green", "red", "grey"]}
    found = pairs_of(tmp_path, row)
    assert [(p.item, p.chosen, p.rejected) for p in found] == [
        ("rb2#1", "blue", "green"),
        ("rb2#2", "blue", "red"),
        ("rb2#3", "blue", "grey"),
    ]


@pytest.mark.parametrize("word", ["tie", "tie (bothbad)", "both_bad", 0, "similar"])
def test_a_tie_of_an_arena_is_kept_as_a_tie(tmp_path, word):
    row = {"prompt": "Sky?", "response_a": "blue", "response_b": "azure", "winner": word}
    other = {**row, "winner": "model_b"}
    tied, won = pairs_of(tmp_path, row, other)
    assert tied.tie
    assert tied.all_votes == (Vote("", "tie"),)
    assert (won.chosen, won.rejected, won.tie) == ("azure", "blue", False)


def test_an_arena_of_whole_conversations_with_one_column_a_winner_is_read(tmp_path):
    row = {
        "conversation_a": [user("Sky?"), assistant("green")],
        "conversation_b": [user("Sky?"), assistant("blue")],
        "winner_model_a": 0,
        "winner_model_b": 1,
        "winner_tie": 0,
    }
    (pair,) = pairs_of(tmp_path, row)
    assert (pair.text, pair.chosen, pair.rejected) == ("Sky?", "blue", "green")


def test_every_vote_of_wide_columns_is_kept_with_its_rater(tmp_path):
    row = {
        "instruction": "Say the colour.",
        "input": "sky",
        "response1": "green",
        "response2": "blue",
        "annotator1": 2,
        "annotator2": 2,
        "annotator3": 1,
        "annotator4": 0,
        "annotator5": None,
    }
    (pair,) = pairs_of(tmp_path, row)
    assert pair.text == "Say the colour.\n\nsky"
    assert (pair.chosen, pair.tie) == ("blue", False)
    assert [(v.rater, v.choice) for v in pair.votes] == [
        ("annotator1", "chosen"),
        ("annotator2", "chosen"),
        ("annotator3", "rejected"),
        ("annotator4", "tie"),
        ("annotator5", "abstain"),
    ]


def test_rows_of_one_item_by_several_raters_become_one_pair(tmp_path):
    def row(item, rater, winner):
        replies = {"response_a": "blue", "response_b": "green"}
        return {"item": item, "rater": rater, "prompt": "Sky?", **replies, "winner": winner}

    one, two = pairs_of(
        tmp_path, row("i1", "ann", "b"), row("i1", "bob", "a"), row("i1", "cy", "a"), row("i2", "ann", "a")
    )
    assert (one.item, one.chosen) == ("i1", "blue")
    assert one.votes == (Vote("ann", "rejected"), Vote("bob", "chosen"), Vote("cy", "chosen"))
    assert two.votes == (Vote("ann", "chosen"),)


def test_rows_of_one_item_in_either_order_of_replies_become_one_pair(tmp_path):
    rows = [
        {"id": 7, "rater": "ann", "prompt": "Sky?", "chosen": "blue", "rejected": "green"},
        {"id": 7, "rater": "bob", "prompt": "Sky?", "chosen": "green", "rejected": "blue"},
    ]
    (pair,) = pairs_of(tmp_path, *rows)
    assert pair.tie
    assert {(v.rater, v.choice) for v in pair.votes} == {("ann", "chosen"), ("bob", "rejected")}


def test_margins_scores_and_tools_come_along(tmp_path):
    row = {
        "prompt": "Sky?",
        "chosen": "blue",
        "rejected": "green",
        "margin": 1.5,
        "score_chosen": 8,
        "score_rejected": "3.5",
        "tools": json.dumps([{"type": "function", "function": {"name": "look_up"}}]),
    }
    (pair,) = pairs_of(tmp_path, row)
    assert (pair.margin, pair.score_chosen, pair.score_rejected) == (1.5, 8.0, 3.5)
    assert pair.tools[0]["type"] == "function"


def test_scores_belong_to_their_replies_when_the_second_won(tmp_path):
    row = {"prompt": "Sky?", "response_a": "green", "response_b": "blue", "winner": "b", "rater": "ann"}
    (pair,) = pairs_of(tmp_path, {**row, "score_chosen": 1.0, "score_rejected": 2.0})
    assert (pair.chosen, pair.score_chosen, pair.score_rejected) == ("blue", 2.0, 1.0)


def test_tool_calls_of_a_reply_are_part_of_its_text(tmp_path):
    call = {"id": "c", "type": "function", "function": {"name": "book", "arguments": '{"day": "Tue"}'}}
    row = {
        "prompt": [user("Book me.")],
        "chosen": [{"role": "assistant", "content": None, "tool_calls": [call]}],
        "rejected": [assistant("No.")],
    }
    (pair,) = pairs_of(tmp_path, row)
    assert pair.chosen == 'book({"day": "Tue"})'


def test_fields_of_other_names_are_mapped_by_the_user(tmp_path):
    row = {"task": "Name it.", "what": "sky", "good": "blue", "bad": "green", "how_sure": 2}
    (pair,) = pairs_of(tmp_path, row, fields="prompt=task+what, chosen=good, rejected=bad, margin=how_sure")
    assert (pair.text, pair.chosen, pair.rejected, pair.margin) == ("Name it.\n\nsky", "blue", "green", 2.0)


def test_the_user_says_which_number_means_which_reply(tmp_path):
    rows = [{"prompt": "Sky?", "response_a": "blue", "response_b": "green", "overall": value} for value in (-2, 0, 3)]
    fields = "winner=overall,first_is=-3|-2|-1,tie_is=0,second_is=1|2|3"
    first, tie, second = pairs_of(tmp_path, *rows, fields=fields)
    assert (first.chosen, tie.tie, second.chosen) == ("blue", True, "green")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("promt=task", "there is no part 'promt'; did you mean 'prompt'?"),
        ("prompt=taks", "there is no field 'taks' for prompt; did you mean 'task'?"),
        ("prompt", "'prompt' is not of the form prompt=COLUMN"),
    ],
)
def test_a_wrong_mapping_is_named_with_the_nearest_right_one(tmp_path, fields, said):
    with pytest.raises(UserError) as error:
        pairs_of(tmp_path, {"task": "t", "chosen": "a", "rejected": "b"}, fields=fields)
    assert said in str(error.value)


def test_pairs_with_listed_votes_are_read_back(tmp_path):
    row = {
        "prompt": "Sky?",
        "chosen": "blue",
        "rejected": "green",
        "votes": [{"rater": "ann", "choice": "chosen"}, {"rater": "bob", "choice": "tie"}],
    }
    (pair,) = pairs_of(tmp_path, row)
    assert pair == PreferencePair(
        (Message("user", "Sky?"),), "blue", "green", (Vote("ann", "chosen"), Vote("bob", "tie")), line=1
    )


def test_replies_with_labels_are_read_as_such_and_not_as_pairs(tmp_path):
    file = tmp_path / "unpaired.jsonl"
    rows = [
        {"prompt": "Sky?", "completion": "blue", "label": True},
        {"prompt": [user("Sky?")], "completion": [assistant("green")], "label": False},
    ]
    file.write_text("\n".join(map(json.dumps, rows)))
    data = open_preferences(file)
    assert [(r.text, r.reply, r.good) for r in data.labelled_replies()] == [
        ("Sky?", "blue", True),
        ("Sky?", "green", False),
    ]
    with pytest.raises(UserError, match=r"replies with a label each, not pairs: .* call labelled_replies\(\)"):
        list(data.pairs())


def test_ratings_are_read_from_long_rows_and_from_wide_columns(tmp_path):
    long = tmp_path / "long.csv"
    long.write_text("item_id,rater_id,severity,note\na,r1,1,x\na,r2,-3,y\nb,r1,,z\nb,r2,NaN,\n")
    found = list(open_preferences(long, "value=severity").ratings())
    assert [(r.item, r.rater, r.value) for r in found] == [
        ("a", "r1", 1.0),
        ("a", "r2", -3.0),
        ("b", "r1", None),
        ("b", "r2", None),
    ]
    wide = tmp_path / "wide.csv"
    wide.write_text("id,annotation_1,annotation_2\na,refusal,compliance\nb,refusal,\n")
    found = list(open_preferences(wide).ratings())
    assert [(r.item, r.rater, r.value) for r in found] == [
        ("a", "annotation_1", "refusal"),
        ("a", "annotation_2", "compliance"),
        ("b", "annotation_1", "refusal"),
        ("b", "annotation_2", None),
    ]
