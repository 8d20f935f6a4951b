"""What a faulty, slow or hostile endpoint does to a run: it ends in time, within memory, and nothing is made up."""

import shutil

import pytest
from fault_server import ELSEWHERE, FAULTS, certificate_of_nobody, outcome_of
from peak_memory import peak_memory

pytest.importorskip("aiohttp", reason="needs aiohttp (pip install 'pytest-rlhfstress[openai]')")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    with certificate_of_nobody(tmp_path_factory.mktemp("tls")) as file:
        yield file


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_ends_in_time_as_a_reply_or_in_words_and_is_never_kept_as_a_reply(fault, request, tmp_path):
    certificate = request.getfixturevalue("certificate") if fault.tls else None
    with peak_memory() as peak:
        found = outcome_of(fault, certificate, tmp_path / "kept.sqlite")
    assert found.became == fault.becomes, found.said
    assert found.seconds < 60
    assert peak.grown < 90, "the whole body was held in memory"
    assert found.kept == (found.became == "reply")
    assert "127.0.0.1" in found.said or found.became == "reply"
    assert len(found.said) < 1000
    if "redirection" in fault.name:
        assert found.requests == 1
        assert ELSEWHERE in found.said
