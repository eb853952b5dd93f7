"""Claims about the scenarios of nbody: their JSON, their identity, and what they derive."""

from __future__ import annotations

import itertools
import json
import math
import pickle
from dataclasses import FrozenInstanceError, replace
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import ScenarioError
from sim.models.model import MAX_STEPS
from sim.models.nbody import NBodyAgent, NBodyScenario, State3
from sim.models.nbody.reference import iterations
from sim.models.units import Units
from tests.unit.sim.strategies import jsonlike, nbody_scenarios

PAIR: dict[str, Any] = {
    "model": "nbody",
    "integrator": "kahan-li-8",
    "dt": 0.0625,
    "agents": [
        {"name": "Planet", "mu": 1, "x": 0, "y": 0.1, "vx": 0.1, "vy": 0},
        {"name": "Satellite", "mu": 0, "x": 0, "y": 1, "vx": 1, "vy": 0},
    ],
}


def pair_with(**others: object) -> NBodyScenario:
    return NBodyScenario.from_json({**PAIR, **others})


@given(nbody_scenarios())
def test_a_scenario_reads_back_from_its_json_its_canonical_text_and_its_pickle(
    scenario: NBodyScenario,
) -> None:
    text = scenario.canonical
    assert NBodyScenario.from_json(scenario.to_json()) == scenario
    assert NBodyScenario.from_json(json.loads(text)).canonical == text
    assert pickle.loads(pickle.dumps(scenario)) == scenario  # noqa: S301 - of our own making


@given(jsonlike())
def test_whatever_is_no_scenario_is_a_scenario_error(value: object) -> None:
    with pytest.raises(ScenarioError):
        NBodyScenario.from_json(value)


def test_canonical_json_has_z_vz_and_dt_and_floats_alone() -> None:
    assert NBodyScenario.from_json(PAIR).canonical == (
        '{"agents":['
        '{"mu":1.0,"name":"Planet","vx":0.1,"vy":0.0,"vz":0.0,"x":0.0,"y":0.1,"z":0.0},'
        '{"mu":0.0,"name":"Satellite","vx":1.0,"vy":0.0,"vz":0.0,"x":0.0,"y":1.0,"z":0.0}],'
        '"dt":0.0625,"integrator":"kahan-li-8","model":"nbody"}'
    )


def test_defaults_that_are_written_out_make_no_other_scenario() -> None:
    plain = pair_with(integrator="gauss-radau-15")
    written = pair_with(
        integrator="gauss-radau-15", tolerance=1e-5, units={"length": "1", "time": "1"}
    )
    assert written == plain
    assert written.canonical == plain.canonical
    assert plain.tolerance == 1e-5


def test_a_tolerance_and_units_that_are_not_the_default_belong_to_the_identity() -> None:
    plain = pair_with(integrator="gauss-radau-15")
    fixed = pair_with(integrator="gauss-radau-15", tolerance=0)
    labelled = pair_with(units={"length": "km", "time": "1"})
    assert '"tolerance":0.0' in fixed.canonical
    assert fixed != plain
    assert '"units":{"length":"km","time":"1"}' in labelled.canonical
    assert labelled != pair_with()
    assert labelled.units.of(1, -1) == "km"


@pytest.mark.parametrize("integrator", ["leapfrog", "kahan-li-8"])
def test_an_integrator_of_fixed_steps_has_no_tolerance(integrator: str) -> None:
    scenario = pair_with(integrator=integrator)
    assert "tolerance" not in scenario.canonical
    assert replace(scenario, dt=0.5).dt == 0.5
    with pytest.raises(ScenarioError, match=f"^tolerance is of gauss-radau-15 alone: {integrator}"):
        replace(scenario, tolerance=1e-6)
    with pytest.raises(ScenarioError, match=f"^tolerance is of gauss-radau-15 alone: {integrator}"):
        pair_with(integrator=integrator, tolerance=1e-5)


def test_the_sign_of_a_zero_makes_another_scenario() -> None:
    scenario = pair_with()
    signed = replace(scenario.agents[0], state=replace(scenario.agents[0].state, z=-0.0))
    other = replace(scenario, agents=(signed, scenario.agents[1]))
    assert signed.state != scenario.agents[0].state
    assert other != scenario
    assert '"z":-0.0' in other.canonical


def test_values_of_other_kinds_are_not_equal_and_equal_ones_have_equal_hashes() -> None:
    scenario = pair_with()
    assert scenario.canonical != scenario
    assert hash(pair_with()) == hash(scenario)
    with pytest.raises(FrozenInstanceError):
        scenario.dt = 1.0  # type: ignore[misc]


def agents_of(*mus: float, primaries: dict[int, str] | None = None) -> NBodyScenario:
    agents = tuple(
        NBodyAgent(str(i), mu, State3(i, 0, 0, 0, 0, 0), (primaries or {}).get(i))
        for i, mu in enumerate(mus)
    )
    return NBodyScenario(agents, "leapfrog", 0.01)


