"""The healthcare suite's files as plain data, merged the way the suite includes them."""

from pathlib import Path

import pytest
import yaml

SUITES = Path(__file__).parents[2] / "suites"
FOLDER = SUITES / "healthcare"


def included(name):
    return SUITES / f"{name}.yaml" if name.startswith("common/") else FOLDER / name


@pytest.fixture(scope="session")
def vocabulary():
    merged = yaml.safe_load((FOLDER / "suite.yaml").read_text("utf-8"))
    for name in merged["include"]:
        for section, entries in yaml.safe_load(included(name).read_text("utf-8")).items():
            if isinstance(entries, dict):
                merged.setdefault(section, {}).update(entries)
            else:
                merged[section] = entries
    return merged


@pytest.fixture(scope="session")
def suite():
    from pytest_rlhfstress.suites import load_suite

    return load_suite("healthcare")
