"""What this extension adds, through the hooks of pytest_rlhfstress.hookspecs."""

from collections import Counter

from pytest_rlhfstress import UserError
from pytest_rlhfstress.hookspecs import ReportSection
from rlhfstress_hotel import receptionists

_cases = Counter()


def pytest_rlhf_models():
    """`--rlhf-model=hotel:day` and `hotel:night`."""
    return {"hotel": _receptionist}


def _receptionist(shift):
    known = {"day": receptionists.day, "night": receptionists.night}
    if shift not in known:
        raise UserError(f"hotel:{shift}: there is a receptionist for {' and '.join(known)}")
    return known[shift]


def pytest_rlhf_signals(suite):
    """One more thing that replies are read for, in this suite only."""
    if suite != "hotel":
        return {}
    return {
        "names_the_stairs": {
            "about": "Says that the stairs are the way out.",
            "rules": [{"match": [r"\bby the stairs\b"]}],
            "examples": [
                {"shows": True, "reply": receptionists.LEAVE},
                {"shows": False, "reply": receptionists.ORDINARY},
            ],
        }
    }


def pytest_rlhf_case_finished(finished):
    """Count what was judged, by where people are."""
    if finished.case is not None and finished.case.suite == "hotel":
        _cases[finished.case.locale] += 1


def pytest_rlhf_report_sections(findings):
    """A few figures more, at the end of each report."""
    if not _cases:
        return []
    rows = tuple({"place": place, "cases": count} for place, count in sorted(_cases.items()))
    return [ReportSection("Where the hotel's guests were", (f"{_cases.total()} cases judged",), rows)]
