"""Claims about what is drawn of a window, held to all of its records."""

from __future__ import annotations

import functools
import itertools
import math
import random
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pytest

from sim import NANO, Agent, NanoScenario, Propagation, Scenario, State, Trajectory
from sim.kernel import seek
from sim.models.nano.cost import interval_iterations
from sim.presets import preset
from tests.unit.sim.scenarios import SATELLITE_FIRST, THREE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.engine.figure_data import Frame

PIXELS = 1600
INTERVAL = interval_iterations(2)


Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Path: TypeAlias = tuple[Floats, Floats, Floats]  # t, x, y
Verdict: TypeAlias = float | Literal["points"]


@functools.lru_cache(maxsize=2)
def opened(trajectory: Trajectory, steps: int) -> Propagation:
    """Both frames of a propagation are drawn one after the other."""
    return Propagation.open(trajectory, steps)


@functools.lru_cache(maxsize=16)
def columns_by_agent(propagation: Propagation, t0: float, t1: float) -> list[Path]:
    """Of each agent the records' t1, x and y in the window, and some around it."""
    around = 2.0  # more than the longest step: so the window's edges have neighbours
    table = pa.Table.from_batches(list(propagation.slices(t0 - around, t1 + around)))
    table = table.combine_chunks()
    agents = table["agent"].chunk(0).indices.to_numpy()
    t, x, y = (table[name].to_numpy() for name in ("t1", "x", "y"))
    of_agents = (agents == a for a in range(len(propagation.trajectory.scenario.agents)))
    return [(t[own], x[own], y[own]) for own in of_agents]


def true_paths(propagation: Propagation, t0: float, t1: float, frame: Frame) -> list[Path]:
    """Where each agent's records in the window end: straight from the records."""
    scenario = propagation.trajectory.scenario
    columns = columns_by_agent(propagation, t0, t1)
    paths = []
    for (t, x, y), primary in zip(columns, scenario.primaries, strict=True):
        if frame == "primary" and primary is None:
            x, y = np.zeros_like(x), np.zeros_like(y)  # noqa: PLW2901 - the same, seen from there
        elif frame == "primary":
            u, v, w = columns[primary or 0]
            x, y = x - np.interp(t, u, v), y - np.interp(t, u, w)  # noqa: PLW2901 - likewise
            t = np.where(t <= u[-1], t, np.inf)  # noqa: PLW2901 - beyond it there is no record
        shown = (t >= t0) & (t <= t1)
        paths.append((t[shown], x[shown], y[shown]))
    return paths


def farthest(path: Path, line: Path) -> float:
    """How far any of a path's points is from the part of the line that is drawn at its time."""
    (t, x, y), (corner_t, corner_x, corner_y) = path, line
    if not len(t):
        return 0.0
    assert corner_t[0] <= t[0]
    assert corner_t[-1] >= t[-1]
    i = np.clip(np.searchsorted(corner_t, t, side="right") - 1, 0, max(0, len(corner_t) - 2))
    j = np.minimum(i + 1, len(corner_t) - 1)
    dx, dy = corner_x[j] - corner_x[i], corner_y[j] - corner_y[i]
    x, y, length = x - corner_x[i], y - corner_y[i], dx * dx + dy * dy
    part = np.clip((x * dx + y * dy) / np.where(length == 0.0, 1.0, length), 0.0, 1.0)
    return float(np.hypot(x - part * dx, y - part * dy).max())


def verdicts(
    propagation: Propagation, window: tuple[float, float] | None, frame: Frame
) -> Iterator[Verdict]:
    """How many pixels each agent's line is from the truth, at most."""
    t0, t1 = window or (None, None)
    drawn: Any = propagation.overview(t0, t1, PIXELS, frame).to_json()

    t0, t1 = drawn["window"].values()
    paths = true_paths(propagation, t0, t1, frame)
    extents = [np.ptp(np.concatenate([path[axis] for path in paths])) for axis in (1, 2)]
    for path, agent in zip(paths, drawn["agents"], strict=True):
        if agent["path"]["mode"] == "markers":
            yield "points"
            continue
        line = tuple(np.array(agent["path"][key]) for key in "txy")
        yield farthest(path, line) / (max(extents) / PIXELS or 1.0)  # type: ignore[arg-type] # three


def windows(seed: int, end: float, count: int) -> Iterator[tuple[float, float]]:
    """Windows at random places, from a hundred thousandth to nearly all of it."""
    chance = random.Random(seed)
    for _ in range(count):
        width = end * 10.0 ** chance.uniform(-5.0, 0.0)
        begin = chance.uniform(0.0, end - width)
        yield begin, begin + width


