"""A window of time of a propagation, drawn as finely as its pixels need.

Guarantees:

- A path with mode `lines` is within a pixel of every record in the window.
- A narrow window is drawn from its records, which are computed again; a wide one from the
  archive, which is fine enough for that.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final, get_args

import numpy as np

from sim import kernel
from sim.cost_model import work
from sim.engine.checkpoint import Checkpoint, checkpoint_at, system_of
from sim.engine.downsampling import Bins, Path, merged, merged_path
from sim.engine.figure_data import Frame, Line, Window, line_of, overview_of, pixel_of
from sim.engine.path_error import deviation_bounds
from sim.engine.polyline import PolylineBuilder
from sim.errors import RequestError
from sim.intervals import PATH_BITS, SERIES_BITS, level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.engine.archive import Archive
    from sim.engine.figure_data import Overview
    from sim.kernel import Floats

__all__ = ["archived_path", "draw_window", "iterations_in", "with_ends"]

_RECORDS_WORK: Final = 2**21  # 32 intervals of two agents, at 2 ms each
_REFINEMENT_WORK: Final = 3 * 2**19  # 24 of them, in addition to the archive
_REFINEMENT_S: Final = 0.03  # as long, of any model
_RECORDS_S: Final = 0.08  # where the archive is too coarse for the pixels
_FEW_BINS: Final = 4  # a bin this many pixels wide looks like a block
_SAMPLES_PER_PIXEL: Final = 4  # of a path without lines: an orbit crosses the page many times


def draw_window(
    archive: Archive,
    t0: float | None = None,
    t1: float | None = None,
    pixels: int = 1600,
    frame: Frame = "inertial",
    agents: int | None = None,
) -> Overview:
    """Return the figure of a window [t0, t1] (None: the start, the end) on so many pixels.

    Of the first `agents` agents only, if that is given. Raises RequestError for another frame.
    """
    if frame not in get_args(Frame):
        raise RequestError("frame", f"must be one of {', '.join(get_args(Frame))}.")
    # Floats also for integer arguments, for which numba would compile another version.
    low = 0.0 if t0 is None else float(t0)
    high = float(archive.clocks[-1].max() if t1 is None else t1)
    window = Window(
        t0=low,
        t1=high,
        intervals=archive.overlapping(low, high),
        pixels=pixels,
        frame=frame,
        agents=min(archive.agents, agents or archive.agents),
    )
    draw = _from_records if _is_narrow(archive, window) else _from_archive
    bins, lines = draw(archive, window)
    if (t0, t1) != (None, None):
        bins = _bins_in(bins, archive.clocks[window.intervals.start], low, high)
    return overview_of(archive.trajectory.scenario, window, bins, lines)


def _is_narrow(archive: Archive, window: Window) -> bool:
    """Return whether computing the window again takes too little time to be noticed.

    Where a step costs much, intervals are short and the archive has few bins of each: there it may
    take longer.
    """
    intervals = len(window.intervals)
    if intervals == 1 or _work(archive, intervals) <= _RECORDS_WORK:
        return True
    coarsest = max(part.level for part in archive.bins(window.intervals))
    bins = iterations_in(archive, window) >> coarsest
    return bins * _FEW_BINS < window.pixels and _seconds(archive, intervals) <= _RECORDS_S


def _work(archive: Archive, intervals: int) -> float:
    """Return the work of computing so many intervals again."""
    return work(intervals * archive.interval, archive.trajectory.scenario)


def _seconds(archive: Archive, intervals: int) -> float:
    """Return about how long it takes to compute so many intervals again."""
    return archive.trajectory.scenario.pass_seconds(intervals * archive.interval)


# From the archive.


def _from_archive(archive: Archive, window: Window) -> tuple[Bins, list[Line]]:
    """Return archived series and paths.

    A path has lines where the archive shows that they are close enough. The other intervals are
    computed again, if they are few; otherwise their paths are points.
    """
    scenario = archive.trajectory.scenario
    iterations = iterations_in(archive, window)
    path = archived_path(archive, window, _path_level(iterations, window.pixels))
    lines = [line_of(scenario, path, a, window.frame) for a in range(window.agents)]
    uncertain = _uncertain_intervals(archive, window, path, pixel_of(lines, window.pixels))
    intervals = sorted(set().union(*uncertain))
    few = _work(archive, len(intervals)) <= _REFINEMENT_WORK
    if not few and _seconds(archive, len(intervals)) > _REFINEMENT_S:
        lines = [
            _as_points(line) if of_agent else line
            for line, of_agent in zip(lines, uncertain, strict=True)
        ]
    elif intervals:
        lines = _refined(archive, window, lines, intervals)
    return _archived_series(archive, window, _series_level(iterations, window.pixels)), lines


def _uncertain_intervals(
    archive: Archive, window: Window, path: Path, pixel: float
) -> list[set[int]]:
    """Return, for each agent, the intervals in which its line may be off by more than a pixel."""
    bins, scenario = archive.bins(window.intervals), archive.trajectory.scenario
    bounds = deviation_bounds(scenario, path, bins, window.agents, window.frame)
    first, last = window.intervals[0], window.intervals[-1]
    uncertain = []
    for a, bound in enumerate(bounds):
        begins = path.states[:-1, a, 0][bound > pixel]
        intervals = np.searchsorted(archive.clocks[:, a], begins, side="right") - 1
        uncertain.append(set(np.clip(intervals, first, last).tolist()))
    return uncertain


def _refined(
    archive: Archive, window: Window, lines: list[Line], intervals: list[int]
) -> list[Line]:
    """Return the lines with records in place of the samples of some intervals."""
    polylines = PolylineBuilder(archive, window, every_record=False)
    coarsest = archive.interval.bit_length() - 1
    for interval in intervals:
        start, count = archive.checkpoint(interval), archive.iterations_of(interval)
        polylines.add(start, count, coarsest, coarsest)
    refined = []
    for a, line in enumerate(lines):
        polyline = polylines.line(a)
        if polyline is None:
            refined.append(_as_points(line))
            continue
        interval_of = np.searchsorted(archive.clocks[:, a], line.t, side="left") - 1
        refined.append(line.without(np.isin(interval_of, intervals)).merged(polyline))
    return refined


def _archived_series(archive: Archive, window: Window, wanted: int) -> Bins:
    """Return the archived series at a level, or at the finest that all intervals have."""
    bins = archive.bins(window.intervals)
    at = max(wanted, *(part.level for part in bins), _level_of_all(archive, window, SERIES_BITS))
    return merged(bins, at)


def archived_path(archive: Archive, window: Window, wanted: int) -> Path:
    """Return the archived path at such a level, from the window's first state to its last."""
    paths = archive.paths(window.intervals)
    at = max(wanted, *(part.level for part in paths), _level_of_all(archive, window, PATH_BITS))
    return with_ends(archive, window, merged_path(paths, at))


