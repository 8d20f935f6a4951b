"""Keys stay out of everything that is written, nothing is sent but to the named endpoint, files are their owner's."""

import json
import subprocess
import sys

import pytest
from hostile_project import HostileProject, environment
from loopback import Answer, completion, serving

from pytest_rlhfstress.conversation import Message
from pytest_rlhfstress.errors import UserError
from pytest_rlhfstress.models import Question, TransientFault, ask_directly, load_model

pytest.importorskip("aiohttp", reason="needs aiohttp (pip install 'pytest-rlhfstress[openai]')")
CANARY = "sk-canary-4711-never-seen-anywhere"
SPEC = """
from hypothesis import given
from pytest_rlhfstress import cases

@given(case=cases("bank", urgency="fraud"))
def test_it(case, model_under_test):
    assert model_under_test(case).shows("freeze")
"""
ECHO = {"error": {"message": f"Incorrect API key provided: {CANARY}", "param": f"Bearer {CANARY}"}}
HTML = f"<html>Authorization: Bearer {CANARY}</html>".encode()
FAILURES = {
    "401": Answer(ECHO, 401),
    "403 as a page": Answer(HTML, 403, kind="text/html"),
    "400": Answer(ECHO, 400),
    "418": Answer(ECHO, 418),
    "429": Answer(ECHO, 429),
    "500": Answer(ECHO, 500),
    "502 as a page": Answer(HTML, 502, kind="text/html"),
    "error with status 200": Answer(ECHO),
    "no choices": Answer({"said": CANARY}),
    "page with status 200": Answer(HTML, kind="text/html"),
    "broken JSON": Answer(b'{"' + CANARY.encode(), kind="application/json"),
    "redirection": Answer({}, 307, headers={"Location": f"http://127.0.0.1:9/?key={CANARY}"}),
    "header": Answer(ECHO, 500, headers={"Retry-After": CANARY}),
}


@pytest.fixture(autouse=True)
def _canary(monkeypatch):
    for name in ("OPENAI_API_KEY", "RLHF_REWARD_API_KEY", "MY_SECRET"):
        monkeypatch.setenv(name, CANARY)


@pytest.mark.parametrize("name", FAILURES)
def test_a_key_that_the_provider_repeats_is_in_no_error(name):
    with serving(FAILURES[name]) as server, pytest.raises((UserError, TransientFault)) as caught:
        ask_directly(load_model(f"openai:m@{server.url}/v1"), [Question((Message("user", "Hello?"),))])
    assert server.asked[0].headers["authorization"] == f"Bearer {CANARY}"
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("name", FAILURES)
def test_a_key_that_a_reward_model_repeats_is_in_no_error(name, monkeypatch):
    pytest.importorskip("openai", reason="needs openai (pip install 'pytest-rlhfstress[openai]')")
    from pytest_rlhfstress.rewards import http_endpoint, load_reward

    monkeypatch.setattr(http_endpoint, "TRIES", 1)
    with serving(FAILURES[name]) as server, pytest.raises(UserError) as caught:
        load_reward(f"{server.url}/pooling?model=m").score([([{"role": "user", "content": "Hi."}], "Hello.")])
    assert server.asked[0].headers["authorization"] == f"Bearer {CANARY}"
    assert CANARY not in str(caught.value)


QUOTED = 'sk-canary "4711" é/never'


def escaped(text):
    r"""As JSON with every character written as an escape: ``\\u0073\\u006b...``."""
    return "".join(f"\\u{ord(c):04x}" for c in text)


@pytest.mark.parametrize("spec", ["openai:m@{}/v1", "litellm:openai/m@{}/v1"])
@pytest.mark.parametrize("key", [CANARY, QUOTED], ids=["plain", "quoted"])
def test_a_key_is_in_no_part_of_a_reply_however_json_writes_it(key, spec, monkeypatch):
    if spec.startswith("litellm"):
        pytest.importorskip("litellm", reason="needs litellm (pip install 'pytest-rlhfstress[litellm]')")
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("MY_SECRET", key)
    calls = [
        json.dumps({"key": key}),
        json.dumps({"key": [key]}, ensure_ascii=False),
        f'{{"key": "{escaped(key)}"}}',
        json.dumps({"key": key})[:-1],
    ]
    made = [{"id": "1", "type": "function", "function": {"name": "book", "arguments": text}} for text in calls]
    whole = completion("TEXT", tool_calls=made)
    body = json.dumps(whole).replace("TEXT", escaped(f"My key is {key}."))
    with serving(Answer(body.encode())) as server:
        (reply,) = ask_directly(load_model(spec.format(server.url)), [Question((Message("user", "Hello?"),))])
    assert reply.text == "My key is ***."
    assert [call.arguments for call in reply.tool_calls] == [
        '{"key": "***"}',
        '{"key": ["***"]}',
        '{"key": "***"}',
        '{"key": "***"',
    ]


