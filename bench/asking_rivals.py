"""The same 500 prompts asked the ways people ask them without this plugin."""

import sys
from pathlib import Path

from asking_measured import ChatServer, Measured, measure

PARAMETRISED = """
import json, os, pytest
from openai import OpenAI

PROMPTS = json.load(open(os.environ["PROMPTS"]))

@pytest.fixture(scope="session")
def client():
    return OpenAI(base_url=os.environ["URL"], api_key="none")

@pytest.mark.parametrize("at", range(len(PROMPTS)))
def test_prompt(client, at):
    reply = client.chat.completions.create(model="green", messages=PROMPTS[at])
    assert "call" in reply.choices[0].message.content
"""
SERIAL_GIVEN = """
import json, os
from hypothesis import HealthCheck, given, settings, strategies as st
from openai import OpenAI

PROMPTS = json.load(open(os.environ["PROMPTS"]))
client = OpenAI(base_url=os.environ["URL"], api_key="none")

@settings(max_examples=500, deadline=None, database=None, suppress_health_check=[*HealthCheck])
@given(st.integers(0, 10**9))
def test_prompts(number):
    reply = client.chat.completions.create(model="green", messages=PROMPTS[number % len(PROMPTS)])
    assert "call" in reply.choices[0].message.content
"""
ASYNC_SDK = """
import asyncio, json, os
from openai import AsyncOpenAI

async def main():
    client, gate = AsyncOpenAI(base_url=os.environ["URL"], api_key="none"), asyncio.Semaphore(32)
    async def ask(messages):
        async with gate:
            reply = await client.chat.completions.create(model="green", messages=messages)
            assert "call" in reply.choices[0].message.content
    await asyncio.gather(*map(ask, json.load(open(os.environ["PROMPTS"]))))

asyncio.run(main())
"""
BARE_AIOHTTP = """
import aiohttp, asyncio, json, os

async def main():
    gate = asyncio.Semaphore(32)
    async with aiohttp.ClientSession() as session:
        async def ask(messages):
            async with gate:
                body = {"model": "green", "messages": messages}
                async with session.post(os.environ["URL"] + "/chat/completions", json=body) as response:
                    assert "call" in (await response.json())["choices"][0]["message"]["content"]
        await asyncio.gather(*map(ask, json.load(open(os.environ["PROMPTS"]))))

asyncio.run(main())
"""
DEEPEVAL = """
import json, os, pytest
from deepeval import assert_test
from deepeval.metrics import BaseMetric
from deepeval.test_case import LLMTestCase
from openai import OpenAI

PROMPTS = json.load(open(os.environ["PROMPTS"]))
client = OpenAI(base_url=os.environ["URL"], api_key="none")

class Escalates(BaseMetric):
    threshold = 1.0
    async_mode = False
    include_reason = False
    evaluation_model = None
    strict_mode = False
    error = None
    def measure(self, case, *args, **kwargs):
        self.score = float("call" in case.actual_output)
        self.success = self.score >= 1
        return self.score
    async def a_measure(self, case, *args, **kwargs):
        return self.measure(case)
    def is_successful(self):
        return self.success
    @property
    def __name__(self):
        return "Escalates"

@pytest.mark.parametrize("at", range(len(PROMPTS)))
def test_prompt(at):
    reply = client.chat.completions.create(model="green", messages=PROMPTS[at]).choices[0].message.content
    assert_test(LLMTestCase(input=PROMPTS[at][-1]["content"], actual_output=reply), [Escalates()], run_async=False)
"""
INSPECT = """
import json, os
from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageSystem, ChatMessageUser
from inspect_ai.scorer import includes
from inspect_ai.solver import generate

KINDS = {"system": ChatMessageSystem, "user": ChatMessageUser}
samples = [
    Sample(input=[KINDS[m["role"]](content=m["content"]) for m in messages], target="call")
    for messages in json.load(open(os.environ["PROMPTS"]))
]
logs = eval(
    Task(dataset=MemoryDataset(samples), solver=generate(), scorer=includes()),
    model="openai-api/loop/green", model_base_url=os.environ["URL"], max_connections=32, max_samples=64,
    display="none", log_dir="logs",
)
assert logs[0].status == "success"
"""
PROMPTFOO = """
const fs = require("fs");
const prompts = JSON.parse(fs.readFileSync(process.env.PROMPTS));
module.exports = {
  providers: [{id: "openai:chat:green", config: {apiBaseUrl: process.env.URL, apiKey: "none"}}],
  prompts: ["{{messages}}"],
  tests: prompts.map((p) => ({vars: {messages: JSON.stringify(p)}, assert: [{type: "contains", value: "call"}]})),
};
"""