def _level_of_all(archive: Archive, window: Window, bits: int) -> int:
    """Return the propagation's own level, if the window has all intervals; otherwise 0.

    Its bins may be longer than an interval.
    """
    return level(archive.steps, bits) if len(window.intervals) == archive.intervals else 0


def with_ends(archive: Archive, window: Window, path: Path) -> Path:
    """Return the samples in the window, with the states at the ends of the intervals.

    One sample beyond each edge is included, so that lines continue to the window's edges.
    """
    intervals = window.intervals
    ends = archive.checkpoint(intervals.start), archive.end_of(intervals.stop - 1)
    start, end = (checkpoint.records[None, :, 0, 1:] for checkpoint in ends)
    if len(path.states) and (path.states[-1] == end[0]).all():
        end = end[:0]
    states = np.concatenate([start, path.states, end])
    times = states[:, :, 0]
    first = max(0, int(np.searchsorted(times.max(axis=1), window.t0)) - 1)
    stop = int(np.searchsorted(times.min(axis=1), window.t1, side="right")) + 1
    return Path(path.level, states[first:stop])


def _as_points(line: Line) -> Line:
    return replace(line, mode="markers")


def _bins_in(bins: Bins, start: Floats, t0: float, t1: float) -> Bins:
    """Return the bins that overlap the window; the first bin begins at the clocks `start`."""
    begins = np.vstack([start, bins.clocks[:-1]]).min(axis=1)
    shown = np.flatnonzero((bins.clocks.max(axis=1) >= t0) & (begins <= t1))
    cut = slice(shown[0], shown[-1] + 1) if len(shown) else slice(0)
    return Bins(bins.level, bins.series[cut], bins.clocks[cut])


