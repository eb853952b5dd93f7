"""Claims about the presets: what each says one should look for is there, by the reference."""

from __future__ import annotations

import math
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import sim.presets
from sim import Propagation, Trajectory, simulate
from sim.errors import RequestError
from sim.models.nbody import NBodyScenario
from sim.models.nbody.reference import iterations
from sim.models.units import Units
from sim.orbit import elements_of
from sim.presets import NAMES, preset, presets
from sim.scenario import NANO

if TYPE_CHECKING:
    from collections.abc import Iterator

EACH = pytest.mark.parametrize("name", NAMES)
COLUMNS = ("x", "y", "z", "vx", "vy", "vz")
Vector = tuple[float, ...]


def nbody(name: str) -> NBodyScenario:
    scenario = preset(name).scenario
    assert isinstance(scenario, NBodyScenario)
    return scenario


def states(name: str, steps: int) -> Iterator[tuple[float, list[Vector]]]:
    """The time, and each agent's position and velocity, after each of the first steps."""
    for records in islice(iterations(nbody(name)), steps):
        yield records[0].t1, [vector(record.state) for record in records]


def vector(state: Any) -> Vector:  # noqa: ANN401 - of the scenario, or of the reference
    return tuple(getattr(state, column) for column in COLUMNS)


def initial(name: str) -> list[Vector]:
    return [vector(agent.state) for agent in nbody(name).agents]


def relative(of: Vector, to: Vector) -> Vector:
    return tuple(a - b for a, b in zip(of, to, strict=True))


def distance(of: Vector, to: Vector) -> float:
    return math.dist(of[:3], to[:3])


def moment(mus: list[float], at: list[Vector]) -> Vector:
    """The barycentre and its velocity, times the sum of mu."""
    return tuple(
        math.fsum(mu * state[column] for mu, state in zip(mus, at, strict=True))
        for column in range(6)
    )


def test_every_file_is_a_preset_and_every_preset_has_a_file() -> None:
    folder = Path(str(sim.presets.__file__)).parent
    assert {path.stem for path in folder.glob("*.json")} == set(NAMES)
    assert [one.name for one in presets()] == list(NAMES)
    assert len({one.title for one in presets()}) == len(NAMES)


@EACH
def test_a_preset_says_where_it_is_from_and_what_to_look_for(name: str) -> None:
    one = preset(name)
    assert len(one.source) > 20
    assert one.look_for.endswith(".")
    assert one.steps >= 500
    assert set(one.to_json()) == {
        "name", "title", "source", "units", "look_for", "steps", "scenario",
    }  # fmt: skip


@EACH
def test_what_a_program_gets_of_a_preset_is_the_same_scenario(name: str) -> None:
    scenario = preset(name).scenario
    if isinstance(scenario, NBodyScenario):
        assert NBodyScenario.from_json(scenario.to_json()) == scenario
    else:
        assert scenario == NANO


def test_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(
        RequestError, match=r"^preset must be one of nano, circular, .*-transfer\.$"
    ):
        preset("kepler")


def test_units_are_those_of_the_scenario() -> None:
    assert preset("nano").units == Units()
    assert preset("outer-solar-system").units == Units("au", "d")


@pytest.mark.parametrize(
    "name", ["binary", "figure-eight", "pythagorean", "galilean-moons", "outer-solar-system",
             "kirkwood-gap", "hierarchical-triple", "earth-moon-transfer"],
)  # fmt: skip
def test_the_barycentre_is_at_rest_at_the_origin(name: str) -> None:
    scenario = nbody(name)
    mus, at = [agent.mu for agent in scenario.agents], initial(name)
    size = math.fsum(mu * math.hypot(*state[:3]) for mu, state in zip(mus, at, strict=True))
    speed = math.fsum(mu * math.hypot(*state[3:]) for mu, state in zip(mus, at, strict=True))
    assert math.hypot(*moment(mus, at)[:3]) <= 1e-9 * size
    assert math.hypot(*moment(mus, at)[3:]) <= 1e-9 * speed or speed == 0


def test_the_circle_stays_one() -> None:
    for _, (earth, satellite) in states("circular", 1_166):  # two periods
        assert distance(satellite, earth) == pytest.approx(7_000, abs=0.3)


def test_the_ellipse_comes_back_after_a_period() -> None:
    planet, satellite = initial("eccentric")
    orbit = elements_of(*halves(relative(satellite, planet)), 1.0)
    assert orbit.semi_major_axis == pytest.approx(0.7081, abs=1e-5)
    assert orbit.eccentricity == pytest.approx(0.271, abs=1e-3)
    assert orbit.period == pytest.approx(3.744, abs=1e-4)
    *_, (_, (planet, satellite)) = states("eccentric", 600)
    after = elements_of(*halves(relative(satellite, planet)), 1.0)
    assert after.semi_major_axis == pytest.approx(orbit.semi_major_axis, rel=1e-10)
    assert after.argument_of_periapsis == pytest.approx(orbit.argument_of_periapsis, abs=1e-6)


