from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

import porta
from sim import engine
from sim.orbit import elements_of
from sim.presets import preset
from sim.records import schema_of
from sim.scenario import NANO, Trajectory

if TYPE_CHECKING:
    from porta import Propagation
    from sim.scenario import Scenario

OF_ENGINE = engine.Propagation.open(Trajectory(seed=7), 2_000)


@pytest.fixture(scope="module")
def run() -> Propagation:
    return porta.propagate(2_000, seed=7)


def test_its_table_has_the_bits_of_the_engine(run: Propagation) -> None:
    expected = pa.Table.from_batches(OF_ENGINE.slices())
    assert run.table().equals(expected)
    assert run.table(3.0, 9.0).equals(pa.Table.from_batches(OF_ENGINE.slices(3.0, 9.0)))
    assert run.table(every=7).equals(pa.Table.from_batches(OF_ENGINE.every(7)))
    assert pa.Table.from_batches(run.batches()).equals(expected)


@pytest.mark.parametrize("times", [[0.5, 3.0], (0.5, 3.0), np.array([0.5, 3.0])])
def test_states_at_times_have_the_bits_of_the_engine(run: Propagation, times: object) -> None:
    expected = pa.Table.from_batches(OF_ENGINE.states([0.5, 3.0]))
    assert run.states(times).equals(expected)  # type: ignore[arg-type]  # a row of numbers
    assert run.table(times=times).equals(expected)  # type: ignore[arg-type]  # the same


def test_a_single_time_is_a_time(run: Propagation) -> None:
    assert run.states(3).equals(run.states([3.0]))


def test_beyond_the_end_there_are_nulls(run: Propagation) -> None:
    assert run.states(1e6).column("x").null_count == 2
    assert run.elements(1e6).column("a").null_count == 1


@pytest.mark.parametrize("name", ["earth-moon-transfer", "figure-eight"])
def test_elements_have_the_bits_of_those_of_its_states(name: str) -> None:
    run = porta.propagate(preset=name, steps=50)
    times = [0.0, float(run.states(0.0).column("timeStep")[0].as_py()) * 30.5]
    scenario = preset(name).scenario
    found = run.elements(times).to_pylist()
    states = run.states(times).to_pylist()
    agents = len(run.agents)
    for row in found:
        now = states[times.index(row["t"]) * agents :][:agents]
        expected = elements_of(*_relative(scenario, row["agent"], now))
        assert row["a"] == expected.semi_major_axis
        assert row["anomaly"] == expected.true_anomaly
        assert row["node"] == expected.node
    assert len(found) == 2 * sum(primary is not None for primary in scenario.orbited)


def _relative(
    scenario: Scenario, name: str, now: list[dict[str, float]]
) -> tuple[list[float], list[float], float]:
    """Return position and velocity relative to the primary, and mu, by plain arithmetic."""
    a = scenario.names.index(name)
    columns = ("x", "y", "z", "vx", "vy", "vz")
    about = dict.fromkeys(columns, 0.0)
    primary = scenario.primaries[a]
    if primary is not None:
        about = now[primary]
    else:
        mu = [agent.mu for agent in scenario.agents]
        others = [b for b in range(len(now)) if b != a and mu[b] != 0.0]
        for column in columns:
            weighted = mass = 0.0
            for b in others:
                weighted, mass = weighted + mu[b] * now[b][column], mass + mu[b]
            about[column] = weighted / mass
    relative = [now[a][column] - about[column] for column in columns]
    return relative[:3], relative[3:], scenario.gravity[a]


def test_a_selection_that_contradicts_itself_is_refused(run: Propagation) -> None:
    with pytest.raises(porta.ArgumentError, match="leave out t0, t1 and every"):
        run.table(1.0, times=[2.0])
    with pytest.raises(porta.ArgumentError, match="t0 must not be after t1"):
        run.table(3.0, 2.0)
    with pytest.raises(porta.ArgumentError, match="every must be a whole number from 1 on"):
        run.table(every=0)
    with pytest.raises(porta.ArgumentError, match="finite numbers"):
        run.states([math.nan])
    with pytest.raises(porta.ArgumentTypeError, match=r"numpy\.linspace"):
        run.states("noon")  # type: ignore[arg-type]
    with pytest.raises(porta.ArgumentTypeError, match="t0 must be a number"):
        run.table("now")  # type: ignore[arg-type]


def test_a_table_that_is_too_large_is_refused_before_it_is_made() -> None:
    run = porta.propagate(13_000_000)
    with pytest.raises(porta.LimitError, match=r"every=k or times, read it .*\.batches"):
        run.table()
    assert sum(batch.num_rows for batch in islice(run.batches(), 3)) > 100_000
    assert run.table(every=1_000_000).num_rows == 22


def test_arrays_are_those_of_the_table(run: Propagation) -> None:
    found, table = run.to_numpy(), run.table()
    assert list(found) == schema_of(NANO.model).names
    assert found["agent"].tolist() == table.column("agent").to_pylist()
    assert found["x"].tobytes() == table.column("x").to_numpy().tobytes()
