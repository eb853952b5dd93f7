"""Claims about the data of a figure: numbers and null, as the document's type declares them."""

from __future__ import annotations

import math
from typing import Any, get_type_hints

import numpy as np
import orjson
import pytest

from sim import Propagation, Trajectory
from sim.engine.downsampling import Bins, Path
from sim.engine.figure_data import (
    AgentFigure,
    Line,
    OverviewDocument,
    Window,
    line_of,
    overview_of,
    pixel_of,
)
from sim.scenario import NANO

PLANET, SATELLITE = 0, 1
QUANTITIES = 5
WINDOW = Window(t0=0.0, t1=2.0, intervals=range(1), pixels=16, frame="inertial", agents=2)


def a_line(*points: tuple[float, float, float]) -> Line:
    return Line("lines", *(np.array(column) for column in zip(*points, strict=True)))


def bins(*values: float) -> Bins:
    """Bins of two agents in each of which every quantity has one value."""
    series = np.empty((len(values), 2, QUANTITIES, 2))
    series[:] = np.array(values)[:, None, None, None]
    clocks = np.repeat(np.arange(1.0, len(values) + 1)[:, None], 2, axis=1)
    return Bins(3, series, clocks)


def figure(*values: float) -> Any:  # noqa: ANN401 - JSON
    line = a_line((0.0, 1.0, 2.0), (1.0, math.nan, math.inf))
    return overview_of(NANO, WINDOW, bins(*values), [line, line]).to_json()


def test_an_overview_has_the_members_that_its_type_declares() -> None:
    document = Propagation.open(Trajectory(), 500).overview().to_json()
    assert set(document) == set(get_type_hints(OverviewDocument))
    assert all(set(agent) == set(get_type_hints(AgentFigure)) for agent in document["agents"])


def test_what_is_not_finite_is_null() -> None:
    planet = figure(1.5, math.nan, -math.inf)["agents"][PLANET]
    assert planet["path"] == {"mode": "lines", "t": [0.0, 1.0], "x": [1.0, None], "y": [2.0, None]}
    assert planet["series"]["x"] == {"min": [1.5, None, None], "max": [1.5, None, None]}
    orjson.loads(orjson.dumps(planet))


def test_only_an_agent_with_a_primary_has_the_elements_of_an_orbit() -> None:
    planet, satellite = figure(1.0)["agents"]
    assert (planet["primary"], satellite["primary"]) == (None, "Planet")
    assert set(planet["series"]) == {"t", "x", "y"}
    assert set(satellite["series"]) == {"t", "x", "y", "r", "e", "h"}


@pytest.mark.parametrize(("level", "exact"), [(0, True), (1, False)])
def test_bins_of_one_iteration_are_exact(level: int, *, exact: bool) -> None:
    some = bins(1.0)
    drawn = overview_of(NANO, WINDOW, Bins(level, some.series, some.clocks), []).to_json()
    assert (drawn["level"], drawn["exact"]) == (level, exact)


def test_lines_are_merged_in_the_order_of_time() -> None:
    merged = a_line((0.0, 1.0, 1.0), (2.0, 3.0, 3.0)).merged(a_line((1.0, 2.0, 2.0)))
    assert merged.t.tolist() == [0.0, 1.0, 2.0]
    assert merged.x.tolist() == merged.y.tolist() == [1.0, 2.0, 3.0]


def test_points_that_are_dropped_are_missing_from_the_line() -> None:
    line = a_line((0.0, 1.0, 1.0), (1.0, 2.0, 2.0), (2.0, 3.0, 3.0))
    assert line.without(np.array([False, True, False])).t.tolist() == [0.0, 2.0]


def test_around_its_primary_an_agent_is_where_the_primary_is_at_that_moment() -> None:
    # Each row: time, time step, x, y, vx, vy. The planet's clock is 0.5 behind the satellite's.
    states = np.array([[[1.0, 0.1, 10.0, 20.0, 2.0, 4.0], [1.5, 0.1, 14.0, 25.0, 0.0, 0.0]]])
    path = Path(0, states)
    around = line_of(NANO, path, SATELLITE, "primary")
    assert (around.x.tolist(), around.y.tolist()) == ([14.0 - 11.0], [25.0 - 22.0])
    assert line_of(NANO, path, PLANET, "primary").x.tolist() == [0.0]
    assert line_of(NANO, path, SATELLITE, "inertial").x.tolist() == [14.0]


def test_a_pixel_is_that_of_the_larger_of_width_and_height_of_all_lines() -> None:
    assert pixel_of([a_line((0, 0.0, 1.0)), a_line((0, 3.0, 1.5))], 3) == 1.0
    assert pixel_of([a_line((0, 0.0, 1.0)), a_line((0, 3.0, 9.0))], 4) == 2.0


@pytest.mark.parametrize("size", [5e-324, 1e-306, 1e-160, 1e160, 1e305, 1.7e308])
def test_a_pixel_is_finite_for_whatever_numbers_hold(size: float) -> None:
    line = a_line((0, -size, 0.0), (1, size, 0.0))
    assert math.isfinite(pixel_of([line], 16))
    assert pixel_of([line], 16) == pytest.approx(size / 8, abs=5e-324)


def path_of_two() -> Path:
    """A planet that moves along x at speed 2, and a satellite whose clock is 0.5 ahead."""
    planet = [[0.0, 0.1, 0.0, 0.0, 2.0, 0.0], [1.0, 0.1, 2.0, 0.0, 2.0, 0.0]]
    satellite = [[0.5, 0.1, 1.0, 3.0, 0.0, 0.0], [1.5, 0.1, 3.0, 3.0, 0.0, 0.0]]
    return Path(0, np.array([planet, satellite]).transpose(1, 0, 2))


def test_the_inertial_frame_shows_the_states_themselves() -> None:
    satellite = line_of(NANO, path_of_two(), 1, "inertial")
    assert (satellite.t.tolist(), satellite.x.tolist()) == ([0.5, 1.5], [1.0, 3.0])


def test_the_primarys_frame_allows_for_the_difference_of_the_clocks() -> None:
    satellite = line_of(NANO, path_of_two(), 1, "primary")
    assert (satellite.x.tolist(), satellite.y.tolist()) == ([0.0, 0.0], [3.0, 3.0])
    planet = line_of(NANO, path_of_two(), 0, "primary")
    assert (planet.x.tolist(), planet.y.tolist()) == ([0.0, 0.0], [0.0, 0.0])


def test_only_the_first_agents_are_drawn() -> None:
    drawn = overview_of(NANO, WINDOW, bins(1.0), [a_line((0.0, 0.0, 0.0))])
    assert [agent["name"] for agent in drawn.to_json()["agents"]] == ["Planet"]
