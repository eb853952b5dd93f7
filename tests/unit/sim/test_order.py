from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import Propagation
from sim.errors import RequestError
from sim.models.nbody.reference import iterations as nbody_iterations
from sim.order import Condition, Escape, Order, Until, Within, read_condition, read_until
from sim.reference import iterations
from sim.scenario import NANO, NanoScenario, Trajectory, canonical_json
from tests.unit.sim.models.nbody.passes import points
from tests.unit.sim.scenarios import ALONE, THREE

ORBIT = Trajectory(NANO, 3)
PAIR = ((1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), (0.5, 1.0, 0.0, 0.0, 0.0, 1.2, 0.0))  # of nbody


def test_the_id_is_the_start_of_the_digest_of_the_orders_canonical_json() -> None:
    document: dict[str, Any] = {
        "members": 1,
        "model": NANO.model.version,
        "scenario": NANO.to_json(),
        "seed": 3,
        "until": 100.0,
    }
    digest = hashlib.sha256(canonical_json(document).encode()).hexdigest()
    assert Order(5_000, ORBIT, condition=Until(100.0)).id == f"q-{digest[:16]}"


def test_the_id_of_a_time_does_not_depend_on_how_many_steps_are_allowed() -> None:
    few, many = (Order(steps, ORBIT, condition=Until(9.0)) for steps in (500, 70_000))
    assert few.id == many.id


def test_the_id_of_a_stop_depends_on_all_that_it_says() -> None:
    ids = {
        Order(steps, trajectory, condition=condition).id
        for steps in (500, 501)
        for trajectory in (ORBIT, Trajectory(NANO, 4))
        for condition in (Escape("Satellite"), Within("Satellite", 0.5), Within("Satellite", 0.6))
    }
    assert len(ids) == 12


def test_the_answer_is_the_propagation_of_the_same_trajectory() -> None:
    answer = Order(500, ORBIT, condition=Escape("Satellite")).answer(77)
    assert (answer.steps, answer.trajectory) == (77, ORBIT)
    assert answer.id == f"77-{ORBIT.digest}"


@pytest.mark.parametrize(
    "condition", [Until(0.5), Escape("Satellite"), Within("Satellite", 0.1)], ids=str
)
def test_its_terms_read_back(condition: Condition) -> None:
    order = Order(500, ORBIT, condition=condition)
    assert Order.from_terms(ORBIT, order.to_terms()) == order


@pytest.mark.parametrize(
    "value", [0, -1.0, math.nan, math.inf, "5", None, True, 10**400, [1]], ids=str
)
def test_a_time_that_is_not_finite_and_above_0_is_refused(value: object) -> None:
    with pytest.raises(RequestError, match="until must be"):
        read_until(value)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("Satellite", "stop must be"),
        ({"agent": "Satellite"}, "either escape or within"),
        ({"agent": "Satellite", "escape": True, "within": 1.0}, "either escape or within"),
        ({"agent": "Satellite", "escape": False}, "stop.escape must be true"),
        ({"agent": "Satellite", "escape": 1}, "stop.escape must be true"),
        ({"agent": "Satellite", "within": 0}, "stop.within must be a finite number above 0"),
        ({"agent": "Satellite", "within": math.nan}, "stop.within must be a finite number"),
        ({"agent": "Satellite", "within": 1, "of": "Planet"}, "stop must be"),
        ({"agent": "Moon", "escape": True}, "stop.agent must be the name of an agent: Planet"),
        ({"agent": ["Planet"], "escape": True}, "stop.agent must be the name of an agent"),
        ({"escape": True}, "stop.agent must be the name of an agent"),
        ({"agent": "Planet", "escape": True}, "has a primary, which Planet has not"),
    ],
    ids=str,
)
def test_a_stop_that_is_none_is_refused_with_a_sentence(value: object, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        read_condition(NANO, value)


def test_an_ensemble_is_refused() -> None:
    with pytest.raises(RequestError, match="members must be 1"):
        Order(5, ORBIT, 2, condition=Until(1.0))


@pytest.mark.parametrize("scenario", [NANO, THREE, ALONE], ids=lambda scenario: scenario.names)
@settings(max_examples=20)
@given(time=st.floats(1e-3, 2.0), seed=st.integers(0, 99))
def test_the_steps_until_a_time_are_within_their_bounds(
    scenario: NanoScenario, time: float, seed: int
) -> None:
    clocks, needed = dict.fromkeys(scenario.names, 0.0), 0
    for records in iterations(scenario, seed):
        needed += 1
        clocks |= {scenario.names[record.agent]: record.t1 for record in records}
        if min(clocks.values()) >= time:
            break
    assert scenario.fewest_steps_until(time) <= needed <= scenario.most_steps_until(time)
    assert scenario.steps_until(time) is None


@pytest.mark.parametrize("integrator", ["leapfrog", "kahan-li-8", "gauss-radau-15"])
@pytest.mark.parametrize("time", [0.07, 0.030000000000000002, 1.0])
def test_the_steps_until_a_time_of_nbody_are_those_of_the_reference(
    integrator: str, time: float
) -> None:
    scenario = points(*PAIR, integrator=integrator)
    clocks = (records[0].t1 for records in nbody_iterations(scenario))
    needed = next(k for k, clock in enumerate(clocks, 1) if clock >= time)
    assert Propagation.open(Trajectory(scenario), until=time).steps == needed
    assert scenario.fewest_steps_until(time) <= needed <= scenario.most_steps_until(time)
    assert scenario.steps_until(time) in (needed, None)
    assert (scenario.steps_until(time) is None) == (integrator == "gauss-radau-15")


def test_an_agent_of_nbody_about_a_barycentre_has_a_primary() -> None:
    pair = points(*PAIR, (0.0, 9.0, 0.0, 1.0, 0.0, 0.4, 0.0))
    probe = replace(pair.agents[2], primary="barycentre")
    scenario = replace(pair, agents=(*pair.agents[:2], probe))
    for condition in (Escape(probe.name), Within(probe.name, 0.5)):
        order = Order(500, Trajectory(scenario), condition=condition)
        assert Order.from_terms(order.trajectory, order.to_terms()) == order
    with pytest.raises(RequestError, match="has a primary, which Agent 0 has not"):
        read_condition(scenario, {"agent": "Agent 0", "escape": True})
