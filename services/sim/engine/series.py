"""The series of a window at the resolution of its pixels, from the archive or computed again.

Guarantees: every step in the window is in one of the bins, whose ranges are those of the steps. A
step of each agent on either side joins what is drawn to the window's edges. No bin is finer than a
step, and there are at most about as many as pixels, unless the archive is coarser and computing
again would take longer than `_REMADE_S`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sim import kernel
from sim.engine.checkpoint import system_of
from sim.engine.diagnostics import last_run_above_zero
from sim.engine.downsampling import Bins, merged
from sim.engine.interval_pass import pass_again
from sim.engine.last_state import last_state
from sim.engine.series_data import Run, agent_series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.engine.archive import Archive
    from sim.engine.checkpoint import Checkpoint
    from sim.engine.series_data import BoundPhase, SeriesDocument
    from sim.kernel import Floats

__all__ = ["bound_phase", "draw_series"]

_REMADE_S: Final = 0.12  # of a window that the archive is too coarse for
_BESIDE: Final = 32  # bins beside a window in which agents are looked for that wait for others
_X: Final = 3  # the column of x in a record, after t0, t1 and timeStep
_FINE: Final = 4_096  # bins of a window whose bounds are known to a chunk only: coarsened then


def draw_series(
    archive: Archive,
    t0: float | None,
    t1: float | None,
    pixels: int,
    agents: Sequence[int],
    names: Sequence[str],
) -> SeriesDocument:
    """Return the series of some agents in a window [t0, t1] (None: the start, the end)."""
    end = float(archive.clocks[-1].max())
    low, high = (0.0 if t0 is None else float(t0)), (end if t1 is None else float(t1))
    run, shown = _cut(_made(archive, low, high, pixels, agents), low, high, pixels)
    bins, scenario = run.bins, archive.trajectory.scenario
    return {
        "window": {"t0": low, "t1": high},
        "end": end,
        "steps": {
            "first": run.first + (shown.start << bins.level),
            "last": min(archive.steps, run.first + (shown.stop << bins.level)),
        },
        "first": run.first,
        "level": bins.level,
        "exact": bins.level == 0,
        "bound": bound_phase(archive),
        "agents": [
            {
                **agent_series(scenario, a, run, i, names),
                "last": last_state(scenario, a, archive.end.records[:, 0, 1:]),
            }
            for i, a in enumerate(agents)
        ],
    }


def bound_phase(archive: Archive) -> BoundPhase | None:
    """Return when the last agent with a primary leaves it; None where one stays, or has none."""
    tallies, scenario = archive.tallies(), archive.trajectory.scenario
    orbiting = [a for a, primary in enumerate(scenario.orbited) if primary is not None]
    leaves = [last_run_above_zero(tallies, a) for a in orbiting]
    if not leaves or None in leaves:
        return None
    step, a = max((step, a) for step, a in zip(leaves, orbiting, strict=True) if step is not None)
    if step == 0:
        return None
    interval = step // archive.interval
    at = _after(archive, archive.checkpoint(interval), step - interval * archive.interval)
    return {"until": float(at.clocks[a]), "step": step}


# The bins of a window.


def _cut(run: Run, t0: float, t1: float, pixels: int) -> tuple[Run, range]:
    """Return the bins of the window and one beside it on each side, at the level of the pixels.

    Also which of them overlap the window.
    """
    level = run.bins.level
    inside = _overlapping(run, t0, t1)
    coarser = max(level, level + _level_of(len(inside), pixels))
    size = 1 << (coarser - level)
    at = run.first >> level
    beside = _beside(run, inside)
    start = max(0, (at + beside.start) // size * size - at)
    stop = -(-(at + beside.stop) // size) * size - at
    cut = run.part(start, stop).coarser(coarser)
    return cut, _overlapping(cut, t0, t1)


def _beside(run: Run, inside: range) -> range:
    """Return these bins and, on either side, one more or until every agent has stepped."""
    stepped = ~np.isnan(run.bins.series[:, :, 0, 0])
    start, stop = max(0, inside.start - 1), min(len(stepped), inside.stop + 1)
    while start > 0 and not stepped[start : inside.start].any(axis=0).all():
        start -= 1
    while stop < len(stepped) and not stepped[inside.stop : stop].any(axis=0).all():
        stop += 1
    return range(start, stop)


def _overlapping(run: Run, t0: float, t1: float) -> range:
    """Return which bins overlap the window: at least one, at its end or beyond."""
    begins = np.array(run.begins).min(axis=1)
    first = int(np.searchsorted(run.bins.clocks.max(axis=1), t0, side="left"))
    stop = int(np.searchsorted(begins, t1, side="right"))
    first = min(first, len(begins) - 1)
    return range(first, max(stop, first + 1))


def _level_of(iterations: int, pixels: int) -> int:
    """Return the finest level at which iterations have at most as many bins as pixels."""
    return max(0, (-(-iterations // pixels) - 1).bit_length())


def _made(archive: Archive, t0: float, t1: float, pixels: int, agents: Sequence[int]) -> Run:
    """Return bins that hold the window, fine enough for its pixels if that can be."""
    intervals = archive.overlapping(t0, t1)
    coarsest = max(part.level for part in archive.bins(intervals))
    share = _share(archive, intervals, t0, t1)
    is_fine = share >> coarsest >= pixels
    seconds = archive.trajectory.scenario.pass_seconds(len(intervals) * archive.interval)
    if is_fine or (len(intervals) > 1 and seconds > _REMADE_S):
        return _archived(archive, intervals, _level_of(share, pixels), agents)
    first, last = _bounds(archive, intervals, t0, t1)
    level = min(_level_of(last - first, max(pixels, _FINE)), archive.interval.bit_length() - 1)
    size = 1 << level
    first = max(0, first // size * size - _BESIDE * size)
    return _remade(archive, first, min(archive.steps, last + _BESIDE * size), level, agents)


def _share(archive: Archive, intervals: range, t0: float, t1: float) -> int:
    """Return an estimate of the iterations in a window."""
    start, end = (float(archive.clocks[at].mean()) for at in (intervals.start, intervals.stop))
    if not start < end:
        return 1
    part = (min(t1, end) - max(t0, start)) / (end - start)
    iterations = min(intervals.stop * archive.interval, archive.steps)
    return max(1, int((iterations - intervals.start * archive.interval) * min(1.0, max(0.0, part))))


def _archived(archive: Archive, intervals: range, wanted: int, agents: Sequence[int]) -> Run:
    """Return the archived bins of these intervals, with one interval more on each side.

    The first is one at which a bin of the level wanted begins.
    """
    longer = 1 << max(0, wanted - (archive.interval.bit_length() - 1))  # intervals in a bin
    start = max(0, intervals.start - 1) // longer * longer
    around = range(start, min(archive.intervals, intervals.stop + 1))
    bins = archive.bins(around)
    joined = merged(
        [_of_agents(part, agents) for part in bins], max(wanted, *(part.level for part in bins))
    )
    clocks, position = _states(archive, archive.checkpoint(start), agents)
    return Run(start * archive.interval, clocks, position, joined)


def _of_agents(bins: Bins, agents: Sequence[int]) -> Bins:
    return Bins(bins.level, bins.series[:, list(agents)], bins.clocks[:, list(agents)])


def _bounds(archive: Archive, intervals: range, t0: float, t1: float) -> tuple[int, int]:
    """Return iterations between which the window is, to a chunk of the kernel's."""
    found = []
    for interval in (intervals[0], intervals[-1]):
        start = archive.checkpoint(interval)
        before, until, outcome = kernel.seek(
            system_of(archive.trajectory), *start.resume(), start.iteration,
            archive.iterations_of(interval), t0, t1,
        )  # fmt: skip
        if outcome != kernel.OK:
            raise AssertionError("A trajectory ends where it was integrated before.")
        found.append((start.iteration + before, start.iteration + until))
    return found[0][0], found[-1][1]


