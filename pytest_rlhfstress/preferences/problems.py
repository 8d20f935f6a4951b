"""What could not be read of preference data: counted, with line numbers, and a stop where it is too much."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from pytest_rlhfstress.errors import UserError

SHOWN = 20
ENOUGH_ROWS = 1000
"""Rows after which a share of bad ones above the limit stops the reading at once, not only at its end."""


class BadRowError(ValueError):
    """A row that is no preference pair; the text says why."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that could not be read: the line (from 1) of which file, and why."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"


@dataclass
class Problems:
    """What one reading of the data met. ``most_bad`` is the share of bad rows above which it stops."""

    name: str
    most_bad: float
    rows: int = 0
    bad: int = 0
    first: list[Problem] = field(default_factory=list)
    remarks: Counter[str] = field(default_factory=Counter)
    first_line: dict[str, int] = field(default_factory=dict)
    margins: int = 0
    without_margin: int = 0
    first_without_margin: int = 0
    choices: set[str] = field(default_factory=set)

    def add(self, problem: Problem) -> None:
        """Count a bad row. Raises UserError once there are too many of them."""
        self.bad += 1
        if len(self.first) < SHOWN:
            self.first.append(problem)
        if self.rows >= ENOUGH_ROWS:
            self.stop_if_too_many()

    def remark(self, text: str, line: int) -> None:
        """Count something worth saying of a row that was read all the same."""
        self.remarks[text] += 1
        self.first_line.setdefault(text, line)

    def saw_margin(self, given: bool, line: int) -> None:
        """Count a row with or without a margin: some with and some without is most often a mistake."""
        if given:
            self.margins += 1
            return
        self.without_margin += 1
        self.first_without_margin = self.first_without_margin or line

    def saw_choice(self, value: object) -> None:
        """Remember a recorded choice, to notice a file that knows only 0 and 1."""
        if len(self.choices) < 4:
            self.choices.add(str(value).removesuffix(".0"))

    def stop_if_too_many(self) -> None:
        """Raises UserError where more than ``most_bad`` of the rows read so far are bad."""
        if self.rows and self.bad > self.most_bad * self.rows:
            shown = "\n".join(f"  {problem}" for problem in self.first[:5])
            raise UserError(
                f"{self.name}: {self.bad} of {self.rows} rows cannot be read as preference data "
                f"(at most {self.most_bad:.0%} may be left out):\n{shown}\n"
                "Mend the file, or say which field is which: prompt=COLUMN,chosen=COLUMN,rejected=COLUMN"
            )

    @property
    def lines(self) -> tuple[str, ...]:
        """Everything to be said of the reading, one sentence each; empty where all went well."""
        said = []
        if self.bad:
            said.append(f"{self.name}: {self.bad} of {self.rows} rows were left out")
            said += [f"  {problem}" for problem in self.first]
            if self.bad > len(self.first):
                said.append(f"  and {self.bad - len(self.first)} more")
        said += [
            f"{self.name}: {text} in {count} of {self.rows} rows, first in line {self.first_line[text]}"
            for text, count in self.remarks.items()
        ]
        if self.margins and self.without_margin:
            rows = self.margins + self.without_margin
            said.append(
                f"{self.name}: margin is missing in {self.without_margin} of {rows} rows, "
                f"first in line {self.first_without_margin}; a trainer that uses it needs it in all"
            )
        if self.choices == {"0", "1"}:
            said.append(
                f"{self.name}: the choices are only ever 0 or 1; 1 was read as the first reply and 0 as a tie. "
                "If they mean the two replies, write first_is=0,second_is=1"
            )
        return tuple(said)
