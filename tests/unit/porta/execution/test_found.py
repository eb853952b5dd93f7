"""Claims about what a server says of an id; a running Porta's is opened in test_porta.py."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import porta
from frontend.domain.resource import Progress, Resource, Status
from sim.export.metadata import MEMBERS, RECORDS, Metadata
from sim.scenario import PropagationRequest, Trajectory
from tests.unit.porta.execution.test_api_client import EMPTY, answering, problem

if TYPE_CHECKING:
    from tests.unit.porta.execution.test_api_client import Answer

REQUEST = PropagationRequest(500, Trajectory(seed=3))
UNKNOWN = problem(404, "It has not been requested yet.")


def resource(status: Status = Status.COMPLETE) -> Answer:
    of = Resource(
        id=REQUEST.id,
        steps=500,
        seed=3,
        member=0,
        members=1,
        status=status,
        progress=Progress(done=500, total=500),
    )
    return 200, "application/json", of.document, {}


def metadata(request: PropagationRequest = REQUEST, **changed: Any) -> Answer:  # noqa: ANN401
    chosen = MEMBERS if request.is_ensemble else RECORDS
    document = Metadata(request=request, chosen=chosen, checksum="0").to_json(["agent"])
    return 200, "application/json", json.dumps({**document, **changed}).encode(), {}


def test_what_a_server_does_not_have_is_a_sentence_that_says_what_to_do() -> None:
    with (
        answering(UNKNOWN, UNKNOWN) as (url, _),
        pytest.raises(
            porta.ExecutionError, match=r"no result 500-\w+: .* porta\.propagate\(\.\.\."
        ),
    ):
        porta.open(REQUEST.id, on=url)


def test_another_result_than_the_id_names_is_refused() -> None:
    others = (
        (REQUEST.id, PropagationRequest(500, Trajectory(seed=4))),
        (REQUEST.id, PropagationRequest(400, Trajectory(seed=3))),
        ("500?seed=4", REQUEST),
        ("500?seed=3&member=1", REQUEST),
        ("500?seed=3&members=9", REQUEST),
        ("400?seed=3", REQUEST),
        ("q-0123456789abcdef", PropagationRequest(500, Trajectory(seed=3), 2)),
    )
    for name, other in others:
        with (
            answering(resource(), metadata(other)) as (url, _),
            pytest.raises(porta.IntegrityError, match="which is another one"),
        ):
            porta.open(f"{url}/propagate/{name}")


def test_a_result_of_another_version_of_the_model_is_refused() -> None:
    with (
        answering(resource(), metadata(model={"name": "nano", "version": "nano-0"})) as (url, _),
        pytest.raises(porta.VerificationError, match="of the model nano-0"),
    ):
        porta.open(REQUEST.id, on=url)


def test_what_was_cancelled_or_is_no_resource_is_a_sentence() -> None:
    for answer, words in (
        (resource(Status.CANCELLED), "cancelled"),
        (EMPTY, "not as a Porta does"),
    ):
        with (
            answering(answer) as (url, _),
            pytest.raises(porta.ExecutionError, match=words),
        ):
            porta.open(REQUEST.id, on=url)


def test_the_limits_hold_for_what_a_server_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTA_MAX_STEPS", "10")
    with (
        answering(resource(), metadata()) as (url, _),
        pytest.raises(porta.LimitError, match="largest allowed is 10"),
    ):
        porta.open(REQUEST.id, on=url)
