"""The command that measures from which step count a cluster pays, for docs/performance.md.

    python -m benchmarks.crossover [--repeats N]

measures each way at each step count, and writes the tables of docs/performance.md and the figure
beside it. Each repeat runs all ways once, so that all see the same state of the machine.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections import defaultdict
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from benchmarks import chart, ways
from benchmarks.report import spread

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DOCS: Final = Path(__file__).parent.parent / "docs"
PAGE: Final = DOCS / "performance.md"
FIGURE: Final = DOCS / "images" / "crossover.svg"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
REPEATS: Final = 5

Times: TypeAlias = "Mapping[str, Mapping[int, Sequence[float]]]"  # seconds, by way and steps


def main(arguments: list[str]) -> int:
    """Measure, write, and draw."""
    parser = ArgumentParser("python -m benchmarks.crossover", description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    times = measured(parser.parse_args(arguments).repeats)
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n{tables(times)}\n{END}{after}", encoding="utf-8")
    chart.draw(times, FIGURE)
    print(f"Written to {PAGE} and {FIGURE}.")
    return 0


def measured(repeats: int) -> Times:
    """Measure all times, `repeats` of each."""
    times: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stack:
        prepared = {way: stack.enter_context(way.prepare()) for way in ways.WAYS}
        for repeat in range(repeats):
            for way, take in prepared.items():
                for steps in way.steps:
                    taken_s = take(steps)
                    times[way.name][steps].append(taken_s)
                    print(f"{repeat + 1}  {way.name:40} {steps:>11,}  {taken_s:.4g} s", flush=True)
    return times


def tables(times: Times) -> str:
    """Return the page's tables, and from which step counts a cluster is faster."""
    parts = []
    for title, names in ways.SUBJECTS.items():
        counts = sorted({steps for name in names for steps in times[name]})
        head = [title, *(f"{steps:,}" for steps in counts)]
        rows = [[name, *(_cell(times[name].get(steps)) for steps in counts)] for name in names]
        parts.append(_table(head, rows))
    parts.append(_break_even(times))
    return "\n".join(parts)


def _cell(taken: Sequence[float] | None) -> str:
    return "" if taken is None else spread(taken)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _break_even(times: Times) -> str:
    sentences = []
    for alone, with_cluster in ways.COMPARED:
        at = crossing(ways.medians(times[alone]), ways.medians(times[with_cluster]))
        sentences.append(
            f"- {with_cluster[0].upper()}{with_cluster[1:]} is faster than {alone} {at}\n"
        )
    return "".join(sentences)


def crossing(ours: Mapping[int, float], theirs: Mapping[int, float]) -> str:
    """Return from about how many steps on theirs is faster, as the end of a sentence."""
    both = sorted(ours.keys() & theirs.keys())
    for low, high in pairwise(both):
        before, after = theirs[low] - ours[low], theirs[high] - ours[high]
        if before > 0 >= after:
            at = low + (high - low) * before / (before - after)
            return f"from about {float(f'{at:.1g}'):,.0f} steps on."
    return f"at no step count up to {both[-1]:,}."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
