from __future__ import annotations

import pytest

import porta
from sim.engine import Propagation
from sim.ensemble.computed import compute
from sim.presets import preset
from sim.scenario import PropagationRequest, Trajectory

SPREAD = [{"agent": "Satellite", "sigma": {"x": 0.001}}]
OF_ENGINE = compute(PropagationRequest(600, members=50))
DOCUMENT = OF_ENGINE.document()["agents"]["Satellite"]


@pytest.fixture(scope="module")
def ensemble() -> porta.Ensemble:
    return porta.propagate(600, members=50)


@pytest.fixture(scope="module")
def triple() -> porta.Ensemble:
    scenario = preset("hierarchical-triple").scenario
    return porta.propagate(
        40,
        members=5,
        scenario=scenario,
        dispersion=[{"agent": scenario.names[0], "sigma": {"x": 1e-6}}],
    )


def test_it_says_what_it_is_the_result_of(ensemble: porta.Ensemble) -> None:
    assert (ensemble.steps, ensemble.seed, ensemble.members_count) == (600, 0, 50)
    assert ensemble.id == PropagationRequest(600, members=50).id
    assert porta.propagate(**ensemble.request).id == ensemble.id


def test_quantiles_survival_and_statistics_are_those_of_the_engine(
    ensemble: porta.Ensemble,
) -> None:
    quantiles, survival = ensemble.quantiles("energy"), ensemble.survival()
    assert quantiles.column("q50").to_pylist() == DOCUMENT["quantiles"]["energy"]["50"]
    assert quantiles.column("nominal").to_pylist() == DOCUMENT["nominal"]["energy"]
    assert survival.column("low").to_pylist() == DOCUMENT["bound"]["low"]
    assert survival.column("ended").to_pylist() == DOCUMENT["ended"]
    assert ensemble.statistics["Satellite"]["outcomes"] == DOCUMENT["outcomes"]
    assert ensemble.sentence == DOCUMENT["sentence"]
    assert ensemble.manifest["result"] == OF_ENGINE.population.result(OF_ENGINE.document())


def test_a_quantity_that_there_is_not_is_refused_with_the_nearest(
    ensemble: porta.Ensemble,
) -> None:
    with pytest.raises(porta.ArgumentError, match="did you mean 'eccentricity'"):
        ensemble.quantiles("ecentricity")


def test_of_several_agents_one_must_be_named(triple: porta.Ensemble) -> None:
    assert len(triple.agents) > 1
    with pytest.raises(porta.ArgumentError, match="Say which agent"):
        triple.survival()
    assert (
        triple.survival(triple.agents[1]).num_rows
        == triple.quantiles("distance", triple.agents[0]).num_rows
    )


def test_ten_members_have_the_bits_that_they_have_as_runs_of_their_own(
    ensemble: porta.Ensemble,
) -> None:
    rows = ensemble.members.where(agent="Satellite")
    for number in range(0, 50, 5):
        alone, row = Propagation.open(Trajectory(member=number), 600), rows[number]
        end = alone.end["Satellite"]
        assert (row["member"], row["x"], row["vy"]) == (number, end.x, end.vy)
        assert ensemble.member(number).end == alone.end
        assert porta.propagate(600, member=number).end == alone.end


def test_a_member_of_a_dispersion_is_dispersed() -> None:
    ensemble = porta.propagate(50, members=3, dispersion=SPREAD)
    starts = {ensemble.member(m).states(-1.0).column("x")[1].as_py() for m in range(3)}
    assert len(starts) == 3


def test_a_member_can_be_had_of_fewer_steps_and_no_more(ensemble: porta.Ensemble) -> None:
    assert ensemble.member(3, steps=10).end == porta.propagate(10, member=3).end
    assert ensemble.member(3, steps=1e1).id == ensemble.member(3, steps=10).id
    with pytest.raises(porta.ArgumentError, match="at most 600"):
        ensemble.member(3, steps=601)
    with pytest.raises(porta.ArgumentError, match="from 0 to 49, not 50"):
        ensemble.member(50)


def test_a_member_that_ends_early_is_a_row_and_an_exception_only_as_a_run() -> None:
    at_rest = {"time": 0.0, "timeStep": 0.5, "x": 0.0, "y": 0.0, "vx": 0.0, "vy": 0.0}
    agents = [
        {"name": "Planet", "mu": 1.0, **at_rest},
        {"name": "Probe", "mu": 0.0, **at_rest, "x": 1.0, "vx": -1.5},
    ]
    scenario = {"agents": agents, "dt_min": 0.5, "dt_span": 0.5, "epsilon": 0.001}
    ensemble = porta.propagate(100, members=4, scenario=scenario)
    rows = ensemble.members.where(agent="Probe", outcome="collision")
    assert [row["member"] for row in rows] == [0, 1, 2, 3]
    with pytest.raises(porta.PropagationFailed) as failed:
        ensemble.member(2)
    assert ensemble.member(2, steps=failed.value.steps).end["Probe"].x == 0.0


def test_its_repr_is_a_line(ensemble: porta.Ensemble) -> None:
    assert repr(ensemble) == (
        f"<porta.Ensemble {ensemble.id}: 50 members, 600 steps of nano, seed 0>"
    )
