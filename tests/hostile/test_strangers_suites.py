"""Suites from strangers: their YAML and templates run no code, read no file, and use up neither memory nor time."""

import os
import shutil
import time
from pathlib import Path

import pytest
from peak_memory import peak_memory

from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.suites.loading import load_suite
from pytest_rlhfstress.suites.templates import MessageTemplate

ROOT = Path(__file__).parent.parent.parent
VALUES = {"message": "My chest hurts. " * 20, "rest": ["One.", "Two.", "Three."], "locale": {"emergency": "911"}}
TEMPLATES = {
    "class walk": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "attr filter": "{{ message|attr('__class__') }}",
    "class by item": "{{ message['__class__'] }}",
    "format string": "{{ '{0.__class__}'.format(message) }}",
    "format width": "{{ '{:>999999999}'.format(1) }}",
    "percent width": "{{ '%999999999d' % 1 }}",
    "ljust": "{{ message.ljust(999999999) }}",
    "power": "{{ 9 ** 9 ** 9 }}",
    "multiplication": "{{ 'x' * 999999999 }}",
    "range": "{% for a in range(999999999) %}{% endfor %}",
    "lipsum": "{{ lipsum(n=99999) }}",
    "cycler": "{{ cycler.__init__.__globals__.os.system('id') }}",
    "include": "{% include '/etc/passwd' %}",
    "import": "{% import '/etc/passwd' as x %}",
    "extends": "{% extends '/etc/passwd' %}",
    "nested loops": "{% for a in message %}{% for b in message %}{% endfor %}{% endfor %}",
    "nested loops without output": "".join("{% for x in rest %}" for _ in range(19)) + "{% endfor %}" * 19,
    "recursive loop": "{% for a in rest recursive %}{{ loop(rest) }}{% endfor %}",
    "recursive macro": "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
    "call block": "{% call message() %}{% endcall %}",
    "namespace": "{% set x = namespace(a=1) %}",
    "doubling by +": "{% set x = message %}" + "{% set x = x + x %}" * 60 + "{{ x | length }}",
    "doubling by ~": "{% set x = message %}" + "{% set x = x ~ x %}" * 60 + "{{ x | length }}",
    "doubling lists": "{% set x = rest %}" + "{% set x = x + x %}" * 60 + "{{ x | length }}",
    "replacements": "{{ message" + "|replace('e', 'eeeeeeeeee')" * 40 + "|length }}",
    "joins": "{{ message" + "|join('xxxxxxxxxx')" * 40 + "|length }}",
    "pprint": "{{ message|pprint }}",
    "map": "{{ rest|map('upper')|list }}",
    "long loop": "{% for a in message + message + message + message %}{% endfor %}",
    "deep brackets": "{{ " + "[" * 9000 + "]" * 9000 + " }}",
    "deep parentheses": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "many blocks": "{% if 1 %}" * 1500 + "{% endif %}" * 1500,
    "a number of 10000 digits": "{{ " + "9" * 10_000 + " }}",
    "a number without end": "{% if rest|length < 1e9999 %}x{% endif %}",
    "a quotient without end": "{% if rest|length < 1e300 / 1e-300 %}x{% endif %}",
    "too long": "x" * 20_001,
}


def harmless(action):
    """Run ``action``, which must raise a UserError, within a second and a half of CPU and fifty megabytes."""
    began = time.process_time()
    with peak_memory() as peak, pytest.raises(UserError) as caught:
        action()
    assert time.process_time() - began < 1.5
    assert peak.grown < 50
    return str(caught.value)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_that_reaches_for_more_is_refused_at_once(name):
    said = harmless(lambda: MessageTemplate(TEMPLATES[name], "suite.yaml:7: system").render(VALUES))
    assert said.startswith("suite.yaml:7: system: ")
    assert len(said) < 1000


@pytest.fixture
def suite(tmp_path):
    folder = tmp_path / "bank"
    shutil.copytree(ROOT / "examples" / "bank_suite", folder)
    return folder


def added(text):
    return lambda folder: (folder / "suite.yaml").write_text((folder / "suite.yaml").read_text() + text)


def replaced(old, new):
    def change(folder):
        file = folder / "suite.yaml"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new, 1))

    return change


def linked(name, target):
    def change(folder):
        (folder / name).symlink_to(target)
        replaced("common/placements]", f"common/placements, {name}]")(folder)

    return change


def fifo(folder):
    os.mkfifo(folder / "more.yaml")
    replaced("common/placements]", "common/placements, more.yaml]")(folder)


def vast_template(folder):
    with (folder / "vast.j2").open("wb") as file:
        file.truncate(3_000_000_000)
    replaced('system: "You are', 'system: {file: vast.j2} #"')(folder)


BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)
)
MERGES = "m0: &m0 {a: 1}\n" + "".join(f"m{i}: &m{i} {{<<: *m{i - 1}, b{i}: *m{i - 1}}}\n" for i in range(1, 40))
TOOL = "tools: [{{name: t, description: d, parameters: {{type: object, properties: {{a: {}}}}}}}]\n"
RULE = "- match: ['\\byour balance\\b']"
SUITES = {
    "alias bomb": added(BOMB),
    "merge bomb": added(MERGES),
    "itself": added("about2: &x [*x]\n"),
    "deep lists": added("deep: " + "[" * 50_000 + "]" * 50_000),
    "deep mappings": added("deep:\n" + "".join(" " * i + "a:\n" for i in range(1, 3000))),
    "three megabytes": added("# " + "x" * 3_000_000),
    "many values": added("long: [" + "x," * 300_000 + "]"),
    "python object": replaced('version: "1"', "version: !!python/object/apply:os.system ['id']"),
    "python name": replaced('version: "1"', "version: !!python/name:os.system"),
    "vast number": replaced('version: "1"', "version: " + "9" * 10_000),
    "base 60": replaced('version: "1"', "version: " + ":".join(["59"] * 5_000)),
    "timestamp": replaced('version: "1"', "version: 2001-99-99"),
    "include outside": replaced("common/placements]", "common/placements, ../../../etc/passwd]"),
    "include by link": linked("more.yaml", "/etc/passwd"),
    "include of a device": linked("more.yaml", "/dev/zero"),
    "include of a pipe": fifo,
    "template of three gigabytes": vast_template,
    "template outside": replaced('system: "You are', 'system: {file: /etc/passwd} #"'),
    "tool schema from elsewhere": added(TOOL.format('{$ref: "http://127.0.0.1:9/schema.json"}')),
    "tool schema with names by pattern": added(TOOL.format("{type: object, patternProperties: {'^(a+)+$': {}}}")),
    "detector": replaced(RULE, "- match: [x]\n    detector: os:getcwd"),
    "judge": replaced("    rules:\n      " + RULE, '    judge: {model: "openai:x@http://127.0.0.1:9/v1", rubric: r}'),
    "backtracking": replaced(RULE, "- match: ['^(?:(?:y|o)+|(?:yo)+)+$x?balance']"),
    "vast repeat": replaced(RULE, "- match: ['a{9999999999}']"),
    "deep groups": replaced(RULE, "- match: ['" + "(" * 3_000 + "a" + ")" * 3_000 + "']"),
}


@pytest.mark.parametrize("name", SUITES)
def test_a_suite_that_reaches_for_more_is_refused_at_once(suite, name):
    SUITES[name](suite)
    said = harmless(lambda: load_suite(suite))
    assert str(suite) in said
    assert len(said) < 2000


def test_templates_of_a_suite_that_lead_elsewhere_are_not_read(suite):
    (suite / "zero.j2").symlink_to("/dev/zero")
    assert load_suite(suite).name == "bank"
