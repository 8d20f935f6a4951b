"""The short form of bench/long_run.py: memory, and the store at the end of many cases."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent.parent / "bench"))


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc to tell the memory")
def test_memory_hardly_grows_with_the_cases_and_the_store_stays_whole(tmp_path):
    from long_run import long_run

    noted, facts = long_run(4000, tmp_path)
    assert [row["cases"] for row in noted[::5]] == [200, 1200, 2200, 3200]
    assert noted[-1]["cases"] == 4000
    assert noted[-1]["mb"] - noted[4]["mb"] < 30
    assert facts["whole"]
    assert facts["kept"] > 1500
