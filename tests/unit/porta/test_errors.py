from __future__ import annotations

import pickle

import pytest

from porta.errors import (
    ArgumentError,
    ArgumentTypeError,
    ExecutionError,
    IntegrityError,
    LimitError,
    MissingPackage,
    OutputError,
    PortaError,
    PropagationFailed,
    VerificationError,
    porta_errors,
)
from sim import errors as of_sim
from sim.errors import Failure, FailureReason

FAILURE = Failure(1_234, ("Planet", "Satellite"), FailureReason.COLLISION)


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (of_sim.RequestError("seed", "must be 0."), ArgumentError),
        (of_sim.ScenarioError("agents[1].mu", "must be a number."), ArgumentError),
        (of_sim.LimitError("Too many."), LimitError),
        (of_sim.PropagationFailed(FAILURE), PropagationFailed),
        (of_sim.OutputError("a.csv", "No space left on device"), OutputError),
        (of_sim.IntegrityError("a slice"), IntegrityError),
        (of_sim.VerificationError("a.parquet", "is no Parquet file."), VerificationError),
        (of_sim.ClusterLostError("Its workers were lost."), ExecutionError),
    ],
)
def test_an_error_of_the_engine_becomes_one_of_porta_with_its_sentence(
    raised: of_sim.SimError, expected: type[PortaError]
) -> None:
    with pytest.raises(PortaError) as caught, porta_errors():
        raise raised
    assert type(caught.value) is expected
    assert str(raised) in str(caught.value)


def test_every_error_is_also_what_python_calls_such_an_error() -> None:
    assert issubclass(ArgumentError, ValueError)
    assert issubclass(ArgumentTypeError, TypeError)
    assert issubclass(MissingPackage, ImportError)


def test_a_trajectory_that_ends_says_how_many_steps_can_be_had() -> None:
    assert str(PropagationFailed(FAILURE)) == (
        "Planet and Satellite collide at step 1,235. The 1,234 steps before that can be had: "
        "steps=1234."
    )
    first = Failure(0, ("A",), FailureReason.DIVERGENCE)
    assert str(PropagationFailed(first)).endswith("There is nothing before that.")


@pytest.mark.parametrize(
    "error",
    [
        ArgumentError("steps", "No."),
        ArgumentTypeError("steps", "No."),
        MissingPackage("polars", "Install it."),
        PropagationFailed(FAILURE),
    ],
)
def test_an_error_goes_to_another_process_and_back(error: PortaError) -> None:
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    assert (type(back), str(back), vars(back)) == (type(error), str(error), vars(error))
