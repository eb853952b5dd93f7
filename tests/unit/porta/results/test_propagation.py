from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

import porta
from sim import engine
from sim.scenario import NANO, Trajectory

if TYPE_CHECKING:
    from porta import Propagation

OF_ENGINE = engine.Propagation.open(Trajectory(seed=7), 2_000)


@pytest.fixture(scope="module")
def run() -> Propagation:
    return porta.propagate(2_000, seed=7)


@pytest.fixture(scope="module")
def in_space() -> Propagation:
    return porta.propagate(preset="earth-moon-transfer", steps=200)


def test_it_says_what_it_is_the_result_of(run: Propagation) -> None:
    assert (run.steps, run.seed, run.member, run.agents) == (2_000, 7, 0, NANO.names)
    assert run.scenario == NANO.to_json()
    assert porta.propagate(**run.request).id == run.id


def test_the_end_the_statistics_and_the_system_are_the_engines(run: Propagation) -> None:
    assert run.end == OF_ENGINE.end
    assert run.statistics == OF_ENGINE.statistics()
    assert run.system == OF_ENGINE.system()
    assert run.records == OF_ENGINE.records
    assert run.manifest["result"] == OF_ENGINE.summary()
    assert run.provenance["checksum"] == OF_ENGINE.checkpoints_checksum


def test_what_is_given_away_can_be_changed_without_harm(run: Propagation) -> None:
    before = run.manifest
    run.statistics["Satellite"].clear()
    run.scenario["agents"].clear()
    run.manifest["result"]["end"].clear()
    assert run.manifest == before


def test_series_have_the_range_of_every_step_in_their_bins(run: Propagation) -> None:
    found = run.series("energy", "x", points=16)
    assert found.column_names == ["t0", "t1", "energy_min", "energy_max", "x_min", "x_max"]
    assert 8 <= found.num_rows <= 18
    table = run.table()
    satellite = table.filter(pa.compute.equal(table.column("agent"), "Satellite"))
    x = satellite.column("x").to_numpy()[1:]
    assert max(found.column("x_max").to_pylist()) == x.max()
    assert min(found.column("x_min").to_pylist()) == x.min()


def test_a_quantity_that_an_agent_has_not_is_refused_with_those_that_it_has(
    run: Propagation,
) -> None:
    with pytest.raises(porta.ArgumentError, match="did you mean 'energy'"):
        run.series("enrgy")
    with pytest.raises(porta.ArgumentError, match="one of 'x', 'y'"):
        run.series("energy", agent="Planet")
    with pytest.raises(porta.ArgumentError, match="'Satellite'"):
        run.series("energy", agent="Moon")


def test_its_repr_is_a_line(run: Propagation, in_space: Propagation) -> None:
    told = "2,000 steps of nano, seed 7; Planet, Satellite"
    assert repr(run) == f"<porta.Propagation {run.id}: {told}>"
    assert len(repr(in_space)) < 120


def test_a_run_that_ends_early_says_how_many_steps_can_be_had() -> None:
    at_rest = {"time": 0.0, "timeStep": 0.5, "x": 0.0, "y": 0.0, "vx": 0.0, "vy": 0.0}
    falling = {**at_rest, "x": 1.0, "vx": -1.5}  # its first step ends on the planet, exactly
    agents = [{"name": "Planet", "mu": 1.0, **at_rest}, {"name": "Probe", "mu": 0.0, **falling}]
    scenario = {"agents": agents, "dt_min": 0.5, "dt_span": 0.0, "epsilon": 0.001}
    with pytest.raises(porta.PropagationFailed, match="collide") as failed:
        porta.propagate(100_000, scenario=scenario)
    assert f"steps={failed.value.steps}" in str(failed.value)
    assert porta.propagate(failed.value.steps, scenario=scenario).end["Probe"].x == 0.0
