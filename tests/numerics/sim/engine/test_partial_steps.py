"""States at times of `nbody`, from a propagation."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import Propagation
from sim.errors import RequestError
from sim.models.nbody.reference import states_at
from sim.records import states_schema_of
from sim.scenario import Trajectory
from tests.unit.sim.engine.samples import stretches_of
from tests.unit.sim.models.nbody.passes import INTEGRATORS, points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.kernel import Floats
    from sim.models.nbody import NBodyScenario

PAIR: Final = ((1.0, 0, 0, 0, 0, 0, 0), (0.0, 1, 0.1, 0, 0, 0.9, 0.2))
CROWD: Final = (
    PAIR[0],
    *((0.0, 10.0 + 0.1 * i, 0.2 * (i % 5), 0.0, 0.0, 0.3, 0.01) for i in range(199)),
)
RECORD: Final = ("t0", "t1", "timeStep", "x", "y", "z", "vx", "vy", "vz")


@functools.cache
def _scenario(integrator: str, *, crowd: bool = False) -> NBodyScenario:
    return points(*(CROWD if crowd else PAIR), integrator=integrator, dt=0.05)


@functools.cache
def _short(integrator: str) -> Propagation:
    return Propagation.open(Trajectory(_scenario(integrator)), 30)


@functools.cache
def _long(integrator: str) -> Propagation:
    """Three intervals of many agents, and a part."""
    trajectory = Trajectory(_scenario(integrator, crowd=True))
    return Propagation.open(trajectory, 3 * trajectory.interval + 9, stretches_of(trajectory, 1, 2))


def _rows(propagation: Propagation, times: Sequence[float] | Floats) -> list[tuple[Any, ...]]:
    model = propagation.trajectory.scenario.model
    table = pa.Table.from_batches(list(propagation.states(times)), states_schema_of(model))
    return [tuple(row.values()) for row in table.to_pylist()]


def _expected(scenario: NBodyScenario, t: float, end: float) -> list[tuple[Any, ...]]:
    if t > end:
        return [(t, name, *[None] * len(RECORD)) for name in scenario.names]
    return [
        (t, scenario.names[one.agent], one.t0, *list(one.state.to_json().values()))
        for one in states_at(scenario, max(t, 0.0))
    ]


@settings(max_examples=12, deadline=None)
@given(
    integrator=st.sampled_from(INTEGRATORS),
    times=st.lists(
        st.floats(-1.0, 2.0) | st.sampled_from([0.0, -0.0, 1e300]) | st.integers(0, 30),
        min_size=1,
        max_size=4,
    ),
)
def test_states_are_those_of_the_reference(integrator: str, times: list[float]) -> None:
    propagation = _short(integrator)
    scenario = _scenario(integrator)
    clocks = [0.0, *_clocks(propagation)]
    wanted = [clocks[t] if isinstance(t, int) else t for t in times]
    expected = [row for t in wanted for row in _expected(scenario, t, clocks[-1])]
    assert _rows(propagation, wanted) == expected


def _clocks(propagation: Propagation) -> list[float]:
    batches = list(propagation.slices(0.0))
    agents = len(propagation.trajectory.scenario.agents)
    return [float(t) for t in pa.Table.from_batches(batches)["t1"].to_numpy()[::agents]]


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_at_its_end_a_record_is_given_in_every_interval(integrator: str) -> None:
    propagation = _long(integrator)
    table = pa.Table.from_batches(list(propagation.slices(0.0)))
    records = [tuple(row.values()) for row in table.to_pylist()]
    agents = len(propagation.trajectory.scenario.agents)
    found = _rows(propagation, _clocks(propagation)[::7])
    assert len(found) > 3 * agents
    expected = [
        row
        for start in range(0, len(records), 7 * agents)
        for row in records[start : start + agents]
    ]
    assert [row[1:] for row in found] == expected


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_a_state_does_not_depend_on_the_other_times_nor_on_their_order(integrator: str) -> None:
    propagation = _long(integrator)
    end = max(state.time for state in propagation.end.values())
    times = np.random.default_rng(7).uniform(-0.01 * end, 1.01 * end, 40)
    agents = len(propagation.trajectory.scenario.agents)
    found = _rows(propagation, times)
    for i, t in enumerate(times):
        assert found[i * agents : (i + 1) * agents] == _rows(propagation, [t])
    by_time = sorted(found, key=lambda row: row[0])
    assert _rows(propagation, np.sort(times)) == by_time
    opened_anew = Propagation.open(propagation.trajectory, propagation.steps)
    assert _rows(opened_anew, times) == found


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_a_partial_step_leads_from_the_record_before_to_the_time(integrator: str) -> None:
    propagation = _long(integrator)
    clocks = [0.0, *_clocks(propagation)]
    times = np.random.default_rng(8).uniform(0.0, clocks[-1], 30)
    names = propagation.trajectory.scenario.names
    for t, name, t0, t1, step, *_ in _rows(propagation, times):
        assert name in names
        assert t0 == clocks[np.searchsorted(clocks, t, side="right") - 1]
        assert (t1, step) == (t, t - t0)


def test_ascending_times_come_as_a_stream_and_others_are_held() -> None:
    propagation = _long("leapfrog")
    end = max(state.time for state in propagation.end.values())
    times = np.linspace(0.0, end, 10_000)
    assert propagation.states_held_bytes(times) == 0
    assert propagation.states_held_bytes(times[::-1]) == 10_000 * 200 * 8 * len(RECORD)
    first = next(batch for batch in propagation.states(times) if batch.num_rows)
    assert first.num_rows < 50_000


def test_what_takes_too_long_is_refused_by_intervals_and_by_steps() -> None:
    propagation = _long("kahan-li-8")
    end = max(state.time for state in propagation.end.values())
    intervals = -(-propagation.steps // propagation.trajectory.interval)
    spread, near = np.linspace(0.0, end, intervals), np.linspace(0.1, 0.11, 50_000)
    for times, most_s in ((spread, 0.1), (near, 0.5)):
        with pytest.raises(RequestError, match="ask for fewer, or for times that are nearer"):
            propagation.states(times, most_s=most_s)
        propagation.states(times[::-1][:1], most_s=most_s)
