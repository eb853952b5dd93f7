"""A window of a propagation, looked at as closely as its pixels ask for.

Guarantees:

- A path that is said to be a line is within a pixel of every record in the window.
- A window of few intervals is drawn from its records, passed over once more; a wider one from
  what is kept, which is fine enough for that.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.cost_model import work
from sim.engine import kernel
from sim.engine.checkpoint import Checkpoint, reached, world_of
from sim.engine.downsampling import Bins, Path, joined, joined_path
from sim.engine.figure_data import Line, Window, draw, extent, line_of
from sim.engine.path_error import deviations
from sim.engine.polyline import Lines
from sim.intervals import PATH_BITS, SERIES_BITS, level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.engine.archive import Archive
    from sim.engine.figure_data import Frame, Overview
    from sim.engine.kernel import Floats

__all__ = ["look"]

_CLOSE_WORK: Final = 2**21  # 32 intervals of two agents, at 2 ms each
_REFINED_WORK: Final = 3 * 2**19  # 24 of them, beside what is kept
_SAMPLES_PER_PIXEL: Final = 4  # of a path that is no line: an orbit goes to and fro on the page


def look(
    kept: Archive,
    t0: float | None = None,
    t1: float | None = None,
    pixels: int = 1600,
    frame: Frame = "inertial",
    agents: int | None = None,
) -> Overview:
    """Return what is drawn of a window (None: all of it) on so many pixels."""
    # As floats also where whole numbers are asked for: those would be compiled for once more.
    low = 0.0 if t0 is None else float(t0)
    high = float(kept.clocks[-1].max() if t1 is None else t1)
    window = Window(
        t0=low,
        t1=high,
        intervals=kept.overlapping(low, high),
        pixels=pixels,
        frame=frame,
        agents=min(kept.agents, agents or kept.agents),
    )
    bins, lines = _closely(kept, window) if _is_worth_it(kept, window) else _from_kept(kept, window)
    if (t0, t1) != (None, None):
        bins = _bins_in(bins, kept.clocks[window.intervals.start], low, high)
    return draw(kept.trajectory.scenario, window, bins, lines)


def _is_worth_it(kept: Archive, window: Window) -> bool:
    """Whether passing over the window takes no longer than a person waits without noticing."""
    intervals = len(window.intervals)
    return intervals == 1 or _work(kept, intervals) <= _CLOSE_WORK


def _work(kept: Archive, intervals: int) -> float:
    """Return the work of passing over so many intervals."""
    return work(intervals * kept.interval, kept.trajectory.scenario)


# From what is kept.


def _from_kept(kept: Archive, window: Window) -> tuple[Bins, list[Line]]:
    """Return series and paths of what is kept; paths are lines where that is known to be true.

    What isn't sure is passed over once more, if it is of few intervals.
    """
    iterations = _iterations_in(kept, window)
    path = _kept_path(kept, window, _path_level(iterations, window.pixels))
    lines = [line_of(kept.trajectory.scenario, path, a, window.frame) for a in range(window.agents)]
    unsure = _unsure(kept, window, path, extent(lines) / window.pixels)
    again = sorted(set().union(*unsure))
    if _work(kept, len(again)) > _REFINED_WORK:
        lines = [
            _points(line) if intervals else line
            for line, intervals in zip(lines, unsure, strict=True)
        ]
    elif again:
        lines = _refined(kept, window, lines, again)
    return _kept_series(kept, window, _series_level(iterations, window.pixels)), lines


def _unsure(kept: Archive, window: Window, path: Path, pixel: float) -> list[set[int]]:
    """Return, for each agent, the intervals in which it may be farther than a pixel from a line."""
    bins, scenario = kept.bins(window.intervals), kept.trajectory.scenario
    unsure = []
    for a, most in enumerate(deviations(scenario, path, bins, window.agents, window.frame)):
        begins = path.states[:-1, a, 0][most > pixel]
        intervals = np.searchsorted(kept.clocks[:, a], begins, side="right") - 1
        unsure.append(set(np.clip(intervals, window.intervals[0], window.intervals[-1]).tolist()))
    return unsure


def _refined(kept: Archive, window: Window, lines: list[Line], intervals: list[int]) -> list[Line]:
    """Return lines with the corners of some intervals' records in the place of their samples."""
    corners = Lines(kept, window, every_record=False)
    whole = kept.interval.bit_length() - 1
    for interval in intervals:
        corners.go_over(kept.checkpoint(interval), kept.iterations_of(interval), whole, whole)
    refined = []
    for a, line in enumerate(lines):
        among = corners.line(a)
        if among is None:
            refined.append(_points(line))
            continue
        interval_of = np.searchsorted(kept.clocks[:, a], line.t, side="left") - 1
        refined.append(line.without(np.isin(interval_of, intervals)).merged(among))
    return refined


def _kept_series(kept: Archive, window: Window, wanted: int) -> Bins:
    """Return the kept series, at the level wanted or the finest that all intervals have."""
    bins = kept.bins(window.intervals)
    at = max(wanted, *(each.level for each in bins), _aligned(kept, window, SERIES_BITS))
    return joined(bins, at)


