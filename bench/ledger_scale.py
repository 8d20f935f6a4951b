"""The coverage ledger over a million generated pairs, beside a plain loop, DuckDB and Polars for the same counts.

Run: python bench/ledger_scale.py [rows] [folder]     (pip install polars duckdb)
Each measurement has a process of its own, so that its peak memory is its own. Every contestant counts how often each
(family, act of the chosen reply, act of the rejected one) occurs; all must agree, or the script ends with an error.
"""

import hashlib
import json
import random
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from pytest_rlhfstress.instruments.coverage_ledger import Ledger
from pytest_rlhfstress.instruments.families import JOINT, Families
from pytest_rlhfstress.preferences import open_preferences
from pytest_rlhfstress.suites import load_suite

ACTS = {
    "booking": [r"\bbooked\b"],
    "escalation": [r"\b911\b"],
    "false_reassurance": [r"\bnothing to worry\b"],
    "refusal": [r"\bcan't help\b"],
}
REPLIES = (
    "Call 911 now. Do not wait for an appointment.",
    "I have booked you for next Tuesday at 10:00.",
    "It is probably nothing to worry about; I have booked you for next week.",
    "Your balance is $40; I have refunded the second charge.",
    "I'm sorry, I can't help with that.",
    "Your prescription was sent to the pharmacy.",
)
SMALL, WHOLE = ("ledger_plain", "ledger"), ("ledger", "polars", "duckdb", "plain_loop")
FROM_LINES_ONLY = ("plain_loop", "ledger_plain")


def family_expressions():
    suite = load_suite("healthcare")
    intents = {}
    for entry in suite.entries["intent"].values():
        intents.setdefault(entry.family, []).extend(entry.keywords)
    return {**{name: intents[name] for name in sorted(intents)}, **suite.matter_patterns}


def generate(file, rows, seed=0):
    suite, rng = load_suite("healthcare"), random.Random(seed)
    intents, duties, pressures = (
        [says for entry in suite.entries[c].values() for says in entry.says] for c in ("intent", "duty", "pressure")
    )
    with file.open("w") as out:
        for _ in range(rows):
            said = [rng.choice(intents)]
            said += [rng.choice(duties)] if rng.random() < 0.2 else []
            said += [rng.choice(pressures)] if rng.random() < 0.3 else []
            said.append(f"My reference is {rng.randrange(10**7)}.")
            chosen, rejected = ([{"role": "assistant", "content": text}] for text in rng.sample(REPLIES, 2))
            prompt = [{"role": "user", "content": " ".join(said)}]
            row = {"prompt": prompt, "chosen": chosen, "rejected": rejected, "margin": round(rng.random(), 3)}
            out.write(json.dumps(row) + "\n")


def to_parquet(jsonl, parquet):
    import polars as pl

    pl.scan_ndjson(jsonl).sink_parquet(parquet, row_group_size=50_000)


def plain_loop(file):
    """What somebody writes in ten lines."""
    families = {name: [re.compile(w, re.I) for w in written] for name, written in family_expressions().items()}
    acts = {name: [re.compile(w, re.I) for w in written] for name, written in ACTS.items()}

    def name(parts, text):
        return JOINT.join(part for part, found in parts.items() if any(one.search(text) for one in found))

    counts = Counter()
    with file.open() as lines:
        for line in lines:
            row = json.loads(line)
            texts = (row[part][-1]["content"] for part in ("prompt", "chosen", "rejected"))
            counts[tuple(name(parts, text) for parts, text in zip((families, acts, acts), texts, strict=True))] += 1
    return counts


def ledger(file, batched=True):
    data, families, acts = open_preferences(file), Families(family_expressions()), Families(ACTS)
    known = {}

    def act(reply):
        if reply not in known:
            known[reply] = acts.of(reply)
        return known[reply]

    pairs = families.ahead(data.pairs()) if batched else data.pairs()
    found = Ledger.of(pairs, family=families.of_pair, act=act)
    counts = Counter()
    for profile, n in found.profiles.items():
        counts[profile.family, profile.chosen, profile.rejected] += n
    return counts


