"""What a small picture of a run shows, as the bytes of a PNG.

- About the primary where all agents have one and the same, else as the scenario has it.
- Of a run in which an agent escapes, the time before: what comes after is a line to nowhere.
- Lines only where they are true to the paths: of a long run its beginning, if need be.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from frontend.pictures import SIZES as DENSITIES
from frontend.pictures import THEMES, density_card, path_picture
from frontend.pictures.cards import PANEL
from frontend.pictures.lines import MOST_POINTS
from sim.ensemble.density import Density
from sim.ensemble.orbit_line import orbit_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from frontend.pictures.lines import Floats
    from sim.engine import Propagation
    from sim.engine.figure_data import Frame
    from sim.scenario import PropagationRequest, Scenario

__all__ = [
    "DRAWING",
    "MOST_AGENTS",
    "SIZES",
    "bound_until",
    "ensemble_picture",
    "neutral_picture",
    "picture_of",
]

DRAWING: Final = 2  # how a picture is drawn; another way gives other pixels
SIZES: Final[Mapping[str, tuple[int, int]]] = {
    "small": (512, 320),
    "card": (1_200, 630),
    "panel": PANEL,
}
"""Width and height in pixels: of a list on a dense screen, of a link that is shown as a card, and
of the picture in a card with words.

The Open Graph protocol (ogp.me) sets no size; 1,200 to 630 is what the sites that read it show.
"""
MOST_AGENTS: Final = 32
MANY: Final = 16  # agents; of more, paths are arcs
ARC: Final = 160  # points
PIXELS: Final = 1_600
BEGINNING: Final = 16_384  # steps: the path of so many has a point for each
FLEETING: Final = 0.05  # what is bound for less of its run is drawn as a whole
HEAVY, LIGHT, TINY = 2.2, 1.0, 0.6  # radii of the discs of a primary, of others, and of many


def picture_of(opened: Propagation, size: str, theme: str) -> bytes:
    """Return the PNG of a propagation, of one of the sizes and for one of the themes."""
    scenario = opened.trajectory.scenario
    frame: Frame = "inertial" if centre_of(scenario) is None else "primary"
    paths = _paths(opened, frame)
    width, height = SIZES[size]
    return path_picture(paths, width, height, THEMES[theme], _radii(scenario, len(paths)))


def ensemble_picture(request: PropagationRequest, packed: bytes, size: str, theme: str) -> bytes:
    """Return the PNG of where the members of an ensemble have been, about the primary.

    `packed` are the counts of the first agent that is analysed, as they are stored.
    """
    density, scenario = Density.from_bytes(packed), request.trajectory.scenario
    width, height = SIZES[size]
    side = max(one for one in DENSITIES if one <= height)
    has_line = 0.0 < density.half_width < math.inf
    orbit = orbit_line(scenario, request.analysed[0]) if has_line else None
    counts = density.picture(None, side)
    return density_card(
        counts, THEMES[theme], (width, height), half_width=density.half_width, orbit=orbit
    )


def neutral_picture(size: str, theme: str) -> bytes:
    """Return the PNG of what is not there: an orbit that is nobody's."""
    angles = np.linspace(0.5, 0.5 + 1.9 * math.pi, 200)
    orbit = np.stack([np.cos(angles), 0.62 * np.sin(angles)], axis=1)
    focus = np.array([[0.45, 0.0]])
    width, height = SIZES[size]
    return path_picture([focus, orbit], width, height, THEMES[theme], (HEAVY, LIGHT))


def centre_of(scenario: Scenario) -> int | None:
    """Return the agent that all others have as their primary; None where there is no such one."""
    if scenario.barycentric:
        return None
    alone = [i for i, primary in enumerate(scenario.primaries) if primary is None]
    orbited = {primary for primary in scenario.primaries if primary is not None}
    return alone[0] if len(alone) == 1 and orbited == set(alone) else None


def _paths(opened: Propagation, frame: Frame) -> list[Floats]:
    end = bound_until(opened)
    agents = min(MOST_AGENTS, len(opened.trajectory.scenario.agents))
    drawn = opened.overview(None, end, PIXELS, frame, agents=agents).to_json()
    if any(one["path"]["mode"] != "lines" for one in drawn["agents"]) and opened.steps > BEGINNING:
        beginning = min(opened.clocks_after(BEGINNING).values())
        end = beginning if end is None else min(end, beginning)
        drawn = opened.overview(None, end, PIXELS, frame, agents=agents).to_json()
    centre = centre_of(opened.trajectory.scenario)
    paths = _newest([_columns(one["path"]) for one in drawn["agents"]])
    return [
        np.zeros((1, 2)) if i == centre and frame == "primary" else path
        for i, path in enumerate(paths)
    ]


def _columns(path: Mapping[str, Any]) -> Floats:
    """Return the times, x and y of a path, float64[N, 3]; null is nan."""
    return np.array([path["t"], path["x"], path["y"]], np.float64).T.reshape(-1, 3)


def _newest(paths: Sequence[Floats]) -> list[Floats]:
    """Return x and y of paths, all from one time on, so that no point need be left out."""
    most = MOST_POINTS // len(paths) if len(paths) <= MANY else ARC
    since = max((float(path[-most, 0]) for path in paths if len(path) > most), default=-math.inf)
    return [path[path[:, 0] >= since, 1:] for path in paths]


def bound_until(opened: Propagation) -> float | None:
    """Return the time of the first escape; None for all of it."""
    tallies: Mapping[str, Any] = opened.statistics()
    escapes = {name: one["unbound_from"] for name, one in tallies.items()}
    known = [(step, name) for name, step in escapes.items() if step is not None]
    if not known:
        return None
    first, name = min(known)
    time = opened.clocks_after(first)[name]
    return time if time > FLEETING * _time(opened) else None


def _time(opened: Propagation) -> float:
    """Return the time at its end: the least that an agent's clock has."""
    return min(state.time for state in opened.end.values())


def _radii(scenario: Scenario, agents: int) -> Sequence[float]:
    centre = centre_of(scenario)
    other = LIGHT if agents <= MANY else TINY
    return [HEAVY if i == centre else other for i in range(agents)]
