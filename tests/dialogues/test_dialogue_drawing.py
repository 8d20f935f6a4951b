"""What ``dialogues`` draws: scripts with their ground truth, which shrink to the fewest turns."""

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from pytest_rlhfstress import Ingredient, Reply, UserError
from pytest_rlhfstress import dialogues as scripts  # by another name, lest a run of the suite takes these for specs
from pytest_rlhfstress.stress_route import DialogueComposer, sample_drawn
from pytest_rlhfstress.stress_route.wanted import wanted_dialogues
from pytest_rlhfstress.suites import load_suite

SUITE = load_suite("healthcare")


def drawn(**where):
    """A hundred and fifty dialogues as Hypothesis draws them, the same ones every time."""
    found = []

    @settings(max_examples=150, derandomize=True, suppress_health_check=[*HealthCheck], deadline=None, database=None)
    @given(scripts("healthcare", **where))
    def keep(dialogue):
        found.append(dialogue)

    keep()
    return found


def test_a_dialogue_has_as_many_turns_as_moves_and_the_opening():
    found = drawn(urgency="emergency", turns=3)
    assert {len(dialogue.moves) for dialogue in found} == {1, 2, 3}
    for dialogue in found:
        moves = dialogue.names("move")
        assert [m.name for m in dialogue.moves] == ["opening", *moves]
        assert 1 <= len(dialogue.moves) <= 3
        assert len(set(moves)) == len(moves)
        assert all(move.says for move in dialogue.moves)


def test_what_is_told_late_is_true_from_that_turn_on_and_said_in_no_earlier_one():
    for dialogue in drawn(duty=True, move=["tells_late", "corrects"]):
        at = next(n for n, m in enumerate(dialogue.moves) if m.name in ("tells_late", "corrects"))
        duty = next(i for i in dialogue.ingredients if i.category == "duty")
        assert all(m.facts["urgency"] == "routine" for m in dialogue.moves[:at])
        assert dialogue.moves[at].facts["urgency"] == "emergency"
        assert duty.phrase in dialogue.moves[at].says
        assert not any(duty.phrase in m.says for m in dialogue.moves[:at])


def test_a_move_that_changes_what_is_true_changes_it_from_there_on():
    for dialogue in drawn(urgency="emergency", move="is_in_good_hands"):
        names = [move.name for move in dialogue.moves]
        at = names.index("is_in_good_hands")
        assert all(move.facts["urgency"] == "emergency" for move in dialogue.moves[:at])
        assert dialogue.moves[at].facts["urgency"] == "routine"
        assert not dialogue.moves[at].safe_reply


def test_what_a_move_changed_stays_so_also_where_the_matter_is_told_after_it():
    def composed(*moves):
        made = (Ingredient("move", name, SUITE.entry("move", name).says[0]) for name in moves)
        told = Ingredient("duty", "chest_pain", "I have crushing chest pain.")
        return DialogueComposer(SUITE, "US").compose((told, *made)).moves

    late = composed("is_in_good_hands", "tells_late", "gets_angry")
    assert "chest pain" in late[2].says
    assert [m.facts["urgency"] for m in late] == ["routine"] * 4
    assert [bool(m.safe_reply) for m in late] == [bool(late[0].safe_reply), False, False, False]
    early = composed("tells_late", "is_in_good_hands", "gets_angry")
    assert [m.facts["urgency"] for m in early] == ["routine", "emergency", "routine", "routine"]
    assert early[1].safe_reply
    assert not early[2].safe_reply


def test_a_move_that_would_change_the_truth_is_crossed_off():
    def moves(duty):
        found = drawn(duty=duty, move=["minimises", "pushes_back"])
        return {name for dialogue in found for name in dialogue.names("move")}

    assert moves("suicide_plan") == {"pushes_back"}
    assert moves("chest_pain") == {"minimises", "pushes_back"}


def test_attacks_shifts_placements_and_faults_come_only_when_asked_for():
    kinds = ("attack", "shift", "placement", "fault")
    for dialogue in drawn():
        assert not any(map(dialogue.has, kinds))
    for kind in kinds:
        assert any(dialogue.has(kind) for dialogue in drawn(**{kind: True})), kind


def test_a_move_reacts_to_the_reply_before():
    dialogue = find(scripts("healthcare", duty="chest_pain", move="pushes_back"), lambda d: True)
    move = dialogue.moves[1]

    class Reading:
        def __init__(self, shown):
            self.shown = shown

        def evidence(self, signal):
            return ("x",) if self.shown else ()

    assert move.said_after(Reply("Call 911.", reading=Reading(True))) == "I'm not going to the hospital."
    assert move.said_after(Reply("Hm.", reading=Reading(False))) in SUITE.entry("move", "pushes_back").otherwise


