"""The figures of docs/performance.md: time against a number, on logarithmic axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from matplotlib import rcParams
from matplotlib.figure import Figure

from benchmarks import ways

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from benchmarks.ways import Chapter

__all__ = ["draw"]

# Okabe and Ito's colours, told apart by everybody: https://jfly.uni-koeln.de/color/
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKS: Final = "osDv^x"


def draw(chapter: Chapter, times: Mapping[str, Mapping[int, Sequence[float]]], path: Path) -> None:
    """Draw a panel for each subject; medians as lines, lowest to highest as bars."""
    rcParams["svg.hashsalt"] = "porta"  # so that equal figures are equal files
    count = len(chapter.subjects)
    figure = Figure(figsize=(10 if count > 1 else 6, 4.4), layout="constrained")
    panels = figure.subplots(1, count, sharey=True, squeeze=False)[0]
    for panel, (title, subject) in zip(panels, chapter.subjects.items(), strict=True):
        _panel(panel, title, {way.name: times[way.name] for way in subject})
    panels[0].set_ylabel("seconds")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def _panel(panel: Axes, title: str, times: Mapping[str, Mapping[int, Sequence[float]]]) -> None:
    for (name, by_steps), colour, mark in zip(times.items(), COLOURS, MARKS, strict=False):
        steps = sorted(by_steps)
        medians = [ways.medians(by_steps)[each] for each in steps]
        below = [median - min(by_steps[each]) for median, each in zip(medians, steps, strict=True)]
        above = [max(by_steps[each]) - median for median, each in zip(medians, steps, strict=True)]
        panel.errorbar(
            steps, medians, [below, above], label=name, color=colour, marker=mark, ms=4, capsize=2
        )
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xlabel(title)
    panel.grid(alpha=0.3)
    panel.legend(fontsize="small", frameon=False)
