from __future__ import annotations

import pytest

import porta
from porta.execution.computed import ComputedMembers, ComputedRun
from porta.results.ensemble import Ensemble
from porta.results.propagation import Propagation
from sim import engine
from sim.ensemble.computed import compute
from sim.scenario import PropagationRequest, Trajectory

REQUEST = PropagationRequest(3_000, Trajectory(seed=4))


@pytest.mark.parametrize("everything", [False, True])
def test_results_are_what_they_are_when_they_are_computed_again(*, everything: bool) -> None:
    run = porta.propagate(3_000, seed=4).verify(all=everything)
    many = porta.propagate(100, members=20).verify(all=everything)
    assert (run.ok, run.is_all, many.ok, many.is_all) == (True, True, True, True)
    assert str(run) == f"{REQUEST.id} is what {REQUEST.id} gives, by all 3,000 steps."
    assert "all 40 rows" in str(many)


def test_work_beyond_the_limit_is_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    run, many = porta.propagate(100), porta.propagate(100, members=20)
    monkeypatch.setenv("PORTA_MAX_WORK", "99")
    for result in (run, many):
        with pytest.raises(porta.VerificationError, match="set PORTA_MAX_WORK higher"):
            result.verify()
    monkeypatch.setenv("PORTA_MAX_WORK", "100")
    assert run.verify().ok


def test_a_run_of_another_trajectory_is_found_out() -> None:
    another = engine.Propagation.open(Trajectory(seed=5), 3_000)
    found = Propagation(ComputedRun(REQUEST, another)).verify()
    assert not found.ok
    assert "is not what" in str(found)


def test_an_ensemble_of_another_seed_is_found_out() -> None:
    class SaidToBeOfSeed0(ComputedMembers):
        @property
        def request(self) -> PropagationRequest:
            return PropagationRequest(100, members=20)

    of_seed_1 = compute(PropagationRequest(100, Trajectory(seed=1), members=20))
    assert not Ensemble(SaidToBeOfSeed0(of_seed_1)).verify(all=True).ok
