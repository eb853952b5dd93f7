"""Claims about the small picture of a run: its frame, its sizes, and lines that are true."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from frontend.pictures import THEMES
from frontend.web.pages.run_picture import (
    SIZES,
    bound_until,
    centre_of,
    ensemble_picture,
    neutral_picture,
    picture_of,
)
from sim.engine import Propagation
from sim.ensemble.population import Population
from sim.presets import preset
from sim.scenario import (
    Agent,
    NanoScenario,
    PropagationRequest,
    Scenario,
    State,
    Trajectory,
)
from tests.ensemble_results import DISPERSED, blocks_of, nominal

GROUND = THEMES["light"].ground


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def drawn(png: bytes) -> np.ndarray:
    """Which pixels are not the ground."""
    inked: np.ndarray = (pixels(png) != GROUND).any(axis=2)
    return inked


@pytest.mark.parametrize(
    ("name", "centre"),
    [("nano", 0), ("galilean-moons", 0), ("binary", None), ("figure-eight", None)],
)
def test_the_centre_is_what_all_others_orbit_if_there_is_such_a_one(
    name: str, centre: int | None
) -> None:
    assert centre_of(preset(name).scenario) == centre


def test_a_primary_with_a_satellite_of_its_own_satellite_is_no_centre() -> None:
    def body(name: str, x: float, primary: str | None) -> Agent:
        return Agent(name, 0.1, State(0.0, 0.01, x, 0.0, 0.0, 1.0), primary)

    chain = (body("Sun", 0.0, None), body("Earth", 1.0, "Sun"), body("Moon", 1.1, "Earth"))
    assert centre_of(NanoScenario(chain, 0.01, 0.09, 0.001)) is None


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_a_picture_has_its_size_and_the_colours_of_its_theme(size: str, theme: str) -> None:
    opened = Propagation.open(Trajectory(), 500)
    for png in (picture_of(opened, size, theme), neutral_picture(size, theme)):
        picture = pixels(png)
        assert picture.shape == (*SIZES[size][::-1], 3)
        for colour in (THEMES[theme].ground, *THEMES[theme].agents[:2]):
            assert (picture == colour).all(axis=2).any()


def test_a_path_that_repeats_is_drawn_as_one_line_however_long_the_run_is() -> None:
    eight = Trajectory(preset("figure-eight").scenario)
    short, long = (
        drawn(picture_of(Propagation.open(eight, steps), "small", "light"))
        for steps in (16_384, 200_000)
    )
    assert 0.01 < short.mean() < 0.05
    assert (short == long).mean() > 0.99


def test_about_its_primary_an_orbit_stays_where_it_is_though_both_move() -> None:
    def pair(speed: float) -> Propagation:
        planet = Agent("Planet", 1.0, State(0.0, 0.01, 0.0, 0.0, speed, 0.0))
        satellite = Agent("Satellite", 0.0, State(0.0, 0.01, 0.0, 1.0, 1.0 + speed, 0.0), "Planet")
        return Propagation.open(
            Trajectory(NanoScenario((planet, satellite), 0.01, 0.09, 0.001)), 500
        )

    resting, moving = (drawn(picture_of(pair(speed), "small", "light")) for speed in (0.0, 0.5))
    # A line to somewhere would be a strip of a tenth of the height.
    assert (resting | moving).any(axis=1).mean() > 0.8
    assert resting.any(axis=1).mean() == pytest.approx(moving.any(axis=1).mean(), abs=0.1)
    assert resting.any(axis=0).mean() == pytest.approx(moving.any(axis=0).mean(), abs=0.1)


def test_an_ensembles_picture_is_of_where_its_members_have_been() -> None:
    request = PropagationRequest(200, DISPERSED, 40)
    population = Population(request, nominal(request))
    for block in blocks_of(request):
        population.add(block.first, block.count, block.parts)
    packed = next(data for name, data in population.parts().items() if name.startswith("density/"))
    picture = pixels(ensemble_picture(request, packed, "small", "dark"))
    assert picture.shape == (*SIZES["small"][::-1], 3)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 4


@pytest.mark.parametrize(
    ("scenario", "agent", "steps"),
    [(None, "Satellite", 30_000), (preset("pythagorean").scenario, "3", 12_000)],
)
def test_a_run_is_drawn_up_to_the_clock_of_its_first_escape(
    scenario: Scenario | None, agent: str, steps: int
) -> None:
    trajectory = Trajectory() if scenario is None else Trajectory(scenario)
    opened = Propagation.open(trajectory, steps)
    tallies: Any = opened.statistics()
    firsts = [one["unbound_from"] for one in tallies.values() if one["unbound_from"] is not None]
    shortened = Propagation.open(trajectory, min(firsts))
    assert tallies[agent]["unbound_from"] == min(firsts)
    assert bound_until(opened) == shortened.end[agent].time
