"""One tiny chat model, asked in this process and through its own OpenAI-compatible server, gives one result."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tiny_models import NEEDS_TORCH, save_chat_model

from pytest_rlhfstress import Message
from pytest_rlhfstress.models import Question, ask_directly, load_model

pytestmark = [
    pytest.mark.skipif(not find_spec("torch"), reason=NEEDS_TORCH),
    pytest.mark.skipif(
        not find_spec("uvicorn"), reason="needs fastapi and uvicorn (pip install 'transformers[serving]')"
    ),
    pytest.mark.skipif(not find_spec("aiohttp"), reason="needs aiohttp (pip install 'pytest-rlhfstress[openai]')"),
]
PATIENCE = 120


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_chat_model(tmp_path_factory.mktemp("chat"), max_position_embeddings=4096)


@pytest.fixture(scope="module")
def served(folder):
    """The base URL of ``transformers serve`` with the tiny model."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("transformers")), "serve", str(folder), "--port", str(port)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.communicate(timeout=30)


def wait_for(url, process):
    until = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < until, f"no server after {PATIENCE} s"
            time.sleep(0.2)


def test_the_same_greedy_replies_come_from_this_process_and_from_the_server(folder, served):
    questions = [Question((Message("user", text),)) for text in ("Hi.", "My chest hurts.", "¿Puedo pagar?", "x" * 60)]
    here = ask_directly(load_model(f"hf:{folder}?max_tokens=16"), questions)
    there = ask_directly(load_model(f"openai:{folder}@{served}?max_tokens=16&temperature=0"), questions)
    assert [reply.text for reply in here] == [reply.text for reply in there]
    assert [reply.usage.prompt_tokens for reply in here] == [reply.usage.prompt_tokens for reply in there]
    assert len({reply.text for reply in here}) > 1


@pytest.mark.parametrize("kind", ["hf", "openai"])
def test_a_suite_runs_against_it_and_finds_that_it_knows_nothing(pytester, bank, folder, served, kind):
    model = {"hf": f"hf:{folder}?max_tokens=8", "openai": f"openai:{folder}@{served}?max_tokens=8"}[kind]
    result = pytester.runpytest_subprocess(
        "--rlhf-suite=./bank",
        f"--rlhf-model={model}",
        "--rlhf-cases=20",
        "-k",
        "fraud_in_progress",
        "--junitxml=out.xml",
    )
    result.assert_outcomes(failed=1)
    found = {p.get("name"): p.get("value") for p in ElementTree.parse(pytester.path / "out.xml").iter("property")}
    assert (found["rlhf.verdict"], found["rlhf.model"]) == ("FAIL", model)
    assert int(found["rlhf.asked"]) > 0
    assert found["rlhf.reply"]