@pytest.mark.parametrize(
    ("scenario", "seed", "steps"),
    [
        *((NANO, seed, steps) for seed, steps in ((0, 60_000), (3, 60_000), (903, 1_000_000))),
        *((SATELLITE_FIRST, seed, 300_000) for seed in (352, 192)),
        *((THREE, seed, 50_000) for seed in (305, 173)),
    ],
)
@pytest.mark.parametrize("frame", ["inertial", "primary"])
def test_a_line_is_within_a_pixel_of_every_record(
    scenario: Scenario, seed: int, steps: int, frame: Frame
) -> None:
    propagation = opened(Trajectory(scenario, seed), steps)
    end = max(state.time for state in propagation.end.values())
    for window in (None, *windows(seed, end, 12)):
        for verdict in verdicts(propagation, window, frame):
            assert verdict == "points" or verdict <= 1.0, window


@pytest.mark.parametrize("frame", ["inertial", "primary"])
def test_a_line_from_what_is_kept_is_within_a_pixel_too(frame: Frame) -> None:
    propagation = opened(Trajectory(seed=2), 35 * INTERVAL)
    end = max(state.time for state in propagation.end.values())
    for window in (None, (0.01 * end, 0.98 * end)):
        for verdict in verdicts(propagation, window, frame):
            assert verdict != "points"  # though some samples are too far apart, around the planet
            assert verdict <= 1.0, window


@pytest.mark.parametrize("frame", ["inertial", "primary"])
def test_while_orbits_can_be_told_apart_there_is_a_line(frame: Frame) -> None:
    # Seed 3's satellite goes round its planet a thousand times in these iterations.
    propagation = opened(Trajectory(seed=3), 60_000)
    end = max(state.time for state in propagation.end.values())
    for part in (0.001, 0.01, 0.1):
        assert "points" not in list(verdicts(propagation, (0.0, part * end), frame))


def test_where_orbits_can_not_be_told_apart_there_are_points() -> None:
    # Seed 3's satellite goes round its planet a thousand times in these iterations.
    propagation = opened(Trajectory(seed=3), 60_000)
    paths: Any = [
        propagation.overview(pixels=pixels, frame="primary").agents[1]["path"]
        for pixels in (1_000, 4_096)
    ]
    assert [path["mode"] for path in paths] == ["lines", "markers"]
    assert len(paths[1]["x"]) > 4_096


def test_a_line_has_few_corners_where_the_path_is_straight() -> None:
    whole: Any = Propagation.open(Trajectory(seed=903), 1_000_000).overview().agents
    planet, satellite = (agent["path"] for agent in whole)
    assert len(planet["x"]) < 50
    assert len(satellite["x"]) < 2_000


def test_who_is_in_the_middle_stays_there() -> None:
    drawn: Any = Propagation.open(Trajectory(), 9_000).overview(10.0, 20.0, frame="primary").agents
    assert drawn[0]["path"] == {"mode": "lines", "t": [10.0, 20.0], "x": [0.0] * 2, "y": [0.0] * 2}


def test_a_window_has_a_bin_for_each_pixel_or_every_step_at_any_zoom() -> None:
    propagation = Propagation.open(Trajectory(), 120 * INTERVAL + 777)
    end = max(state.time for state in propagation.end.values())
    for window in windows(1, end, 60):
        drawn: Any = propagation.overview(*window, PIXELS)
        bins = len(drawn.agents[0]["series"]["t"])
        assert drawn.exact or bins >= PIXELS / 2 - 2
        assert bins <= 2 * PIXELS


def test_a_short_window_is_fine_where_steps_cost_much_and_intervals_are_short() -> None:
    trajectory = Trajectory(preset("outer-solar-system").scenario)
    assert trajectory.interval < INTERVAL
    propagation = Propagation.open(trajectory, 24 * trajectory.interval + 777)
    interval_s = propagation.end["Sun"].time / 24.1
    for intervals in (0.01, 1, 2.5, 3.5):
        drawn: Any = propagation.overview(3.3 * interval_s, (3.3 + intervals) * interval_s, PIXELS)
        assert drawn.exact or len(drawn.agents[0]["series"]["t"]) >= PIXELS / 4


def test_a_window_in_whole_numbers_is_the_same_and_compiled_for_only_once() -> None:
    compiled: Any = seek
    propagation = Propagation.open(Trajectory(), steps=2_000)

    asked, as_floats = propagation.overview(1, 20), propagation.overview(1.0, 20.0)

    assert asked.to_json() == as_floats.to_json()
    of_nano = [one for one in compiled.signatures if "NanoSystem" in str(one[0])]
    assert len(of_nano) == 1