def test_arguments_without_a_key_stay_as_the_model_wrote_them():
    written = r'{"name": "Jos\u00e9", "path": "a\/b" }'
    made = [{"id": "1", "type": "function", "function": {"name": "book", "arguments": written}}]
    with serving(Answer(completion(None, tool_calls=made))) as server:
        (reply,) = ask_directly(load_model(f"openai:m@{server.url}/v1"), [Question((Message("user", "Hello?"),))])
    assert reply.tool_calls[0].arguments == written


@pytest.mark.parametrize(
    "spec",
    [f"openai:m@http://127.0.0.1:9/v1?api_key={CANARY}", f"openai:m@http://user:{CANARY}@127.0.0.1:9/v1"],
    ids=["as an option", "as a password"],
)
def test_a_key_in_a_models_spec_is_refused_without_being_repeated(spec):
    with pytest.raises(UserError) as caught:
        load_model(spec)
    assert CANARY not in str(caught.value)


def test_a_key_in_an_exception_of_ones_own_function_is_not_shown():
    def bot(messages):
        raise RuntimeError(f"refused: {CANARY}")

    from pytest_rlhfstress.models import model_from

    with pytest.raises(UserError, match="refused") as caught:
        ask_directly(model_from(bot), [Question((Message("user", "Hello?"),))])
    assert CANARY not in str(caught.value)


@pytest.fixture
def project(tmp_path):
    made = HostileProject(tmp_path)
    made.write("test_one.py", SPEC)
    return made


ALL_REPORTS = (
    "--rlhf-report=reports/out.html", "--rlhf-export=exports/pairs.jsonl", "--junitxml=out.xml",
    "--rlhf-store=stores/kept.sqlite", "-vv", "--showlocals", "-rA", "--rlhf-concurrency=4", "--rlhf-reward=bot:reward",
)  # fmt: skip


def everything(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc"}


def test_a_key_that_the_assistant_repeats_is_in_no_file_and_each_file_is_its_owners_alone(project):
    with serving(Answer(completion(f"Hello. My key is {CANARY}. Your balance is shown in the app."))) as server:
        ended = project.run(*ALL_REPORTS, model=f"openai:m@{server.url}/v1")
    assert ended.report["verdict"] == "FAIL"
    assert "My key is ***" in ended.said
    written = everything(project.folder)
    assert {"out.html", "pairs.jsonl", "out.xml", "kept.sqlite", "out.json"} <= {p.name for p in written}
    assert CANARY not in ended.said
    assert [p.name for p, content in written.items() if CANARY.encode() in content] == []
    ours = [
        p for p in written if p.suffix in (".json", ".html", ".jsonl", ".sqlite") and ".pytest_cache" not in p.parts
    ]
    assert len(ours) >= 5
    assert [p for p in ours if p.stat().st_mode & 0o077] == []
    made = [project.folder / name for name in ("reports", "exports", "stores", ".pytest_cache/d/rlhfstress")]
    assert [p for p in made if p.stat().st_mode & 0o077] == []


def test_a_key_in_a_refusal_is_in_no_output_store_or_report(project):
    with serving(FAILURES["401"]) as server:
        ended = project.run(*ALL_REPORTS, model=f"openai:m@{server.url}/v1")
    assert ended.report["verdict"] == "INCONCLUSIVE"
    assert "Incorrect API key provided: ***" in ended.said
    assert CANARY not in ended.said
    assert [p.name for p, content in everything(project.folder).items() if CANARY.encode() in content] == []


GUARD = """
import json, sys

def note(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        with open("contacted.jsonl", "a") as file:
            file.write(json.dumps([event, str(arguments[1:] if event == "socket.connect" else arguments[:2])]) + "\\n")

sys.addaudithook(note)
"""


def contacted(project):
    file = project.folder / "contacted.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_nobody_is_contacted_but_the_named_endpoint(project):
    project.write("guard.py", GUARD)
    with serving(Answer(completion("I have frozen your account."))) as server:
        ended = project.run("-p", "guard", "--rlhf-report=out.html", model=f"openai:m@{server.url}/v1")
        port = server.url.rpartition(":")[2]
        prompts = len(server.asked)
    assert ended.status == 0, ended.said
    assert prompts > 30
    assert {where for _, where in contacted(project)} == {f"(('127.0.0.1', {port}),)"}


def test_the_embedded_clinic_contacts_nobody(project):
    project.write("guard.py", GUARD)
    project.write("test_one.py", SPEC.replace('shows("freeze")', "text"))
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "guard", "test_one.py", "--rlhf-cases=60"],
        cwd=project.folder, env=environment(), capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert "NO MODEL CONFIGURED" in ended.stdout
    assert contacted(project) == []
