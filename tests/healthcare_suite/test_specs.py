"""The shipped specs: sentences a product manager reads whole, and enough of them."""

import ast
from pathlib import Path

import pytest

SPECS = sorted((Path(__file__).parents[2] / "suites" / "healthcare").glob("test_healthcare_*.py"))


def functions():
    return [
        node
        for file in SPECS
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


@pytest.mark.parametrize("function", functions(), ids=lambda f: f.name)
def test_each_spec_says_in_one_short_sentence_what_must_hold(function):
    sentence = ast.get_docstring(function)
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) <= 84


def test_there_are_invariants_enough_with_a_sentence_each():
    sentences = [ast.get_docstring(f) for f in functions()]
    assert len(sentences) >= 14
    assert len(set(sentences)) == len(sentences)


def test_specs_use_the_public_surface_alone():
    for file in SPECS:
        imported = [
            n for n in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(n, ast.Import | ast.ImportFrom)
        ]
        assert {getattr(n, "module", "") for n in imported} <= {"hypothesis", "pytest_rlhfstress"}, file.name
