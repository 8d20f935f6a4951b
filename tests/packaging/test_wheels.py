"""The product and the example extension as wheels, in an environment that holds nothing else of ours."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
EXTENSION = ROOT / "examples" / "hotel_extension"
pytest.importorskip("build", reason="build is not installed")
pytest.importorskip("hatchling", reason="hatchling is not installed")


def run(*command, **more):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300, **more)
    return done, done.stdout + done.stderr


def built(project, where, *kinds):
    done, said = run(sys.executable, "-m", "build", "--no-isolation", *kinds, "--outdir", where, project)
    assert done.returncode == 0, said


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """A folder with the wheels of both, and the product's source distribution."""
    folder = tmp_path_factory.mktemp("wheels")
    copy = folder / "hotel"
    shutil.copytree(EXTENSION, copy, ignore=shutil.ignore_patterns("__pycache__"))
    dist = folder / "dist"
    built(ROOT, dist, "--sdist", "--wheel")
    built(copy, dist, "--wheel")
    return dist


@pytest.fixture(scope="module")
def python(wheels, tmp_path_factory):
    """The interpreter of a fresh environment with both wheels; what they depend on is lent by this one."""
    folder = tmp_path_factory.mktemp("fresh")
    done, said = run(sys.executable, "-m", "venv", "--without-pip", folder)
    assert done.returncode == 0, said
    fresh = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    done, said = run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        fresh,
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        *wheels.glob("*.whl"),
    )
    assert done.returncode == 0, said
    return fresh


@pytest.fixture
def started(python, tmp_path):
    """Runs a command of the fresh environment in an empty folder."""
    lent = {"PYTHONPATH": sysconfig.get_path("purelib"), "PYTHONDONTWRITEBYTECODE": "1"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")} | lent
    return lambda *arguments: run(python, *arguments, cwd=tmp_path, env=environment)


def test_both_are_imported_from_the_fresh_environment(started, python):
    code = "import pytest_rlhfstress, rlhfstress_hotel; print(pytest_rlhfstress.__file__, rlhfstress_hotel.__file__)"
    done, said = started("-c", code)
    assert done.returncode == 0, said
    assert said.count(str(python.parent.parent)) == 2


def test_the_extensions_suite_model_signal_and_section_work_from_its_wheel(started):
    done, said = started("-m", "pytest", "--rlhf-suite=hotel", "--rlhf-model=hotel:night", "--rlhf-cases=60")
    assert done.returncode == 1, said
    assert "1 failed, 1 passed" in said
    assert "smallest message: 2 ingredients: duty:smoke + " in said
    assert "Where the hotel's guests were" in said
    done, said = started("-m", "pytest", "--rlhf-suite=hotel", "--rlhf-model=hotel:day", "--rlhf-cases=60")
    assert done.returncode == 0, said


def test_the_list_says_that_the_suite_is_installed(started):
    done, said = started("-m", "pytest", "--rlhf-list")
    assert done.returncode == 0, said
    assert "hotel 1 (installed): 2 specs, 3 signals" in said
    assert "healthcare 1.0 (shipped)" in said


def test_a_kind_that_refuses_says_what_there_is(started):
    done, said = started("-m", "pytest", "--rlhf-suite=hotel", "--rlhf-model=hotel:noon")
    assert done.returncode == 4, said
    assert "ERROR: hotel:noon: there is a receptionist for day and night" in said


def test_the_wheel_holds_the_suites_the_types_and_the_licence(wheels):
    names = zipfile.ZipFile(next(wheels.glob("pytest_rlhfstress-*.whl"))).namelist()
    assert "pytest_rlhfstress/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    files = [file for file in (ROOT / "suites").rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    shipped = {file.relative_to(ROOT / "suites").as_posix() for file in files}
    inside = {name.removeprefix("pytest_rlhfstress/shipped_suites/") for name in names if "shipped_suites" in name}
    assert shipped <= inside
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests")]


def test_the_index_would_take_them(wheels):
    pytest.importorskip("twine", reason="twine is not installed")
    done, said = run(sys.executable, "-m", "twine", "check", "--strict", *wheels.glob("pytest_rlhfstress-*"))
    assert done.returncode == 0, said
