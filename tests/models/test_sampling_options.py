"""How a model's spec is read: kinds, addresses and sampling options."""

import pytest

from pytest_rlhfstress import UserError
from pytest_rlhfstress.models import Sampling, load_model
from pytest_rlhfstress.models.sampling_options import split_sampling


def test_options_stand_at_the_end_of_the_spec_and_belong_to_the_identity():
    plain = load_model("openai:small@http://127.0.0.1:8000/v1/")
    warm = load_model("openai:small@http://127.0.0.1:8000/v1?temperature=0.7&seed=1")
    assert plain.identity == "openai:small@http://127.0.0.1:8000/v1"
    assert warm.identity == "openai:small@http://127.0.0.1:8000/v1?temperature=0.7&seed=1"
    assert warm.name == "openai:small@http://127.0.0.1:8000/v1?temperature=0.7&seed=1"
    assert load_model("openai:small@http://127.0.0.1:8000/v1?seed=1&temperature=0.70").identity == warm.identity


def test_every_option_is_read():
    path, sampling = split_sampling("m?temperature=0&top_p=0.9&seed=3&max_tokens=40&logprobs=true", "openai:m")
    assert path == "m"
    assert sampling == Sampling(temperature=0.0, top_p=0.9, seed=3, max_tokens=40, logprobs=True)


def test_a_question_s_own_setting_comes_before_the_spec_s():
    assert Sampling(temperature=0.0).over(Sampling(temperature=0.7, seed=1)) == Sampling(temperature=0.0, seed=1)


def test_the_base_url_comes_from_the_environment_where_the_spec_has_none(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://gpu:8000/v1")
    assert load_model("openai:small").identity == "openai:small@http://gpu:8000/v1"
    monkeypatch.delenv("OPENAI_BASE_URL")
    assert load_model("openai:small").identity == "openai:small@https://api.openai.com/v1"


def test_an_at_sign_within_a_model_s_name_is_no_address():
    assert load_model("litellm:vertex_ai/claude@20240620").identity == "litellm:vertex_ai/claude@20240620"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("openai:m?temprature=1", "there is no option 'temprature'; did you mean 'temperature'?"),
        ("openai:m?temperature=warm", "temperature=warm: write a number from 0"),
        ("openai:m?temperature=nan", "temperature=nan: write a number from 0"),
        ("openai:m?seed=-1", "seed=-1: write a whole number from 0"),
        ("openai:m?max_tokens=0", "max_tokens=0: write a whole number from 1"),
        ("openai:m?logprobs=yes", "logprobs=yes: write true or false"),
        ("openai:m?temperature=1@http://x/v1", "options stand at the end"),
        ("openai:@http://x/v1", "names no model before the @"),
        ("openai:", "names no model after the colon"),
        ("openai:m@http://me:secret@x/v1", "must not carry a password"),
        ("openia:gpt-4o", "did you mean 'openai'?"),
        ("litelm:anthropic/claude", "did you mean 'litellm'?"),
        ("litellm:claude", "write litellm:PROVIDER/MODEL"),
        ("http://127.0.0.1:8000/v1", "did you mean 'openai:MODEL@http://127.0.0.1:8000/v1'?"),
        ("my bot", "there is no model 'my bot'"),
    ],
)
def test_a_spec_that_cannot_be_read_is_answered_with_what_to_write(spec, said):
    with pytest.raises(UserError) as caught:
        load_model(spec)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_folder_alone_is_taken_for_a_forgotten_kind(tmp_path, monkeypatch):
    (tmp_path / "scheduler").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"did you mean 'hf:\./scheduler'\?"):
        load_model("./scheduler")