def ledger_plain(file):
    return ledger(file, batched=False)


def polars(file):
    import polars as pl

    scan = pl.scan_parquet(file) if file.suffix == ".parquet" else pl.scan_ndjson(file)

    def named(column, expressions):
        text = pl.col(column).list.last().struct.field("content")
        shown = [
            pl.when(pl.any_horizontal(text.str.contains(f"(?i){w}") for w in written)).then(pl.lit(part))
            for part, written in expressions.items()
        ]
        return pl.concat_str(shown, separator=JOINT, ignore_nulls=True).alias(column)

    query = (
        scan.select(named("prompt", family_expressions()), named("chosen", ACTS), named("rejected", ACTS))
        .group_by("prompt", "chosen", "rejected")
        .len()
    )
    return Counter({tuple(row[:3]): row[3] for row in query.collect(engine="streaming").iter_rows()})


def duckdb(file):
    import duckdb as database

    source = f"read_json('{file}', format='newline_delimited')" if file.suffix == ".jsonl" else f"'{file}'"
    words = []

    def named(column, expressions):
        cases = []
        for part, written in expressions.items():
            words.extend(written)
            either = " or ".join(
                ["regexp_matches(text, ?, 'i')".replace("text", f"{column}[-1].content")] * len(written)
            )
            cases.append(f"case when {either} then '{part}' end")
        return f"concat_ws('{JOINT}', {', '.join(cases)}) as {column}"

    columns = ", ".join([named("prompt", family_expressions()), named("chosen", ACTS), named("rejected", ACTS)])
    rows = database.execute(
        f"select prompt, chosen, rejected, count(*) from (select {columns} from {source}) group by all", words
    ).fetchall()
    return Counter({tuple(row[:3]): row[3] for row in rows})


def peak_megabytes():
    """The most memory this program held; ru_maxrss would begin with what its parent held."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(int(line.split()[1]) / 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM"))


def measure(name, file):
    """One contestant in this process: its seconds, peak megabytes and a digest of its counts, as JSON."""
    started, started_cpu = time.perf_counter(), time.process_time()
    counts = globals()[name](file)
    seconds, cpu = time.perf_counter() - started, time.process_time() - started_cpu
    peak = peak_megabytes()
    digest = hashlib.sha256(repr(sorted(counts.items())).encode()).hexdigest()[:12]
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak, "digest": digest, "pairs": sum(counts.values())}))


def row_of(name, file, rows):
    ran = subprocess.run([sys.executable, __file__, "measure", name, file], capture_output=True, text=True, check=True)
    found = json.loads(ran.stdout)
    kind = file.suffix[1:]
    print(
        f"| {name} | {kind} | {rows:,} | {rows / found['seconds']:,.0f} | {rows / found['cpu']:,.0f} | "
        f"{found['peak']:,.0f} | {found['digest']} |",
        flush=True,
    )
    return found["pairs"], found["digest"]


def main(rows, folder):
    folder.mkdir(parents=True, exist_ok=True)
    print("| contestant | file | pairs | pairs/s | pairs/s of CPU | peak MB | counts |\n|---|---|---|---|---|---|---|")
    for size, contestants in ((rows // 10, SMALL), (rows, WHOLE)):
        jsonl, parquet = folder / f"{size}.jsonl", folder / f"{size}.parquet"
        if not jsonl.exists():
            generate(jsonl, size)
        if not parquet.exists():
            to_parquet(jsonl, parquet)
        results = {
            row_of(name, file, size)
            for name in contestants
            for file in (jsonl, parquet)
            if file is jsonl or name not in FROM_LINES_ONLY
        }
        if len(results) != 1 or {pairs for pairs, _ in results} != {size}:
            raise SystemExit(f"the contestants disagree: {results}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["measure"]:
        measure(sys.argv[2], Path(sys.argv[3]))
    else:
        main(int((sys.argv[1:] or ["1000000"])[0].replace("_", "")), Path((sys.argv[2:] or ["ledger_scale_data"])[0]))
