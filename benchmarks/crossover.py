"""The command that measures from how many steps or members on a cluster pays.

    python -m benchmarks.crossover [--repeats N] [trajectories] [ensembles]

measures each way at each count, and writes tables of docs/performance.md and the figures beside
it, of both chapters or of those named. Each repeat runs all ways of a chapter once, so that all see
the same state of the machine.
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

    from benchmarks.ways import Chapter

DOCS: Final = Path(__file__).parent.parent / "docs"
PAGE: Final = DOCS / "performance.md"
FIGURES: Final = DOCS / "images"
REPEATS: Final = 5

Times: TypeAlias = "Mapping[str, Mapping[int, Sequence[float]]]"  # seconds, by way and count


def main(arguments: list[str]) -> int:
    """Measure, write, and draw."""
    parser = ArgumentParser("python -m benchmarks.crossover", description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER")
    options = parser.parse_args(arguments)
    known = {chapter.name: chapter for chapter in ways.CHAPTERS}
    if unknown := set(options.chapters) - set(known):
        parser.error(f"chapters are {', '.join(known)}; not {', '.join(sorted(unknown))}")
    for name in options.chapters or known:
        _write(known[name], measured(known[name], options.repeats))
    return 0


def _write(chapter: Chapter, times: Times) -> None:
    begin, end = marks(chapter)
    before, rest = PAGE.read_text(encoding="utf-8").split(begin)
    _, after = rest.split(end)
    PAGE.write_text(f"{before}{begin}\n{tables(chapter, times)}\n{end}{after}", encoding="utf-8")
    figure = FIGURES / f"crossover-{chapter.name}.svg"
    chart.draw(chapter, times, figure)
    print(f"Written to {PAGE} and {figure}.")


def marks(chapter: Chapter) -> tuple[str, str]:
    """Return the lines of the page between which a chapter's tables stand."""
    begin, end = (f"<!-- measured {chapter.name}: {word} -->\n" for word in ("begin", "end"))
    return begin, end


def measured(chapter: Chapter, repeats: int) -> Times:
    """Measure all times of a chapter, `repeats` of each."""
    times: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stack:
        prepared = {way: stack.enter_context(way.prepare()) for way in chapter.ways}
        for repeat in range(repeats):
            for way, take in prepared.items():
                for steps in way.steps:
                    taken_s = take(steps)
                    times[way.name][steps].append(taken_s)
                    print(f"{repeat + 1}  {way.name:40} {steps:>11,}  {taken_s:.4g} s", flush=True)
    return times


def tables(chapter: Chapter, times: Times) -> str:
    """Return a chapter's tables, and from which counts a cluster is faster."""
    parts = []
    for title, subject in chapter.subjects.items():
        names = [way.name for way in subject]
        counts = sorted({steps for name in names for steps in times[name]})
        head = [title, *(f"{steps:,}" for steps in counts)]
        rows = [[name, *(_cell(times[name].get(steps)) for steps in counts)] for name in names]
        parts.append(_table(head, rows))
    parts.append(_break_even(chapter, times))
    return "\n".join(parts)


def _cell(taken: Sequence[float] | None) -> str:
    return "" if taken is None else spread(taken)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _break_even(chapter: Chapter, times: Times) -> str:
    sentences = []
    for alone, with_cluster in chapter.compared:
        ours, theirs = ways.medians(times[alone]), ways.medians(times[with_cluster])
        at = crossing(ours, theirs, chapter.unit)
        sentences.append(
            f"- {with_cluster[0].upper()}{with_cluster[1:]} is faster than {alone} {at}\n"
        )
    return "".join(sentences)


def crossing(ours: Mapping[int, float], theirs: Mapping[int, float], unit: str = "steps") -> str:
    """Return from about how many steps on theirs is faster, as the end of a sentence."""
    both = sorted(ours.keys() & theirs.keys())
    for low, high in pairwise(both):
        before, after = theirs[low] - ours[low], theirs[high] - ours[high]
        if before > 0 >= after:
            at = low + (high - low) * before / (before - after)
            return f"from about {float(f'{at:.1g}'):,.0f} {unit} on."
    return f"at no number of {unit} up to {both[-1]:,}."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