def halves(state: Vector) -> tuple[Vector, Vector]:
    return state[:3], state[3:]


def test_the_binary_keeps_its_distance_and_the_eight_closes() -> None:
    for _, (a, b) in states("binary", 2_000):
        assert distance(a, b) == pytest.approx(1.0, abs=1e-4)
    (before, one), (after, two) = list(states("figure-eight", 127))[-2:]
    assert before < 6.32591398 < after
    share = (6.32591398 - before) / (after - before)
    for start, at, then in zip(initial("figure-eight"), one, two, strict=True):
        for column in range(3):
            between = at[column] + share * (then[column] - at[column])
            assert between == pytest.approx(start[column], abs=1e-3)


def test_the_moons_are_never_in_line_on_one_side() -> None:
    angles = []
    for _, (jupiter, *moons) in islice(states("galilean-moons", 600), 0, None, 5):
        io, europa, ganymede = (longitude(relative(moon, jupiter)) for moon in moons)
        angles.append((io - 3 * europa + 2 * ganymede) % 360)
    assert 170 < min(angles) <= max(angles) < 190  # 180, but for the eccentricities


def longitude(state: Vector) -> float:
    return math.degrees(math.atan2(state[1], state[0]))


def test_pluto_comes_within_the_distance_of_neptune_and_keeps_away_from_it() -> None:
    sun, *_, neptune, pluto = initial("outer-solar-system")
    assert distance(pluto, sun) < distance(neptune, sun)
    for _, (_, *_, neptune, pluto) in islice(states("outer-solar-system", 1_000), 0, None, 20):
        assert distance(neptune, pluto) > 15


def test_the_belt_spans_the_resonance() -> None:
    sun, jupiter, *belt = initial("kirkwood-gap")
    mu_sun, mu_jupiter = (agent.mu for agent in nbody("kirkwood-gap").agents[:2])
    year = elements_of(*halves(relative(jupiter, sun)), mu_sun + mu_jupiter).period
    assert year == pytest.approx(11.86, abs=0.01)
    periods = [elements_of(*halves(relative(one, sun)), mu_sun).period for one in belt]
    assert len(belt) == 200
    assert year is not None
    ratios = [year / period for period in periods if period is not None]
    assert max(ratios) > 3.1
    assert min(ratios) < 2.9
    assert all(one > other for one, other in pairwise(ratios))


def test_the_triple_has_the_elements_that_it_says() -> None:
    a, b, c = initial("hierarchical-triple")
    pair = elements_of(*halves(relative(b, a)), 1.5)
    assert (pair.semi_major_axis, pair.eccentricity) == pytest.approx((1.0, 0.3), abs=1e-12)
    centre = tuple((x + 0.5 * y) / 1.5 for x, y in zip(a, b, strict=True))
    outer = elements_of(*halves(relative(c, centre)), 1.9)
    assert (outer.semi_major_axis, outer.eccentricity) == pytest.approx((8.0, 0.3), abs=1e-12)
    assert outer.inclination == pytest.approx(30.0, abs=1e-12)


def test_the_spacecraft_passes_the_moon_and_comes_back() -> None:
    name = "earth-moon-transfer"
    earth, _, craft = initial(name)
    assert distance(craft, earth) == pytest.approx(6_563, abs=0.01)
    path = [
        (time, distance(craft, moon), distance(craft, earth))
        for time, (earth, moon, craft) in states(name, preset(name).steps)
    ]
    passed, nearest, _ = min(path, key=lambda one: one[1])
    assert nearest == pytest.approx(2_737.4, abs=10)
    assert passed / 86_400 == pytest.approx(3.0625, abs=0.01)
    back, _, height = min((one for one in path if one[0] > passed), key=lambda one: one[2])
    assert height < 10_000
    assert back / 86_400 == pytest.approx(6.125, abs=0.02)


def test_the_three_bodies_start_at_rest_at_the_corners_of_the_triangle() -> None:
    three, four, five = initial("pythagorean")
    assert (distance(four, five), distance(three, five), distance(three, four)) == (3, 4, 5)
    assert all(state[3:] == (0, 0, 0) for state in (three, four, five))


def test_the_three_bodies_go_on_long_after_the_encounter() -> None:
    # At rounding's mercy: where they are then, they are 1e4 times as far away as from one another.
    summary: dict[str, Any] = Propagation.open(
        Trajectory(preset("pythagorean").scenario), steps=70_000
    ).summary()
    pair = summary["elements"]["4"]["end"]
    assert pair["semi_major_axis"] == pytest.approx(0.5526, abs=0.001)
    assert summary["statistics"]["3"]["unbound_from"] is not None
    assert summary["system"]["energy"]["relative_departure"] < 1e-8


@EACH
def test_a_preset_is_propagated_with_the_bits_of_the_reference(name: str) -> None:
    scenario = preset(name).scenario
    end = Propagation.open(Trajectory(scenario), steps=50).end
    last = {scenario.names[record.agent]: record.state for record in simulate(scenario, 0, 50)}
    assert end == last