def _kept_path(kept: Archive, window: Window, wanted: int) -> Path:
    """Return the kept path likewise, from the window's first state to its last."""
    paths = kept.paths(window.intervals)
    at = max(wanted, *(each.level for each in paths), _aligned(kept, window, PATH_BITS))
    return _between_ends(kept, window, joined_path(paths, at))


def _aligned(kept: Archive, window: Window, bits: int) -> int:
    """Return the level of the whole, whose bins may be longer than an interval."""
    return level(kept.steps, bits) if len(window.intervals) == kept.intervals else 0


def _between_ends(kept: Archive, window: Window, path: Path) -> Path:
    """Return the path with the state that the intervals start from, and the last, in the window.

    And with what lies next to it, so that lines run on to the window's edges.
    """
    ends = kept.checkpoint(window.intervals.start), kept.end_of(window.intervals.stop - 1)
    start, end = (checkpoint.records[None, :, 0, 1:] for checkpoint in ends)
    if len(path.states) and (path.states[-1] == end[0]).all():
        end = end[:0]
    states = np.concatenate([start, path.states, end])
    times = states[:, :, 0]
    first = max(0, int(np.searchsorted(times.max(axis=1), window.t0)) - 1)
    stop = int(np.searchsorted(times.min(axis=1), window.t1, side="right")) + 1
    return Path(path.level, states[first:stop])


def _points(line: Line) -> Line:
    """Return a line's points alone."""
    return replace(line, mode="markers")


def _bins_in(bins: Bins, start: Floats, t0: float, t1: float) -> Bins:
    """Cut to the bins that overlap the window; the first of them begins at these clocks."""
    begins = np.vstack([start, bins.clocks[:-1]]).min(axis=1)
    shown = np.flatnonzero((bins.clocks.max(axis=1) >= t0) & (begins <= t1))
    cut = slice(shown[0], shown[-1] + 1) if len(shown) else slice(0)
    return Bins(bins.level, bins.series[cut], bins.clocks[cut])


# From records that are passed over once more.


def _closely(kept: Archive, window: Window) -> tuple[Bins, list[Line]]:
    """Return series and paths of records; paths are lines if they have few enough corners."""
    pieces = list(_pieces(kept, window))
    iterations = min(_iterations_in(kept, window), sum(count for _, count in pieces))
    series_level, path_level = (
        _whole_bins(kept, pieces, of(iterations, window.pixels))
        for of in (_series_level, _path_level)
    )
    lines = Lines(kept, window, every_record=path_level == 0)
    made = [lines.go_over(start, count, series_level, path_level) for start, count in pieces]
    path = _between_ends(kept, window, joined_path([each[1] for each in made], path_level))
    drawn = [
        lines.line(a) or _points(line_of(kept.trajectory.scenario, path, a, window.frame))
        for a in range(window.agents)
    ]
    if series_level >= max(bins.level for bins in kept.bins(window.intervals)):
        return _kept_series(kept, window, series_level), drawn
    return joined([each[0] for each in made], series_level), drawn


def _pieces(kept: Archive, window: Window) -> Iterator[tuple[Checkpoint, int]]:
    """Yield pieces of the trajectory that hold the window: checkpoints, and how far from there."""
    ends = {window.intervals.start, window.intervals.stop - 1}
    for interval in window.intervals:
        start, count = kept.checkpoint(interval), kept.iterations_of(interval)
        yield _sought(kept, window, start, count) if interval in ends else (start, count)


def _sought(kept: Archive, window: Window, start: Checkpoint, count: int) -> tuple[Checkpoint, int]:
    """Return what is in the window of so many iterations from a checkpoint."""
    steps, ring = start.resume()
    world = world_of(kept.trajectory)
    before, until, outcome = kernel.seek(world, steps, ring, count, window.t0, window.t1)
    if outcome != kernel.OK:
        raise AssertionError("A trajectory ends where it was passed over before.")
    scenario = kept.trajectory.scenario
    return reached(scenario, start.iteration + before, steps, ring), until - before


def _whole_bins(kept: Archive, pieces: list[tuple[Checkpoint, int]], wanted: int) -> int:
    """Return the level wanted, or the coarsest of which every piece begins with a whole bin."""
    starts = [start.iteration for start, _ in pieces if start.iteration]
    coarsest = kept.interval.bit_length() - 1
    return min([wanted, coarsest, *((at & -at).bit_length() - 1 for at in starts)])


# Levels.


def _iterations_in(kept: Archive, window: Window) -> int:
    """Return about how many iterations a window has."""
    intervals = window.intervals
    start, end = (float(kept.clocks[at].mean()) for at in (intervals.start, intervals.stop))
    shown = (min(window.t1, end) - max(window.t0, start)) / (end - start)
    iterations = min(intervals.stop * kept.interval, kept.steps) - intervals.start * kept.interval
    return max(1, math.ceil(iterations * min(1.0, max(0.0, shown))))


def _series_level(iterations: int, pixels: int) -> int:
    return (-(-iterations // pixels) - 1).bit_length()


def _path_level(iterations: int, pixels: int) -> int:
    return _series_level(iterations, min(1 << PATH_BITS, pixels * _SAMPLES_PER_PIXEL))