def _remade(archive: Archive, first: int, stop: int, level: int, agents: Sequence[int]) -> Run:
    """Integrate again what is between two iterations, the first a multiple of a bin's."""
    parts, states = [], None
    at = first
    while at < stop:
        interval = at // archive.interval
        begins = interval * archive.interval
        checkpoint = _after(archive, archive.checkpoint(interval), at - begins)
        states = states or _states(archive, checkpoint, agents)
        count = min(stop, begins + archive.iterations_of(interval)) - at
        _, bins = _passed(archive, checkpoint, count, level)
        parts.append(_of_agents(bins, agents))
        at += count
    assert states is not None  # noqa: S101  # the window has at least one step
    return Run(first, *states, merged(parts, level))


def _states(archive: Archive, at: Checkpoint, agents: Sequence[int]) -> tuple[Floats, Floats]:
    """Return clocks and positions of some agents at a checkpoint."""
    axes = slice(_X, _X + archive.trajectory.scenario.model.dimensions)
    return at.clocks[list(agents)], at.records[list(agents), 0, axes]


def _after(archive: Archive, start: Checkpoint, iterations: int) -> Checkpoint:
    """Return the checkpoint so many iterations after another, within one interval."""
    if iterations == 0:
        return start
    return _passed(archive, start, iterations, archive.interval.bit_length() - 1)[0]


def _passed(
    archive: Archive, start: Checkpoint, iterations: int, level: int
) -> tuple[Checkpoint, Bins]:
    """Integrate so many iterations again; return where that leads, and their bins."""
    coarse = archive.interval.bit_length() - 1
    return pass_again(archive.trajectory, start, iterations, level, coarse)[:2]
