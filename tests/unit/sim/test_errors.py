from __future__ import annotations

import json
import pickle

import pytest

from sim import errors
from sim.errors import Failure, FailureReason, IntegrityError, PropagationFailed, SimError

FAILURES = [
    Failure(0, ("Planet", "Satellite"), FailureReason.COLLISION),
    Failure(17, ("Satellite",), FailureReason.DIVERGENCE),
    Failure(10**9, ("A", "B", "C"), FailureReason.STANDSTILL),
]


@pytest.mark.parametrize(
    "error",
    [
        errors.ScenarioError("agents[1].mu", "must be a number."),
        errors.RequestError("steps", "must be a whole number."),
        PropagationFailed(FAILURES[0]),
        IntegrityError("slice 3 does not end in its checkpoint"),
        errors.ClusterStartError("no worker came"),
        errors.StretchDeadlineError(256, 30.0),
    ],
)
def test_an_error_survives_the_way_from_a_worker(error: SimError) -> None:
    # A pickle of our own making is what Dask sends.
    arrived = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(arrived) is type(error)
    assert str(arrived) == str(error)
    assert vars(arrived) == vars(error)


def test_every_error_is_in_the_tree_and_in_its_drawing() -> None:
    for name in errors.__all__:
        kind = getattr(errors, name)
        if issubclass(kind, Exception):
            assert issubclass(kind, SimError)
            assert f"{name} " in f"{errors.__doc__}".replace("\n", " ")


def test_a_scenario_error_is_a_value_error_with_its_place_and_problem() -> None:
    error = errors.ScenarioError("agents[1].mu", "must be a number.")
    assert isinstance(error, ValueError)
    assert (error.where, error.problem) == ("agents[1].mu", "must be a number.")
    assert str(error) == "agents[1].mu must be a number."


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_reads_back_from_its_json(failure: Failure) -> None:
    assert Failure.from_json(json.loads(json.dumps(failure.to_json()))) == failure


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_names_its_agents_and_the_step_that_fails(failure: Failure) -> None:
    assert all(agent in failure.sentence for agent in failure.agents)
    assert f"at step {failure.iteration + 1:,}" in failure.sentence


def test_a_collision_is_told_in_so_many_words() -> None:
    failure = Failure(0, ("A", "B"), FailureReason.COLLISION)
    assert failure.sentence == "A and B collide at step 1."


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"iteration": -1, "agents": ["A"], "reason": "collision"},
        {"iteration": 1.0, "agents": ["A"], "reason": "collision"},
        {"iteration": 1, "agents": [1], "reason": "collision"},
        {"iteration": 1, "agents": "A", "reason": "collision"},
        {"iteration": 1, "agents": ["A"], "reason": "boredom"},
    ],
)
def test_anything_else_is_no_failure(value: object) -> None:
    with pytest.raises(IntegrityError):
        Failure.from_json(value)
