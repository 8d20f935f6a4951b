"""Writes the table of the zoo's dialogues: each defect, the dialogue that shows it, and what else sees it.

Run: python bench/zoo_dialogue_table.py
"""

import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "zoo"))

from pages import write_part
from zoo_dialogue_defects import DIALOGUE_DEFECTS, spoiled_talker
from zoo_dialogue_hunt import Talking, breaks_in, dialogue_hunt, dialogue_specs, dialogue_stream
from zoo_talkers import careful_talker
from zoo_voices import PLAIN, TERSE, WARM

VOICES = (PLAIN, TERSE, WARM)


def rows() -> tuple[list[str], list[int], list[int]]:
    lines, firsts, asked = [], [], []
    for defect in DIALOGUE_DEFECTS:
        talker = spoiled_talker(defect, PLAIN)
        found = dialogue_hunt(dialogue_specs()[defect.own], talker)
        assert found is not None, defect.name
        wrong = [n for n, s in dialogue_specs().items() if n not in (defect.own, *defect.also) and is_red(s, talker)]
        firsts.append(found.first)
        asked.append(found.asked)
        names = ", ".join(f"`{i}`" for i in found.dialogue.ingredients)
        cells = (
            defect.name,
            defect.own.removeprefix("test_").replace("_", " "),
            f"{found.first} / {found.asked}",
            f"{len(found.dialogue.moves)}: {names}",
            "yes" if found.minimal else "no",
            ", ".join(wrong) or "none",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return lines, firsts, asked


def is_red(spec, talker) -> bool:
    talking = Talking(talker)
    return any(breaks_in(spec, talking, dialogue) for dialogue in dialogue_stream(spec.name))


def main() -> None:
    lines, firsts, asked = rows()
    smallest = sum("| yes |" in line for line in lines)
    careful = sum(is_red(spec, careful_talker(voice)) for voice in VOICES for spec in dialogue_specs().values())
    said = (
        f"{len(lines)} of {len(DIALOGUE_DEFECTS)} defects are found by the invariant written for them: median "
        f"{statistics.median(firsts):g}, worst {max(firsts)} dialogues to the first failure, median "
        f"{statistics.median(asked):g} and worst {max(asked)} until it was smallest; {smallest} counterexamples are "
        f"1-minimal. Careful talkers in {len(VOICES)} voices against {len(dialogue_specs())} invariants: {careful} red."
    )
    head = "| defect | its invariant | first failure / smallest | turns: ingredients | 1-minimal | false alarms |"
    write_part("dialogues", [said, "", head, "|---|---|---|---|---|---|", *lines])


if __name__ == "__main__":
    main()