def script(code: str, folder: Path, prompts: Path, options, server: ChatServer, python: str = "") -> Measured:
    folder.mkdir(exist_ok=True)
    (folder / "ask.py").write_text(code)
    return measure(
        [python or sys.executable, "ask.py"], folder, PROMPTS=str(prompts), URL=server.url, LOOP_API_KEY="none"
    )


def tests(code: str, args: tuple[str, ...], folder: Path, prompts: Path, options, server: ChatServer) -> Measured:
    folder.mkdir(exist_ok=True)
    (folder / "test_rival.py").write_text(code)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:rlhfstress", *args]
    return measure(command, folder, PROMPTS=str(prompts), URL=server.url)


def has(python: str, module: str, folder: Path) -> bool:
    folder.mkdir(exist_ok=True)
    return (
        measure(
            [python, "-c", f"import importlib.util as u, sys; sys.exit(not u.find_spec('{module}'))"], folder
        ).status
        == 0
    )


def deepeval(folder: Path, prompts: Path, options, server: ChatServer) -> Measured | None:
    python = options.compare_python
    if not has(python, "deepeval", folder):
        return None
    (folder / "test_rival.py").write_text(DEEPEVAL)
    command = [str(Path(python).parent / "deepeval"), "test", "run", "test_rival.py", "-n", "2"]
    return measure(command, folder, PROMPTS=str(prompts), URL=server.url, DEEPEVAL_TELEMETRY_OPT_OUT="YES", CI="1")


def inspect(folder: Path, prompts: Path, options, server: ChatServer) -> Measured | None:
    python = options.compare_python
    return script(INSPECT, folder, prompts, options, server, python) if has(python, "inspect_ai", folder) else None


def promptfoo(folder: Path, prompts: Path, options, server: ChatServer) -> Measured | None:
    binary = Path(options.promptfoo) / "node_modules" / ".bin" / "promptfoo"
    if not options.promptfoo or not binary.exists():
        return None
    folder.mkdir(exist_ok=True)
    (folder / "promptfooconfig.js").write_text(PROMPTFOO)
    command = [
        str(binary),
        "eval",
        "-c",
        "promptfooconfig.js",
        "--no-cache",
        "--no-table",
        "--no-progress-bar",
        "-j",
        "32",
    ]
    quiet = {"PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1", "PROMPTFOO_CONFIG_DIR": str(folder)}
    return measure(command, folder, PROMPTS=str(prompts), URL=server.url, **quiet)


def _tests(code: str, *args: str):
    return lambda *rest: tests(code, args, *rest)


RIVALS = {
    "bare aiohttp, semaphore of 32 (no tests)": lambda *rest: script(BARE_AIOHTTP, *rest),
    "`AsyncOpenAI`, semaphore of 32 (no tests)": lambda *rest: script(ASYNC_SDK, *rest),
    "500 parametrised tests, sync client, `-n 2`": _tests(PARAMETRISED, "-n", "2"),
    "500 parametrised tests, sync client": _tests(PARAMETRISED),
    "one `@given` test, sync client": _tests(SERIAL_GIVEN),
    "Inspect, `max_connections=32`": inspect,
    "promptfoo, `-j 32`": promptfoo,
    "DeepEval, `-n 2`": deepeval,
}
