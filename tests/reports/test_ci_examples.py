"""The CI files to copy: they parse, and say what this release understands."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

CI = Path(__file__).parent.parent.parent / "examples" / "ci"


def loaded(name):
    return yaml.safe_load((CI / name).read_text("utf-8"))


def commands():
    steps = loaded("github-actions.yml")["jobs"]["behaviour"]["steps"]
    yield next(step["run"] for step in steps if "pytest -n" in step.get("run", ""))
    yield next(line for line in loaded("gitlab-ci.yml")["behaviour"]["script"] if line.startswith("pytest "))


@pytest.mark.parametrize("command", list(commands()), ids=["github", "gitlab"])
def test_the_command_has_only_options_that_exist(command, pytester):
    given = [word for word in shlex.split(command.replace('"$SEED"', "1")) if word.startswith("--rlhf-")]
    known = pytester.runpytest("--help").stdout.str()
    for option in given:
        assert re.search(rf"{re.escape(option.partition('=')[0])}\b", known), option
    assert {"--rlhf-store=replies.sqlite", "--rlhf-report=behaviour.html", "--rlhf-fail-on=new"} < set(given)


def test_the_replies_are_cached_and_kept_after_a_failing_run():
    steps = loaded("github-actions.yml")["jobs"]["behaviour"]["steps"]
    uses = {step["uses"].partition("@")[0]: step for step in steps if "uses" in step}
    assert (
        uses["actions/cache/restore"]["with"]["path"] == uses["actions/cache/save"]["with"]["path"] == "replies.sqlite"
    )
    assert uses["actions/cache/save"]["if"] == uses["actions/upload-artifact"]["if"] == "always()"
    (replies, _) = loaded("gitlab-ci.yml")["behaviour"]["cache"]
    assert replies["when"] == "always"
    assert replies["paths"] == ["replies.sqlite"]
