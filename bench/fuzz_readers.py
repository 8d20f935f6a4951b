"""Every reader of the plugin fed with mutated and random input, by Hypothesis and by atheris: what was not a UserError.

Run: python bench/fuzz_readers.py [--inputs 100000] [READER ...]     (pip install atheris, for the coverage-guided half)
Half of the inputs come from Hypothesis, half from atheris; without atheris all of them come from Hypothesis.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "bench"))
SLOW = 3.0
"""Seconds of the processor after which an input counts as an error."""


@dataclass
class Tally:
    """What became of the inputs of one reader; ``errors`` counts what was no documented error, by place."""

    inputs: int = 0
    read: int = 0
    refused: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def note(self, read: Callable[[bytes], None], data: bytes) -> None:
        """Feed the reader with one input."""
        from pytest_rlhfstress.errors import UserError
        from pytest_rlhfstress.models import TransientFault

        self.inputs += 1
        began = time.process_time()
        try:
            read(data)
            self.read += 1
        except (UserError, TransientFault):
            self.refused += 1
        except Exception as error:
            self._wrong(f"{type(error).__name__} at {_place(error)}", data)
        if time.process_time() - began > SLOW:
            self._wrong("slow", data)

    def _wrong(self, what: str, data: bytes) -> None:
        self.errors[what] += 1
        self.examples.setdefault(what, repr(data[:400]))


def _place(error: Exception) -> str:
    ours = [f for f in traceback.extract_tb(error.__traceback__) if "pytest_rlhfstress" in f.filename]
    last = ours[-1] if ours else traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"


@contextmanager
def reader(name: str) -> Iterator[tuple[Callable[[bytes], None], list[bytes]]]:
    """The reader called ``name`` and its seeds, with a folder of its own."""
    from readers_fuzzed import READERS

    place = "/dev/shm" if Path("/dev/shm").is_dir() else None
    folder = Path(tempfile.mkdtemp(dir=place))
    try:
        yield READERS[name](folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


TOKENS = [
    b"", b"null", b"true", b"-1", b"1e999", b"NaN", b"9" * 5000, b'""', b"[]", b"{}", b"{{", b"}}", b"{%", b"%}",
    b": ", b"&a", b"*a", b"<<: ", b"!!python/name:os.system ", b"\xff\xfe", b"\x00", b"\n", b"\r", b"\t", b'"', b"'",
    b",", b"\\", b"\\ud800", b"\xf0\x9f\x98\x80", b"[" * 2000, b"(a+)+", b"<emergency>", b"|", b"join",
    b"__class__", b"0" * 400,
]  # fmt: skip
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def mutated(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A seed with a few edits, or bytes of no seed at all."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(st.binary(max_size=200))
    if kind == 1:
        return draw(st.text(max_size=200)).encode("utf-8", "surrogatepass")
    data = draw(st.sampled_from(seeds))
    if kind <= 5:
        changed = _json_changed(draw, data)
        if changed is not None:
            return changed
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 1, 1, 4, 30])))
        piece = draw(st.sampled_from(TOKENS) | st.binary(max_size=6))
        data = data[:start] + piece + data[end:]
    return data


def _json_changed(draw: st.DrawFn, data: bytes) -> bytes | None:
    """One line of JSON with one value somewhere in it replaced; None where it is no JSON."""
    lines = data.split(b"\n")
    at = draw(st.integers(0, len(lines) - 1))
    whole = data.startswith(b"{\n")
    try:
        document = json.loads(data if whole else lines[at])
    except ValueError:
        return None
    holders = [h for h in _holders(document) if h]
    if not holders:
        return None
    holder = draw(st.sampled_from(holders))
    key = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
    holder[key] = draw(JSON_VALUES)
    text = json.dumps(document).encode()
    return text if whole else b"\n".join([*lines[:at], text, *lines[at + 1 :]])


def _holders(value: object) -> Iterator[dict | list]:
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _holders(inner)


def by_hypothesis(name: str, inputs: int) -> Tally:
    """So many inputs made by Hypothesis."""
    tally = Tally()
    with reader(name) as (read, seeds):

        @seed(1)
        @settings(
            max_examples=inputs,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=[*HealthCheck],
        )
        @given(mutated(seeds))
        def feed(data: bytes) -> None:
            tally.note(read, data)

        feed()
    return tally


def by_atheris(name: str, inputs: int) -> Tally:
    """So many inputs made by atheris, in a process of its own, which ends when they are over."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "tally.json"
        command = [sys.executable, __file__, "--atheris", name, "--inputs", str(inputs), "--out", str(out)]
        ended = subprocess.run(command, capture_output=True, text=True)
        assert out.exists(), ended.stdout[-2000:] + ended.stderr[-2000:]
        found = json.loads(out.read_text())
    return Tally(**{**found, "errors": Counter(found["errors"])})


def _atheris_in_this_process(name: str, inputs: int, out: Path) -> None:
    import atheris

    with atheris.instrument_imports(include=["pytest_rlhfstress"]), reader(name) as (read, seeds):
        corpus = out.parent / "corpus"
        corpus.mkdir()
        for number, data in enumerate(seeds):
            (corpus / str(number)).write_bytes(data)
        (out.parent / "tokens.dict").write_text(
            "\n".join(
                '"' + "".join(f"\\x{byte:02x}" for byte in token) + '"' for token in TOKENS if 0 < len(token) < 64
            )
        )
        tally = Tally()

        def feed(data: bytes) -> None:
            tally.note(read, data)
            if tally.inputs >= inputs:
                out.write_text(json.dumps(asdict(tally)))

        # libFuzzer runs each seed first, and ends the process when it has had its runs.
        options = [f"-runs={inputs + len(seeds) + 10}", "-max_len=8000", f"-dict={out.parent / 'tokens.dict'}"]
        atheris.Setup([sys.argv[0], *options, "-verbosity=0", "-rss_limit_mb=0", str(corpus)], feed)
        atheris.Fuzz()


def fuzz(name: str, inputs: int) -> tuple[Tally, Tally]:
    """Half by each engine; all by Hypothesis where atheris is not installed."""
    if importlib.util.find_spec("atheris") is None:
        return by_hypothesis(name, inputs), Tally()
    return by_hypothesis(name, inputs // 2), by_atheris(name, inputs - inputs // 2)


def main() -> None:
    from pages import ROBUSTNESS, table
    from readers_fuzzed import READERS

    parser = argparse.ArgumentParser()
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--atheris")
    parser.add_argument("--out", type=Path)
    parser.add_argument("names", nargs="*", default=list(READERS))
    given_options = parser.parse_args()
    if given_options.atheris:
        _atheris_in_this_process(given_options.atheris, given_options.inputs, given_options.out)
        return
    rows, wrong = [], 0
    for name in given_options.names:
        drawn, guided = fuzz(name, given_options.inputs)
        errors = drawn.errors + guided.errors
        wrong += sum(errors.values())
        for what, example in {**guided.examples, **drawn.examples}.items():
            print(f"{name}: {what} ({errors[what]}): {example}", file=sys.stderr)
        rows.append(
            [name, f"{drawn.inputs:,}", f"{guided.inputs:,}", f"{drawn.read + guided.read:,}",
             f"{drawn.refused + guided.refused:,}", sum(errors.values())]
        )  # fmt: skip
        head = ["reader", "inputs by Hypothesis", "by atheris", "read", "refused with a UserError", "other errors"]
        # Written anew after each reader: all of them take long.
        table(
            ROBUSTNESS,
            "fuzzing",
            head,
            rows,
            "An input that takes more than three seconds of the processor is an error too.",
        )
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
