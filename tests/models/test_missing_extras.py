"""What happens where an extra is not installed, and that nothing heavy is imported before it is used."""

import subprocess
import sys

import pytest

from pytest_rlhfstress import Message, UserError
from pytest_rlhfstress.models import Question, ask_directly, load_model
from pytest_rlhfstress.rewards import load_reward

HELLO = Question((Message("user", "Hello?"),))
HEAVY = ("torch", "transformers", "openai", "aiohttp", "litellm", "numpy", "httpx", "httpx2", "huggingface_hub")


@pytest.fixture
def without(monkeypatch):
    """Makes imports of a package fail, as if it were not installed."""

    def forget(package):
        for name in [n for n in sys.modules if n == package or n.startswith(f"{package}.")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, package, None)

    return forget


@pytest.mark.parametrize(
    ("package", "spec", "extra"),
    [("aiohttp", "openai:m@http://127.0.0.1:9/v1", "openai"), ("litellm", "litellm:openai/m", "litellm")],
)
def test_a_missing_client_is_named_with_what_to_install(without, package, spec, extra):
    without(package)
    with pytest.raises(UserError, match=rf"pip install 'pytest-rlhfstress\[{extra}\]'"):
        ask_directly(load_model(spec), [HELLO])


@pytest.mark.parametrize("package", ["torch", "transformers"])
def test_local_models_name_the_extra_they_need(without, package, tmp_path):
    without(package)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UserError, match=r"pip install 'pytest-rlhfstress\[hf\]'"):
        ask_directly(load_model(f"hf:{tmp_path}"), [HELLO])
    with pytest.raises(UserError, match=r"pip install 'pytest-rlhfstress\[hf\]'"):
        load_reward(f"hf:{tmp_path}").score([([{"role": "user", "content": "Hello?"}], "Hi.")])


def test_an_endpoint_names_the_extra_it_needs(without):
    without("openai")
    with pytest.raises(UserError, match=r"pip install 'pytest-rlhfstress\[openai\]'"):
        load_reward("http://127.0.0.1:9/pooling").score([([{"role": "user", "content": "Hello?"}], "Hi.")])


def test_the_plugin_and_the_adapters_import_nothing_heavy(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    code = f"""
import sys
import pytest_rlhfstress.plugin
from pytest_rlhfstress.models import load_model
from pytest_rlhfstress.rewards import load_reward
for spec in ("openai:m", "litellm:openai/m", "hf:{tmp_path}"):
    load_model(spec)
for spec in ("hf:{tmp_path}", "http://127.0.0.1:9/pooling", "judge:openai:m"):
    load_reward(spec)
print([name for name in {HEAVY} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
