"""Two runs over one another: the paths of the agents that both have, and how far apart they are.

- An agent is compared with that of the same name, at times that both runs have reached.
- Paths are about the primary where both runs have one and the same, else as the scenarios say.
- No more points are returned than a figure can draw: of long runs the paths at the beginning.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from frontend.web.pages.run_picture import centre_of
from sim.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.engine import Propagation
    from sim.engine.figure_data import Frame
    from sim.kernel import Floats
    from sim.scenario import Scenario

__all__ = ["MOST_NAMES", "common_names", "compare_runs"]

MOST_NAMES: Final = 8
AMONG: Final = 12  # agents from the first: of more, an overview would be large
TIMES: Final = 320
EARLY: Final = 60  # of them, at equal ratios: so that the first differences are seen
FEWEST: Final = 20
MOST_S: Final = 0.5  # of remaking the intervals that hold the times, for each run
POINTS: Final = 16_000  # of all paths of a figure
PIXELS: Final = 900
DIGITS: Final = 3  # a thousandth of an orbit's size is apart


def common_names(a: Scenario, b: Scenario) -> list[str]:
    """Return the names of the agents that are compared, in the order of the first run."""
    return [name for name in a.names[:AMONG] if name in b.names[:AMONG]][:MOST_NAMES]


def compare_runs(a: Propagation, b: Propagation) -> dict[str, Any]:
    """Return the document of a comparison, which takes up to some seconds of long runs."""
    scenarios = [one.trajectory.scenario for one in (a, b)]
    names = common_names(*scenarios)
    end = min(_end(one) for one in (a, b))
    times = _times(a, b, end)
    first, second = (_positions(one, names, times) for one in (a, b))
    with np.errstate(all="ignore"):  # of what is far away
        apart = np.sqrt(((first - second) ** 2).sum(axis=2))
    centre = _centre(*scenarios)
    sizes = _sizes(first[:, 0], None if centre is None else names.index(centre))
    until, paths = _paths((a, b), names, end, "inertial" if centre is None else "primary")
    return {
        "end": end,
        "centre": centre,
        "t": times,
        "agents": {
            name: {
                "difference": apart[k].astype(np.float32),
                "apart": _apart(times, apart[k], sizes[k]),
                "a": paths[0][name],
                "b": paths[1][name],
            }
            for k, name in enumerate(names)
        },
        "paths_until": until,
    }


def _end(run: Propagation) -> float:
    return min(state.time for state in run.end.values())


def _times(a: Propagation, b: Propagation, end: float) -> Floats:
    """Return times that both have reached, ascending; fewer where they would take long."""
    number = TIMES
    while True:
        even = np.linspace(0.0, end, number + 1)[:-1]
        early = np.geomspace(end * 1e-5, end / number, EARLY * number // TIMES + 1)[:-1]
        times: Floats = np.unique(np.concatenate([even, early]))
        try:
            for one in (a, b):
                one.states(times, most_s=MOST_S)
        except RequestError:
            if number <= FEWEST:
                raise
            number //= 2
        else:
            return times


def _positions(run: Propagation, names: Sequence[str], times: Floats) -> Floats:
    """Return the positions of agents at times, float64[names, times, 3]; nan for none."""
    axes = "xyz"[: run.trajectory.scenario.model.dimensions]
    columns: list[Floats] = []
    agents: list[Any] = []
    for batch in run.states(times, most_s=MOST_S):
        if batch.num_rows:
            agents.append(np.asarray(batch.column("agent").to_pylist()))
            columns.append(
                np.stack([batch.column(axis).to_numpy(zero_copy_only=False) for axis in axes], 1)
            )
    rows, of = np.concatenate(columns).astype(np.float64), np.concatenate(agents)
    found = np.zeros((len(names), len(times), 3))
    for k, name in enumerate(names):
        found[k, :, : len(axes)] = rows[of == name]
    return found


def _sizes(places: Floats, centre: int | None) -> list[float]:
    """Return how far each agent is from the others at the start, float64[names, 3] in."""
    middle = places.mean(axis=0) if centre is None else places[centre]
    with np.errstate(all="ignore"):
        sizes = np.sqrt(((places - middle) ** 2).sum(axis=1))
    known = sizes[np.isfinite(sizes) & (sizes > 0.0)]
    usual = float(known.min()) if known.size else 1.0
    return [one if math.isfinite(one) and one > 0.0 else usual for one in sizes.tolist()]


def _apart(times: Floats, apart: Floats, size: float) -> dict[str, float | None]:
    """Return from when on the two are about a thousandth of the size apart, and the figures."""
    threshold = float(f"1e{round(math.log10(size)) - DIGITS}")
    beyond = np.flatnonzero(apart > threshold)
    known = apart[np.isfinite(apart)]
    return {
        "threshold": threshold,
        "from": float(times[beyond[0]]) if beyond.size else None,
        "last": float(known[-1]) if known.size else None,
        "largest": float(known.max()) if known.size else None,
    }


def _centre(a: Scenario, b: Scenario) -> str | None:
    """Return the primary that all other agents have in both; None where there is none."""
    names = {
        None if centre is None else scenario.names[centre]
        for scenario, centre in ((a, centre_of(a)), (b, centre_of(b)))
    }
    return names.pop() if len(names) == 1 else None


def _paths(
    runs: Sequence[Propagation], names: Sequence[str], end: float, frame: Frame
) -> tuple[float, list[dict[str, Any]]]:
    """Return the time up to which paths are drawn, and the path of each name for both runs."""
    found = [_drawn(one, names, end, frame) for one in runs]
    points = sum(len(path["x"]) for paths in found for path in paths.values())
    if points > POINTS:
        end *= POINTS / points
        found = [_drawn(one, names, end, frame) for one in runs]
    return end, found


def _drawn(run: Propagation, names: Sequence[str], end: float, frame: Frame) -> dict[str, Any]:
    agents = min(AMONG, len(run.trajectory.scenario.agents))
    drawn = run.overview(0.0, end, PIXELS, frame, agents=agents).to_json()["agents"]
    return {
        one["name"]: {
            "mode": one["path"]["mode"],
            "x": np.array(one["path"]["x"], np.float32),
            "y": np.array(one["path"]["y"], np.float32),
        }
        for one in drawn
        if one["name"] in names
    }
