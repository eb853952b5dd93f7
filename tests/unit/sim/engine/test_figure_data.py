from __future__ import annotations

from typing import Any

import numpy as np

from sim import NANO
from sim.engine.downsampling import Bins, Path
from sim.engine.figure_data import Line, Window, extent, line_of, overview_of

WINDOW = Window(t0=0.0, t1=2.0, intervals=range(1), pixels=100, frame="inertial", agents=2)


def line(*points: tuple[float, float, float]) -> Line:
    t, x, y = np.array(points).T
    return Line("lines", t, x, y)


def test_lines_merge_in_the_order_of_time() -> None:
    merged = line((1.0, 10.0, 0.0), (3.0, 30.0, 0.0)).merged(line((2.0, 20.0, 5.0)))
    assert merged.t.tolist() == [1.0, 2.0, 3.0]
    assert merged.x.tolist() == [10.0, 20.0, 30.0]
    assert merged.y.tolist() == [0.0, 5.0, 0.0]


def test_points_can_be_left_out_of_a_line() -> None:
    rest = line((1.0, 10.0, 0.0), (2.0, 20.0, 5.0)).without(np.array([True, False]))
    assert (rest.mode, rest.t.tolist(), rest.x.tolist()) == ("lines", [2.0], [20.0])


def test_the_extent_is_the_larger_side_of_all_lines_together() -> None:
    assert extent([line((0.0, -1.0, 0.0)), line((0.0, 2.0, 7.0), (1.0, 0.0, -1.0))]) == 8.0


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


def test_numbers_that_are_not_finite_are_null() -> None:
    series = np.zeros((2, 2, 5, 2))
    series[1] = np.nan
    bins = Bins(3, series, np.array([[1.0, 1.5], [2.0, 2.5]]))
    lines = [line((0.0, np.inf, 0.0)), line((0.0, 1.0, 0.0))]
    drawn = overview_of(NANO, WINDOW, bins, lines)
    planet, satellite = (dict[str, Any](agent) for agent in drawn.agents)
    assert (drawn.level, drawn.exact, drawn.window) == (3, False, (0.0, 2.0))
    assert planet["path"]["x"] == [None]
    assert planet["series"]["x"] == {"min": [0.0, None], "max": [0.0, None]}
    assert satellite["series"]["t"] == [1.5, 2.5]


def test_only_an_agent_with_a_primary_has_elements() -> None:
    bins = Bins(0, np.zeros((1, 2, 5, 2)), np.ones((1, 2)))
    drawn = overview_of(NANO, WINDOW, bins, [line((0.0, 0.0, 0.0))] * 2)
    planet, satellite = (dict[str, Any](agent) for agent in drawn.agents)
    assert drawn.exact
    assert (planet["primary"], satellite["primary"]) == (None, "Planet")
    assert set(planet["series"]) == {"t", "x", "y"}
    assert set(satellite["series"]) == {"t", "x", "y", "r", "e", "h"}


def test_only_the_first_agents_are_drawn() -> None:
    bins = Bins(0, np.zeros((1, 2, 5, 2)), np.ones((1, 2)))
    drawn = overview_of(NANO, WINDOW, bins, [line((0.0, 0.0, 0.0))])
    assert [agent["name"] for agent in drawn.agents] == ["Planet"]