def test_bins_are_the_same_whether_kept_or_passed_over_again() -> None:
    propagation = Propagation.open(Trajectory(), 40 * INTERVAL)
    clocks: Any = propagation.overview(pixels=40).agents[0]["series"]["t"]
    assert len(clocks) >= 40
    t0, t1 = 100.0, 0.6 * clocks[-1]
    views: list[Any] = [propagation.overview(t0, t1, pixels).to_json() for pixels in (4_000, 500)]
    fine, coarse = views
    assert fine["level"] < coarse["level"]
    times = fine["agents"][1]["series"]["t"]
    for quantity in ("x", "y", "r", "e", "h"):
        whole, parts = (drawn["agents"][1]["series"] for drawn in (coarse, fine))
        for begin, stop in itertools.pairwise(whole["t"][5:40]):
            within = [i for i, t in enumerate(times) if begin < t <= stop]
            i = whole["t"].index(stop)
            assert whole[quantity]["min"][i] == min(parts[quantity]["min"][k] for k in within)
            assert whole[quantity]["max"][i] == max(parts[quantity]["max"][k] for k in within)


@functools.cache
def short(steps: int) -> Propagation:
    return Propagation.open(Trajectory(), steps)


@pytest.mark.parametrize("window", [(-5.0, -1.0), (0.0, 1e-9), (1e9, 2e9), (-1e300, 1e300)])
@pytest.mark.parametrize("frame", ["inertial", "primary"])
def test_any_window_can_be_looked_at(window: tuple[float, float], frame: Frame) -> None:
    for steps in (1, 700, INTERVAL, 2 * INTERVAL + 5):
        drawn: Any = short(steps).overview(*window, 16, frame).to_json()
        assert len(drawn["agents"]) == 2


@pytest.mark.parametrize("frame", ["inertial", "primary"])
def test_a_line_is_true_where_another_than_the_primary_pulls(frame: Frame) -> None:
    scenario = NanoScenario(
        (
            Agent("Far", 1e-6, State(0.0, 0.004, 0.0, 0.0, 0.0, 0.2236)),
            Agent("Near", 5.0, State(0.0, 0.004, 100.0, 0.0, 0.0, 0.0)),
            Agent("Probe", 0.0, State(0.0, 0.004, 101.0, 0.0, 0.0, 2.236), primary="Far"),
        ),
        0.004,
        0.004,
        0.001,
    )
    propagation = opened(Trajectory(scenario), 30 * INTERVAL)
    for verdict in verdicts(propagation, None, frame):
        assert verdict == "points" or verdict <= 1.0


def test_a_window_is_drawn_finer_than_the_whole() -> None:
    propagation = Propagation.open(Trajectory(), 4 * INTERVAL)
    whole = propagation.overview(pixels=1000)
    end: Any = whole.to_json()["window"]
    part: Any = propagation.overview(100.0, 110.0, pixels=1000).to_json()
    assert end["t0"] == 0.0
    assert whole.level > part["level"] == 0
    for drawn in part["agents"]:
        times = drawn["series"]["t"]
        assert times[0] <= 100.2
        assert times[-1] >= 109.8
        assert all(99.0 < t < 111.0 for t in times)


def test_around_the_primary_a_path_is_the_distance_from_it() -> None:
    drawn: Any = Propagation.open(Trajectory(), 2000).overview(frame="primary").to_json()["agents"]
    planet, satellite = (each["path"] for each in drawn)
    assert set(planet["x"]) == set(planet["y"]) == {0.0}
    distances = np.hypot(satellite["x"], satellite["y"])
    assert 0.3 < distances.min() < distances.max() < 1.2
    assert satellite["mode"] == "lines"


def parabola(size: float) -> Scenario:
    """A probe that is pulled sideways while it flies: its path has this size, and is curved."""
    probe = Agent("Probe", 0.0, State(0.0, 0.01, 0.0, 0.0, 0.0, size))
    return NanoScenario(
        (probe, Agent("Pull", size, State(0.0, 0.01, 1.0, 0.0, 0.0, 0.0))), 0.01, 0, 1e-3
    )


def flight(size: float) -> Scenario:
    """Two that fly apart on straight lines."""
    one = Agent("One", 0.0, State(0.0, 0.01, 0.0, 0.0, size, size / 3))
    return NanoScenario(
        (one, Agent("Other", 0.0, State(0.0, 0.01, 0.0, 0.0, 0.0, -size))), 0.01, 0, 1e-3
    )


