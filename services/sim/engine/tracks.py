"""The states of agents at common iterations: what a viewer needs to draw orbits in any frame.

Guarantees:

- Every sample is a state of the model, to the last bit, not a point between two; positions and
  times are float64, velocities float32.
- All agents are sampled after the same iterations, so one can be drawn about another, in any
  projection, without asking again.
- Samples reach one beyond each edge of the window, where the trajectory does.
- Where the bound phase ends does not depend on how long the propagation is, once all have escaped.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sim.cost_model import work
from sim.engine.clocks import clocks_after
from sim.engine.diagnostics import last_run_above_zero
from sim.engine.downsampling import merged_path
from sim.engine.figure_data import Window
from sim.engine.interval_pass import pass_again
from sim.engine.osculation import barycentre_without
from sim.engine.window import archived_path, iterations_in, with_ends
from sim.models.model import BARYCENTRE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.engine.archive import Archive
    from sim.engine.downsampling import Path
    from sim.kernel import Floats
    from sim.scenario import Scenario

__all__ = ["MOST_POINTS", "SAMPLING_S", "Body", "Tracks", "sample_tracks"]

MOST_POINTS: Final = 2**18  # of all tracks together: 12 MB in space
SAMPLING_S: Final = 0.2  # to compute a window again, where the archive has too few samples
_AT_ONCE_WORK: Final = 2**21  # computed again without a thought: 40 ms
_X: Final = 2  # the columns time and timeStep of a state precede x
_ALIGNMENT: Final = 8


@dataclass(frozen=True, slots=True)
class Body:
    """What is drawn of an agent; `about` is the index of the track that it orbits, or None.

    `gravity` is the gravitational parameter of that orbit. `escape` is the time from which its
    energy stays above zero, None of an agent that stays bound, or orbits nothing.
    """

    name: str
    mu: float
    primary: str | None
    about: int | None
    gravity: float
    escape: float | None

    def to_json(self) -> dict[str, object]:
        """Return the document of the body."""
        return {
            "name": self.name,
            "mu": self.mu,
            "primary": self.primary,
            "about": self.about,
            "gravity": self.gravity,
            "escape": self.escape,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """Samples of a window [t0, t1] after every 2**level iterations.

    `states` float64[samples, tracks, W]: time, timeStep, position and velocity in the inertial
    frame. The first tracks are those of `bodies`; those that follow are what else they orbit: an
    agent that was not asked for, or a barycentre. `end` is the last clock of the propagation, and
    `bound_until` the time by which all that orbit have escaped; None where somebody stays bound.
    """

    window: tuple[float, float]
    level: int
    steps: int
    end: float
    bound_until: float | None
    own_clocks: bool
    bodies: tuple[Body, ...]
    states: Floats

    @property
    def dimensions(self) -> int:
        """The number of coordinates: 2, or 3 in space."""
        width: int = self.states.shape[2]
        return (width - _X) // 2

    def to_bytes(self) -> bytes:
        """Return it as bytes: the length of a JSON head (uint32), the head, and three arrays.

        All are little endian, and each begins at a multiple of 8 bytes: the times,
        float64[clocks, samples] (one row where all agents step together), the positions,
        float64[tracks, dimensions, samples], and the velocities, float32 of the same shape.
        """
        head = json.dumps(self._head(), separators=(",", ":"), allow_nan=False).encode()
        prefix = len(head).to_bytes(4, "little") + head
        axes = self.dimensions
        times = self.states[..., 0].T if self.own_clocks else self.states[:, 0, 0]
        columns = self.states.transpose(1, 2, 0)
        with np.errstate(over="ignore"):  # a speed beyond float32 is infinite, which is not drawn
            velocities = columns[:, _X + axes :].astype("<f4")
        return b"".join(
            (
                prefix,
                bytes(-len(prefix) % _ALIGNMENT),
                np.ascontiguousarray(times, "<f8").tobytes(),
                np.ascontiguousarray(columns[:, _X : _X + axes], "<f8").tobytes(),
                velocities.tobytes(),
            )
        )

    def _head(self) -> dict[str, object]:
        t0, t1 = self.window
        return {
            "window": {"t0": t0, "t1": t1},
            "span": {"t0": 0.0, "t1": self.end},
            "steps": self.steps,
            "level": self.level,
            "samples": self.states.shape[0],
            "tracks": self.states.shape[1],
            "dimensions": self.dimensions,
            "own_clocks": self.own_clocks,
            "bound_until": self.bound_until,
            "bodies": [body.to_json() for body in self.bodies],
        }


def sample_tracks(
    archive: Archive,
    t0: float | None,
    t1: float | None,
    agents: Sequence[int],
    points: int,
) -> Tracks:
    """Return about so many samples, of all tracks together, of a window (None: start, end)."""
    end = float(archive.clocks[-1].max())
    low, high = 0.0 if t0 is None else float(t0), end if t1 is None else float(t1)
    rows, abouts = _rows_of(archive.trajectory.scenario, agents)
    window = Window(
        t0=low, t1=high, intervals=archive.overlapping(low, high),
        pixels=1, frame="inertial", agents=archive.agents,
    )  # fmt: skip
    samples = max(2, min(points, MOST_POINTS) // len(rows))
    path = _path(archive, window, (-(-iterations_in(archive, window) // samples) - 1).bit_length())
    escapes = _escapes(archive)
    return Tracks(
        window=(low, high),
        level=path.level,
        steps=archive.steps,
        end=end,
        bound_until=_bound_until(archive, escapes),
        own_clocks=archive.trajectory.scenario.model.own_clocks,
        bodies=_bodies(archive, agents, abouts, escapes),
        states=_states_of(archive.trajectory.scenario, path, rows),
    )


# The samples.


def _path(archive: Archive, window: Window, level: int) -> Path:
    """Return the archived path if it is fine enough, or too dear to be computed again."""
    archived = max((part.level for part in archive.paths(window.intervals)), default=0)
    if level >= archived or not _is_cheap(archive, len(window.intervals)):
        return archived_path(archive, window, level)
    level = min(level, archive.interval.bit_length() - 1)  # intervals begin with a whole sample
    coarsest = archive.interval.bit_length() - 1
    parts = [
        pass_again(
            archive.trajectory, archive.checkpoint(i), archive.iterations_of(i), coarsest, level
        )[2]
        for i in window.intervals
    ]
    return with_ends(archive, window, merged_path(parts, level))


def _is_cheap(archive: Archive, intervals: int) -> bool:
    scenario, iterations = archive.trajectory.scenario, intervals * archive.interval
    is_little = work(iterations, scenario) <= _AT_ONCE_WORK
    return intervals == 1 or is_little or scenario.pass_seconds(iterations) <= SAMPLING_S


def _rows_of(
    scenario: Scenario, agents: Sequence[int]
) -> tuple[list[tuple[int, bool]], list[int | None]]:
    """Return what each track is, and which one each of the agents orbits.

    A track is an agent, or (with True) the barycentre of all other agents than that one.
    """
    rows: list[tuple[int, bool]] = [(a, False) for a in agents]
    places = {row: place for place, row in enumerate(rows)}
    abouts: list[int | None] = []
    primaries, barycentric = scenario.primaries, set(scenario.barycentric)  # found anew each time
    for a in agents:
        primary, is_centred = primaries[a], a in barycentric
        if primary is None and not is_centred:
            abouts.append(None)
            continue
        row = (a, True) if primary is None else (primary, False)
        if row not in places:
            places[row] = len(rows)
            rows.append(row)
        abouts.append(places[row])
    return rows, abouts


def _states_of(scenario: Scenario, path: Path, rows: Sequence[tuple[int, bool]]) -> Floats:
    """Return the states of tracks, float64[samples, tracks, W]."""
    states = path.states[:, [a for a, _ in rows]]
    mu = [agent.mu for agent in scenario.agents]
    for track, (a, is_centre) in enumerate(rows):
        if is_centre:
            states[:, track, _X:] = barycentre_without(a, path.states[..., _X:], mu)
    return states


# Escapes.


def _escapes(archive: Archive) -> dict[int, int | None]:
    """Return for each agent that orbits the iteration from which its energy stays above zero."""
    tallies, scenario = archive.tallies(), archive.trajectory.scenario
    orbiting = {a for a, primary in enumerate(scenario.primaries) if primary is not None}
    orbiting.update(scenario.barycentric)
    return {a: last_run_above_zero(tallies, a) for a in sorted(orbiting)}


def _bound_until(archive: Archive, escapes: dict[int, int | None]) -> float | None:
    """Return the clock at the last escape, None where there is somebody who does not escape."""
    if not escapes or None in escapes.values():
        return None
    last, agent = max((at, a) for a, at in escapes.items() if at is not None)
    return float(clocks_after(archive, last)[agent]) or None


def _bodies(
    archive: Archive,
    agents: Sequence[int],
    abouts: Sequence[int | None],
    escapes: dict[int, int | None],
) -> tuple[Body, ...]:
    scenario = archive.trajectory.scenario
    names, gravity, primaries = scenario.names, scenario.gravity, scenario.primaries
    return tuple(
        Body(
            name=names[a],
            mu=scenario.agents[a].mu,
            primary=None if about is None else _name(names, primaries[a]),
            about=about,
            gravity=gravity[a],
            escape=_coarse_clock(archive, a, escapes.get(a)),
        )
        for a, about in zip(agents, abouts, strict=True)
    )


def _name(names: Sequence[str], primary: int | None) -> str:
    """Return the name of what an agent orbits."""
    return BARYCENTRE if primary is None else names[primary]


def _coarse_clock(archive: Archive, agent: int, iteration: int | None) -> float | None:
    """Return an agent's clock about so many iterations from the start, between checkpoints."""
    if iteration is None:
        return None
    at: Any = np.append(np.arange(archive.intervals) * archive.interval, archive.steps)
    return float(np.interp(iteration, at, archive.clocks[:, agent]))
