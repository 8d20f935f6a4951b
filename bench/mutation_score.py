"""The healthcare suite's mutation score: weaken an invariant or a signal, and see whether the zoo notices.

Run: python bench/mutation_score.py     (writes its part of docs/zoo.md and prints what nothing noticed)
A mutant is noticed where all counterexamples of some defect vanish from the invariant written for it, or where a
careful assistant is red. For signals it is also said whether their own labelled examples would notice, which are tried
whenever the suite is loaded.
"""

import ast
import copy
import functools
import inspect
import sys
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests" / "zoo"), str(ROOT / "bench")]

from pages import write_part  # noqa: E402
from zoo_animals import CAREFUL, DEFECTS, careful, spoiled  # noqa: E402
from zoo_dialogue_defects import DIALOGUE_DEFECTS, spoiled_talker  # noqa: E402
from zoo_dialogue_hunt import Talking, breaks_in, dialogue_specs, dialogue_stream  # noqa: E402
from zoo_hunt import FOLDER, Asked, breaks, signals, specs, stream  # noqa: E402
from zoo_talkers import careful_talker  # noqa: E402
from zoo_voices import PLAIN, TERSE, WARM  # noqa: E402

from pytest_rlhfstress.suites import load_suite  # noqa: E402
from pytest_rlhfstress.suites.reading import read_source  # noqa: E402
from pytest_rlhfstress.suites.signals import Signals  # noqa: E402

CAREFUL_STEP = 3
LANGUAGES = ("in_spanish", "in_french", "in_german")
UNLESS = ("unless", "unless_before", "unless_after", "unless_reply")


@dataclass(frozen=True)
class Mutant:
    """One weakening: of the body of an invariant, or of a signal."""

    about: str
    kind: str
    bodies: dict
    read: object
    examples_notice: bool | None = None


# --- invariants ---------------------------------------------------------------------------------------------------


class _Change(ast.NodeTransformer):
    """Applies ``change`` to the ``at``-th node it accepts."""

    def __init__(self, change, at):
        self.change, self.left, self.done = change, at, False

    def visit(self, node):
        node = self.generic_visit(node)
        changed = self.change(node)
        if changed is None:
            return node
        self.left -= 1
        if self.left != -1:
            return node
        self.done = True
        return ast.copy_location(changed, node)


def deleted(node):
    return ast.Pass() if isinstance(node, ast.Assert) else None


def negated(node):
    return ast.Assert(ast.UnaryOp(ast.Not(), node.test)) if isinstance(node, ast.Assert) else None


def condition_negated(node):
    return ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse) if isinstance(node, ast.If) else None


def first_side_only(node):
    return node.values[0] if isinstance(node, ast.BoolOp) else None


def second_side_only(node):
    return node.values[1] if isinstance(node, ast.BoolOp) else None


def _called(node, name):
    return isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == name


def any_becomes_all(node):
    return ast.Call(ast.Name("all", ast.Load()), node.args, []) if _called(node, "any") else None


def order_swapped(node):
    return ast.Call(node.func, node.args[::-1], []) if _called(node, "precedes") else None


def order_forgotten(node):
    return ast.Constant(True) if _called(node, "precedes") else None


CHANGES = {
    "assert deleted": deleted,
    "assert negated": negated,
    "condition negated": condition_negated,
    "one side of an or": first_side_only,
    "other side of an or": second_side_only,
    "any becomes all": any_becomes_all,
    "order swapped": order_swapped,
    "order forgotten": order_forgotten,
}