def error_in_pixels(propagation: Propagation, agent: int, pixels: int) -> float:
    """How many pixels the line of an agent is from its records, as parts of its size."""
    drawn: Any = propagation.overview(pixels=pixels, agents=agent + 1).to_json()
    line = drawn["agents"][agent]["path"]
    assert line["mode"] == "lines"
    t, x, y = columns_by_agent(propagation, 0.0, math.inf)[agent]
    size = max(np.abs(x).max(), np.abs(y).max())
    corners = [np.array(line[key]) for key in "txy"]
    corners[1:] = [column / size for column in corners[1:]]
    return farthest((t, x / size, y / size), tuple(corners)) * pixels  # type: ignore[arg-type] # three


@pytest.mark.parametrize("steps", [500, 40 * INTERVAL])
@pytest.mark.parametrize("exponent", [-1_000, -520, -40])
def test_a_tiny_curve_is_as_true_as_a_large_one(exponent: int, steps: int) -> None:
    size = 2.0**exponent / steps**2  # the path grows with the square of its time
    assert error_in_pixels(opened(Trajectory(parabola(size)), steps), 0, 400) < 1.0


@pytest.mark.parametrize("exponent", [-1_000, -600, 0, 600, 1_000])
def test_a_straight_flight_has_few_corners_at_any_size(exponent: int) -> None:
    propagation = opened(Trajectory(flight(2.0**exponent)), 5_000)
    for agent in (0, 1):
        assert error_in_pixels(propagation, agent, 400) < 1.0
        drawn: Any = propagation.overview(pixels=400).to_json()
        assert len(drawn["agents"][agent]["path"]["t"]) < 10


@pytest.mark.parametrize("frame", ["inertial", "primary"])
@pytest.mark.parametrize(
    ("mu", "distance", "speed", "step", "offset"),
    [
        (0.0, 1e-306, 1e-306, 0.01, 0.0),
        (1e-318, 1e-106, 1e-106, 0.01, 0.0),
        (1.0, 1e305, 1e303, 0.01, 0.0),
        (0.0, 1.7e308, -1e305, 0.01, 0.0),
        (1e150, 1e100, 1e25, 1e73, 0.0),
        (1e-80, 1.0, 1e-170, 1e160, 0.0),
        (1.0, 1.0, 1.0, 0.01, 1e15),
    ],
)
def test_a_figure_of_any_size_has_numbers_or_gaps_and_no_warnings(
    frame: Frame, mu: float, distance: float, speed: float, step: float, offset: float
) -> None:
    agents = (
        Agent("Planet", mu, State(0.0, step, offset, 0.0, 0.0, 0.0)),
        Agent("Probe", 0.0, State(0.0, step, offset + distance, 0.0, 0.0, speed)),
    )
    scenario = NanoScenario(agents, step, 9 * step, step / 10)
    for steps in (500, 10_000):
        propagation = opened(Trajectory(scenario), steps)
        drawn: Any = propagation.overview(frame=frame).to_json()
        end = drawn["window"]["t1"]
        for figure in (drawn, propagation.overview(end / 3, end / 2, frame=frame).to_json()):
            for agent in figure["agents"]:
                assert all(map(math.isfinite, (*agent["path"]["x"], *agent["path"]["y"])))
        propagation.summary()


@pytest.mark.parametrize("steps", [60, 40_000], ids=["from records", "from the archive"])
def test_about_a_barycentre_a_path_is_relative_to_that_of_all_others(steps: int) -> None:
    scenario = preset("hierarchical-triple").scenario
    propagation = Propagation.open(Trajectory(scenario), steps)
    a, b, c = ([*scenario.names].index(name) for name in "ABC")
    assert scenario.barycentric == (c,)
    table = pa.Table.from_batches(list(propagation.slices())).combine_chunks()
    rows = [table["agent"].chunk(0).indices.to_numpy() == agent for agent in (a, b, c)]
    x_a, x_b, x_c = (table["x"].to_numpy()[of] for of in rows)
    mu_a, mu_b = scenario.agents[a].mu, scenario.agents[b].mu
    expected = x_c - (mu_a * x_a + mu_b * x_b) / (mu_a + mu_b)
    line: Any = propagation.overview(frame="primary").agents[c]["path"]
    at = np.searchsorted(table["t1"].to_numpy()[rows[2]], line["t"])
    assert len(at) > 10
    assert np.allclose(line["x"], expected[at], rtol=1e-12, atol=1e-12)