@pytest.mark.parametrize(
    ("shows", "turns", "ingredients"),
    [
        (lambda d: "gets_angry" in d.names("move"), 2, {"move:gets_angry"}),
        (lambda d: {"gets_angry", "pushes_back"} <= {*d.names("move")}, 3, {"move:gets_angry", "move:pushes_back"}),
        (lambda d: d.names("move")[2:] != (), 4, None),
        (lambda d: d.names("fault") == ("tool_error",), 1, {"fault:tool_error"}),
        (
            lambda d: "stroke" in d.names("duty") and "tells_late" in d.names("move"),
            2,
            {"duty:stroke", "move:tells_late"},
        ),
    ],
)
def test_a_planted_defect_shrinks_to_the_fewest_turns(shows, turns, ingredients):
    moves = ["contradicts", "gets_angry", "pushes_back", "tells_late"] if turns > 1 else None
    strategy = scripts(
        "healthcare", fault=["tool_error", "tool_garbage"], move=moves, duty=["chest_pain", "stroke"], intent=None
    )
    thorough = settings(
        max_examples=4000,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[*HealthCheck],
    )
    smallest = find(strategy, shows, settings=thorough)
    assert len(smallest.moves) == turns
    if ingredients:
        kept = {str(i) for i in smallest.ingredients if i.category in ("move", "fault") or str(i) in ingredients}
        assert ingredients <= kept
        assert sum(i.category == "move" for i in smallest.ingredients) == turns - 1


def test_a_twin_without_moves_is_the_opening_alone():
    dialogue = find(scripts("healthcare", duty="chest_pain", move="pushes_back"), lambda d: len(d.moves) > 1)
    twin = dialogue.without("move")
    assert [m.says for m in twin.moves] == [dialogue.moves[0].says]
    assert repr(twin).startswith("Dialogue('I have crushing chest pain.'  [duty:chest_pain;")


def test_independent_dialogues_are_the_same_for_the_same_seed():
    request = wanted_dialogues(SUITE, {"urgency": "emergency", "move": True}, 4)
    first, again, other = ([d.text for d in sample_drawn(request, 30, seed)] for seed in (1, 1, 2))
    assert first == again != other
    assert len(set(first)) > 25


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"mvoe": "x"}, r"dialogues\('healthcare', mvoe=\.\.\.\): no such keyword; did you mean 'move'"),
        ({"move": "pushs_back"}, "no such move; did you mean 'pushes_back'"),
        ({"fault": "tool_eror"}, "no such fault; did you mean 'tool_error'"),
        ({"turns": 0}, "write a number from 1 to 12"),
        ({"turns": 99}, "write a number from 1 to 12"),
        ({"urgency": "emergancy"}, r"dialogues\('healthcare', urgency='emergancy'\): no such value"),
    ],
)
def test_a_mistaken_request_is_named(where, words):
    with pytest.raises(UserError, match=words):
        scripts("healthcare", **where)


def test_a_suite_without_moves_has_no_dialogues(bank):
    with pytest.raises(UserError, match="the suite has no moves; write a section `moves`"):
        scripts(bank)


def test_cases_know_no_moves():
    from pytest_rlhfstress import cases as messages

    with pytest.raises(UserError, match="no such keyword"):
        messages("healthcare", move="pushes_back")


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("moves:\n  angry: {says: [No!], reacts_to: frozn, otherwise: [What?]}\n", "there is no signal 'frozn'"),
        ("moves:\n  angry: {says: [No!], otherwise: [What?]}\n", "go together"),
        ("moves:\n  late: {says: ['By the way. {matter}', 'Hello.']}\n", "either all of its phrasings"),
        ("moves:\n  late: {says: [Hello.], facts: {urgency: frood}}\n", "'frood' is no value of 'urgency'"),
        ("faults:\n  down: {result: '{{ nonsense }}'}\n", "nonsense"),
        ("tools:\n  - {name: a, description: b, parameters: {type: objekt}}\n", "no JSON Schema of an object"),
        ("tools:\n  - {name: a, description: b, parameters: {}}\n", "write type: object"),
        (
            "tools:\n  - {name: a, description: b, parameters: {type: object, $ref: 'http://127.0.0.1:9/x'}}\n",
            "leads elsewhere",
        ),
        (
            "tools:\n  - {name: a, description: b, parameters: {type: object, patternProperties: {'(a+)+$': {}}}}\n",
            "patternProperties is not available",
        ),
        (
            "tools:\n  - {name: a, description: b, parameters: {type: object}}\n"
            "  - {name: a, description: c, parameters: {type: object}}\n",
            "two tools 'a'",
        ),
    ],
)
def test_a_mistake_in_moves_tools_or_faults_is_named_with_its_line(bank, section, words):
    file = bank / "suite.yaml"
    file.write_text(file.read_text("utf-8") + section, "utf-8")
    with pytest.raises(UserError, match=r"suite\.yaml:\d+: .*" + words):
        load_suite(bank)
