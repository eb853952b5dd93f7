"""The paths of agents, seen from what each orbits, from one agent, or from the origin.

Guarantees: each point is a state of the model, to the last bit, minus another one's position. A
path is drawn as a line only where its points are near enough to one another for that: with at least
24 of them an orbit. Else it is drawn as points, since lines between them would show no orbit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from porta.errors import ArgumentError
from porta.names import one_of, some_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from porta.sources import RunSource
    from sim.engine import Tracks
    from sim.engine.tracks import Body
    from sim.scenario import Scenario

    Floats = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["INERTIAL", "MOST_SHOWN", "PRIMARY", "Path", "View", "paths_of", "view_of"]

INERTIAL: Final = "inertial"
PRIMARY: Final = "primary"
MOST_SHOWN: Final = 12
"""The most agents that are drawn if none are named."""

_FEWEST_AN_ORBIT: Final = 24  # corners of 15 degrees
_X: Final = 2  # the columns time and timeStep of a state precede x


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """The path of an agent: `times` float64[n], `positions` float64[n, 2 or 3] about `about`."""

    name: str
    about: str | None
    times: Floats
    positions: Floats
    is_line: bool


@dataclass(frozen=True, slots=True)
class View:
    """Which agents are drawn, by their indices, and from where: a frame, or an agent's name."""

    agents: tuple[int, ...]
    frame: str

    @property
    def seen_from(self) -> str:
        """Where the origin is, in a few words."""
        words = {INERTIAL: "the origin", PRIMARY: "each agent's primary"}
        return words.get(self.frame, self.frame)


def view_of(scenario: Scenario, agents: object, frame: object) -> View:
    """Read which agents are drawn, and in which frame; raises ArgumentError.

    None is the first agents that have a primary, seen from it; where none has one, the first agents
    in the inertial frame.
    """
    names = scenario.names
    orbiting = [a for a, primary in enumerate(scenario.orbited) if primary is not None]
    chosen = PRIMARY if orbiting else INERTIAL
    if frame is not None:
        # An agent may have the name of a frame: the frame goes first.
        chosen = one_of("frame", frame, [INERTIAL, PRIMARY, *names])
    if agents is None:
        shown = orbiting if chosen == PRIMARY else range(len(names))
        return View(tuple(shown)[:MOST_SHOWN], _checked(chosen, orbiting))
    indices = tuple(names.index(name) for name in some_of("agents", agents, names))
    if chosen == PRIMARY and not set(indices) <= set(orbiting):
        without = next(names[a] for a in indices if a not in orbiting)
        raise ArgumentError(
            "frame", f"{without} has no primary to be seen from: frame='{INERTIAL}', or an agent."
        )
    return View(indices, chosen)


def _checked(frame: str, orbiting: Sequence[int]) -> str:
    if frame == PRIMARY and not orbiting:
        raise ArgumentError(
            "frame", f"No agent of this scenario has a primary: frame='{INERTIAL}', or an agent."
        )
    return frame


def paths_of(
    source: RunSource, view: View, t0: float | None, t1: float | None, points: int
) -> list[Path]:
    """Return the paths of the agents in a window of time, of about so many points in all."""
    names = source.request.trajectory.scenario.names
    asked = list(view.agents)
    if view.frame not in (INERTIAL, PRIMARY) and names.index(view.frame) not in asked:
        asked.append(names.index(view.frame))
    tracks = source.tracks(t0, t1, asked, points)
    return [_path(tracks, place, _about(tracks, place, view)) for place in range(len(view.agents))]


def _about(tracks: Tracks, place: int, view: View) -> tuple[int | None, str | None]:
    """Return the track that a path is seen from, and its name."""
    if view.frame == INERTIAL:
        return None, None
    if view.frame == PRIMARY:
        return tracks.bodies[place].about, tracks.bodies[place].primary
    bodies = [body.name for body in tracks.bodies]
    return bodies.index(view.frame), view.frame


def _path(tracks: Tracks, place: int, about: tuple[int | None, str | None]) -> Path:
    track, name = about
    axes = slice(_X, _X + tracks.dimensions)
    positions = tracks.states[:, place, axes]
    if track is not None:
        positions = positions - tracks.states[:, track, axes]
    body, times = tracks.bodies[place], tracks.states[:, place, 0]
    period = _period(tracks, place, body)
    is_line = len(times) < 2 or _spacing(times) * _FEWEST_AN_ORBIT <= period  # noqa: PLR2004 - a point
    return Path(body.name, name, times, positions, is_line)


def _spacing(times: Floats) -> float:
    """Return the time between two samples, on average."""
    return float((times[-1] - times[0]) / (len(times) - 1))


def _period(tracks: Tracks, place: int, body: Body) -> float:
    """Return the period of an agent's orbit at the first sample; inf on an open one."""
    if body.about is None or not body.gravity > 0.0:
        return math.inf
    relative = (tracks.states[0, place, _X:] - tracks.states[0, body.about, _X:]).tolist()
    position, velocity = relative[: tracks.dimensions], relative[tracks.dimensions :]
    distance = math.hypot(*position)
    energy = math.hypot(*velocity) ** 2 / 2 - body.gravity / distance if distance else math.inf
    if not energy < 0.0:
        return math.inf
    axis = -body.gravity / (2 * energy)
    return 2 * math.pi * math.sqrt(axis**3 / body.gravity)