# From records that are computed again.


def _from_records(archive: Archive, window: Window) -> tuple[Bins, list[Line]]:
    """Return series and paths of the window's records.

    Paths have lines if these need few enough corners.
    """
    pieces = list(_pieces(archive, window))
    iterations = min(iterations_in(archive, window), sum(count for _, count in pieces))
    series_level, path_level = (
        _aligned_level(archive, pieces, wanted(iterations, window.pixels))
        for wanted in (_series_level, _path_level)
    )
    polylines = PolylineBuilder(archive, window, every_record=path_level == 0)
    parts = [polylines.add(start, count, series_level, path_level) for start, count in pieces]
    path = with_ends(archive, window, merged_path([path for _, path in parts], path_level))
    lines = [
        polylines.line(a) or _as_points(line_of(archive.trajectory.scenario, path, a, window.frame))
        for a in range(window.agents)
    ]
    if series_level >= max(bins.level for bins in archive.bins(window.intervals)):
        return _archived_series(archive, window, series_level), lines
    return merged([bins for bins, _ in parts], series_level), lines


def _pieces(archive: Archive, window: Window) -> Iterator[tuple[Checkpoint, int]]:
    """Yield the pieces of the trajectory that hold the window: checkpoint and iterations."""
    ends = {window.intervals.start, window.intervals.stop - 1}
    for interval in window.intervals:
        start, count = archive.checkpoint(interval), archive.iterations_of(interval)
        yield _trimmed(archive, window, start, count) if interval in ends else (start, count)


def _trimmed(
    archive: Archive, window: Window, start: Checkpoint, count: int
) -> tuple[Checkpoint, int]:
    """Return the part of so many iterations from a checkpoint that is in the window."""
    steps, ring, carry = start.resume()
    before, until, outcome = kernel.seek(
        system_of(archive.trajectory), steps, ring, carry, start.iteration, count,
        window.t0, window.t1,
    )  # fmt: skip
    if outcome != kernel.OK:
        raise AssertionError("A trajectory ends where it was integrated before.")
    scenario = archive.trajectory.scenario
    trimmed = checkpoint_at(scenario, start.iteration + before, steps, ring, carry)
    return trimmed, until - before


def _aligned_level(archive: Archive, pieces: list[tuple[Checkpoint, int]], wanted: int) -> int:
    """Return the level wanted, or the coarsest at which every piece starts with a whole bin."""
    starts = [start.iteration for start, _ in pieces if start.iteration]
    coarsest = archive.interval.bit_length() - 1
    return min([wanted, coarsest, *((at & -at).bit_length() - 1 for at in starts)])


# Levels.


def iterations_in(archive: Archive, window: Window) -> int:
    """Return an estimate of the number of iterations in a window."""
    intervals, interval = window.intervals, archive.interval
    start, end = (float(archive.clocks[at].mean()) for at in (intervals.start, intervals.stop))
    part = (min(window.t1, end) - max(window.t0, start)) / (end - start)
    iterations = min(intervals.stop * interval, archive.steps) - intervals.start * interval
    return max(1, math.ceil(iterations * min(1.0, max(0.0, part))))


def _series_level(iterations: int, pixels: int) -> int:
    return (-(-iterations // pixels) - 1).bit_length()


def _path_level(iterations: int, pixels: int) -> int:
    return _series_level(iterations, min(1 << PATH_BITS, pixels * _SAMPLES_PER_PIXEL))