def mutants_of_invariants():
    for file in sorted(FOLDER.glob("test_healthcare_*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        around = [n for n in tree.body if isinstance(n, ast.Assign)]
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name in specs():
                yield from _of_function(node, around)


def _of_function(function, around):
    for kind, change in CHANGES.items():
        for at in range(9):
            mutated = copy.deepcopy(function)
            mutated.decorator_list = []
            walker = _Change(change, at)
            mutated = walker.visit(mutated)
            if not walker.done:
                break
            module = ast.fix_missing_locations(ast.Module([*copy.deepcopy(around), mutated], []))
            scope = {}
            exec(compile(module, "mutant", "exec"), scope)
            yield Mutant(function.name, kind, {function.name: scope[function.name]}, signals().reading)


# --- signals ------------------------------------------------------------------------------------------------------


def mutants_of_signals():
    source = read_source(FOLDER).data
    used = signals_used()
    for name, fields in source["signals"].items():
        if name not in used:
            continue
        yield _signal_mutant(source, name, "never shown", {**fields, "rules": [{"match": ["(?!)"]}], "classifier": ""})
        yield _signal_mutant(source, name, "always shown", {**fields, "rules": [{"match": [r"\w+"]}]})
        for at, rule in enumerate(fields["rules"]):
            rest = [r for i, r in enumerate(fields["rules"]) if i != at]
            if rest:
                yield _signal_mutant(source, name, f"rule {at + 1} dropped", {**fields, "rules": rest})
            for kind in (*UNLESS, "questions"):
                if kind in rule:
                    without = {k: v for k, v in rule.items() if k != kind}
                    rules = [without if i == at else r for i, r in enumerate(fields["rules"])]
                    yield _signal_mutant(source, name, f"{kind} of rule {at + 1} dropped", {**fields, "rules": rules})
        if fields.get("classifier"):
            yield _signal_mutant(source, name, "classifier dropped", {**fields, "classifier": ""})


def signals_used():
    """The signals that some invariant asks for."""
    texts = [file.read_text("utf-8") for file in FOLDER.glob("test_healthcare_*.py")]
    texts += [str(e.expects) for e in next(iter(specs().values())).request.suite.entries["intent"].values()]
    constants = {n.value for text in texts for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant)}
    return constants & set(signals().names)


def _signal_mutant(source, name, kind, fields):
    mutated = Signals({name: fields}, source["locales"], source["locale"], wordings=source.get("wordings", {}))
    read = functools.cache(lambda text, locale: _Mixed(name, mutated.reading(text, locale), text, locale))
    wrong = any(
        bool(mutated.reading(e["reply"], e.get("locale", source["locale"])).evidence(name)) != e["shows"]
        for e in fields["examples"]
    )
    return Mutant(name, kind, {}, read, wrong)


@dataclass(frozen=True)
class _Reader:
    """What a suite's ``signals`` are to a dialogue, with readings of a mutant."""

    names: tuple[str, ...]
    reading: object


@dataclass(frozen=True)
class _Mixed:
    """A reading in which one signal is a mutant's."""

    name: str
    mutated: object
    text: str
    locale: str

    def evidence(self, signal):
        whole = self.mutated if signal == self.name else signals().reading(self.text, self.locale)
        return whole.evidence(signal)


# --- noticing -----------------------------------------------------------------------------------------------------


@functools.cache
def counterexamples(defect):
    """The cases of a run that break the defect's own invariant."""
    spec, asked = specs()[defect.own], Asked(spoiled(defect))
    return [case for case in stream(spec, 0) if breaks(spec.body, asked, case, defect.samples)]


def concerned(mutant):
    """The invariants that could tell the difference: the mutated one, or those that ask for the mutated signal."""
    if mutant.bodies:
        return mutant.bodies
    expected = {s for e in specs()[DEFECTS[0].own].request.suite.entries["intent"].values() for s in e.expects}
    words = {f'"{mutant.about}"'} | ({"case.expects"} if mutant.about in expected else set())
    if mutant.about in LANGUAGES:
        words.add("WRITTEN_BY")
    return {name: spec.body for name, spec in specs().items() if any(w in inspect.getsource(spec.body) for w in words)}


def notices(mutant):
    """Who notices, or None."""
    bodies = concerned(mutant)
    for defect in DEFECTS:
        if defect.own in bodies:
            asked = Asked(spoiled(defect), mutant.read)
            body = bodies[defect.own]
            if not any(breaks(body, asked, case, defect.samples) for case in counterexamples(defect)):
                return defect.name
    for voice in CAREFUL:
        for name, body in bodies.items():
            asked = Asked(careful(voice), mutant.read)
            if any(breaks(body, asked, case) for case in stream(specs()[name], 0)[::CAREFUL_STEP]):
                return voice.name
    return None if mutant.bodies else notices_in_dialogues(mutant)


@functools.cache
def failing_dialogues(defect):
    """The dialogues of a run that break the defect's own invariant."""
    spec, talking = dialogue_specs()[defect.own], Talking(spoiled_talker(defect, PLAIN))
    return [dialogue for dialogue in dialogue_stream(spec.name) if breaks_in(spec, talking, dialogue)]


def notices_in_dialogues(mutant):
    """Who of the dialogues' zoo notices a mutated signal, or None."""
    suite = load_suite("healthcare")
    suite = replace(suite, signals=_Reader(suite.signals.names, mutant.read))
    for defect in DIALOGUE_DEFECTS:
        talking = Talking(spoiled_talker(defect, PLAIN), suite)
        if not any(breaks_in(dialogue_specs()[defect.own], talking, d) for d in failing_dialogues(defect)):
            return defect.name
    for voice in (PLAIN, TERSE, WARM):
        talking = Talking(careful_talker(voice), suite)
        for name, spec in dialogue_specs().items():
            if any(breaks_in(spec, talking, d) for d in dialogue_stream(name)[::CAREFUL_STEP]):
                return voice.name
    return None


def main():
    strong = notices(Mutant("", "", {name: spec.body for name, spec in specs().items()}, signals().reading))
    strong = strong or notices_in_dialogues(Mutant("", "", {}, signals().reading))
    if strong is not None:
        raise SystemExit(f"{strong} is judged wrongly before anything is weakened")
    lines = [
        "| weakened | mutants | noticed by the zoo | by the zoo or the signals' own examples |",
        "|---|---|---|---|",
    ]
    totals = [0, 0, 0]
    for title, mutants in (("invariants", mutants_of_invariants()), ("signals", mutants_of_signals())):
        count, by_zoo, by_any = 0, 0, 0
        for mutant in mutants:
            noticed = notices(mutant)
            count += 1
            by_zoo += noticed is not None
            by_any += noticed is not None or bool(mutant.examples_notice)
            if noticed is None:
                also = "its examples notice" if mutant.examples_notice else "NOBODY notices"
                print(f"{mutant.about}: {mutant.kind}: {also}", flush=True)
        lines.append(f"| {title} | {count} | {by_zoo} ({by_zoo / count:.1%}) | {by_any} ({by_any / count:.1%}) |")
        print(lines[-1], flush=True)
        totals = [a + b for a, b in zip(totals, (count, by_zoo, by_any), strict=True)]
    count, by_zoo, by_any = totals
    lines.append(f"| together | {count} | {by_zoo} ({by_zoo / count:.1%}) | {by_any} ({by_any / count:.1%}) |")
    write_part("mutations", lines)


if __name__ == "__main__":
    main()