@pytest.mark.parametrize(
    ("scenario", "massive", "primaries", "gravity", "read"),
    [
        (agents_of(0.0), (), (None,), (0.0,), ()),
        (agents_of(3.0, 1.0, 0.0), (0, 1), (None, 0, 0), (0.0, 4.0, 3.0), (0, 1)),
        (agents_of(1.0, 1.0), (0, 1), (None, None), (0.0, 0.0), (0, 1)),
        (agents_of(1.0, 2.0, primaries={1: "0"}), (0, 1), (1, 0), (3.0, 3.0), (0, 1)),
        (agents_of(1.0, 0.0, 0.0, primaries={2: "1"}), (0,), (None, 0, 1), (0.0, 1.0, 0.0), (0, 1)),
        (
            agents_of(1.0, 2.0, 4.0, 0.0, primaries={2: "barycentre", 3: "barycentre"}),
            (0, 1, 2),
            (2, 2, None, None),
            (5.0, 6.0, 7.0, 7.0),
            (0, 1, 2),
        ),
    ],
    ids=str,
)
def test_the_primary_is_the_named_one_the_heaviest_or_the_barycentre(
    scenario: NBodyScenario,
    massive: tuple[int, ...],
    primaries: tuple[int | None, ...],
    gravity: tuple[float, ...],
    read: tuple[int, ...],
) -> None:
    assert scenario.massive == massive
    assert scenario.primaries == primaries
    assert scenario.gravity == gravity
    assert scenario.read_by_others == read


def test_the_barycentre_is_said_of_those_that_name_it() -> None:
    scenario = agents_of(1.0, 1.0, 1.0, primaries=dict.fromkeys(range(3), "barycentre"))
    assert scenario.barycentric == (0, 1, 2)
    assert agents_of(1.0, 1.0).barycentric == ()


def test_masses_are_added_in_the_scenarios_order_and_rounded_after_each() -> None:
    mus = (1.0, 1e100, 1.0, -1e100, 3.0)
    assert agents_of(*mus, primaries={0: "barycentre"}).gravity[0] == 3.0


def test_units_are_read_whole() -> None:
    assert pair_with(units={"length": "au", "time": "yr"}).units == Units("au", "yr")
    with pytest.raises(ScenarioError, match=r"^units lacks time\.$"):
        pair_with(units={"length": "au"})


def test_another_model_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"^model must be nbody\.$"):
        pair_with(model="nano")


def least_steps(time: float, dt: float) -> int:
    """The least k with k*dt >= time, counted from well below it."""
    return next(k for k in itertools.count(max(1, int(time / dt) - 3)) if k * dt >= time)


@pytest.mark.parametrize(
    ("time", "dt", "steps"),
    [
        (0.07, 0.01, 7),  # 0.07 / 0.01 is above 7, but 7 * 0.01 is not below 0.07
        (0.030000000000000002, 0.01, 4),  # the quotient is 3, but 3 * 0.01 is below the time
        (0.01, 0.01, 1),
        (5e-324, 0.01, 1),
        (1e300, 0.01, MAX_STEPS),
        (1e300, 1e-300, MAX_STEPS),
    ],
)
@pytest.mark.parametrize("integrator", ["leapfrog", "kahan-li-8"])
def test_a_time_takes_the_least_steps_whose_product_with_dt_reaches_it(
    time: float, dt: float, steps: int, integrator: str
) -> None:
    scenario = pair_with(integrator=integrator, dt=dt)
    assert scenario.steps_until(time) == steps
    assert scenario.fewest_steps_until(time) == scenario.most_steps_until(time) == steps


@settings(max_examples=300)
@given(
    steps=st.integers(1, 10**9),
    dt=st.one_of(st.sampled_from([0.01, 0.1, 0.3, 0.7]), st.floats(1e-9, 1e9)),
    away=st.integers(-2, 2),
)
def test_times_near_a_multiple_of_dt_take_the_least_steps(steps: int, dt: float, away: int) -> None:
    time = steps * dt
    for _ in range(abs(away)):
        time = math.nextafter(time, math.copysign(math.inf, away))
    assert pair_with(dt=dt).steps_until(time) == least_steps(time, dt)


@pytest.mark.parametrize("dt", [0.01, 0.0625, 0.1])
def test_the_steps_of_a_gauss_radau_whose_step_is_kept_are_within_close_bounds(dt: float) -> None:
    scenario = pair_with(integrator="gauss-radau-15", tolerance=0, dt=dt)
    clocks = [records[0].t1 for records in islice(iterations(scenario), 400)]
    for k, clock in enumerate(clocks, 1):
        for time in (clock, math.nextafter(clock, 0.0), math.nextafter(clock, math.inf)):
            needed = k if time <= clock else k + 1
            least, most = scenario.fewest_steps_until(time), scenario.most_steps_until(time)
            assert least <= needed <= most <= least + 2
            assert scenario.steps_until(time) is None


def test_how_many_steps_an_integrator_chooses_is_not_known() -> None:
    scenario = pair_with(integrator="gauss-radau-15")
    assert scenario.steps_until(5.0) is None
    assert (scenario.fewest_steps_until(5.0), scenario.most_steps_until(5.0)) == (1, MAX_STEPS)


def test_a_pass_takes_longer_with_barycentres_and_its_work_is_the_same() -> None:
    def triple(primary: dict[str, str]) -> NBodyScenario:
        agents = [
            {"name": f"{i}", "mu": 1, "x": i, "y": i * i, "vx": 0, "vy": 0} | primary
            for i in range(3)
        ]
        return pair_with(agents=agents)

    plain, centred = triple({}), triple({"primary": "barycentre"})
    assert centred.pass_seconds(10**9) - plain.pass_seconds(10**9) == pytest.approx(27, rel=1e-6)
    assert centred.work_per_iteration == plain.work_per_iteration
    assert centred.interval == plain.interval
