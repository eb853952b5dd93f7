"""Results of the application itself, and what other servers say; a run's is in test_porta.py."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from httpx import Client

import porta
from frontend.bootstrap import build_services
from frontend.domain.resource import Progress, Resource, Status
from frontend.settings import Settings
from frontend.web.app import create_app
from sim.export.metadata import MEMBERS, RECORDS, Metadata
from sim.scenario import PropagationRequest, Trajectory
from tests.unit.frontend.cli.test_served_verification import serving
from tests.unit.porta.execution.test_api_client import EMPTY, answering, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.porta.execution.test_api_client import Answer

REQUEST = PropagationRequest(500, Trajectory(seed=3))
UNKNOWN = problem(404, "It has not been requested yet.")


@pytest.fixture
def url(redis_url: str) -> Iterator[str]:
    """The address of a web where nothing was asked for, and what is larger takes a run."""
    settings = Settings(redis_url=redis_url, inline_work=10_000)
    with (
        contextlib.closing(build_services(settings)) as services,
        serving(create_app(services=services)) as address,
    ):
        yield address


def test_a_run_opens_by_its_id_and_by_the_address_of_whatever_is_of_it(url: str) -> None:
    run = porta.propagate(900, seed=5, on=url)
    named = (
        f"{url}/propagate/{run.id}?t0=3#orbit",
        f"{url}/api/v1/propagations/{run.id}/records?format=csv",
        f"{url}/propagate/900?seed=5",
    )
    for found in (porta.open(run.id, on=url), *map(porta.open, named)):
        assert isinstance(found, porta.Propagation)
        assert found.manifest == run.manifest
        assert found.provenance == run.provenance
        assert found.table().equals(run.table())


def test_an_ensemble_and_its_members_open_as_they_are(url: str) -> None:
    many = porta.propagate(50, members=20, on=url)
    found = porta.open(f"{url}/propagate/50?members=20")
    assert isinstance(found, porta.Ensemble)
    assert found.manifest == many.manifest
    assert found.members.to_arrow().equals(many.members.to_arrow())
    member = porta.open(f"{url}/propagate/{many.id}?member=7")
    assert isinstance(member, porta.Propagation)
    assert member.table().equals(many.member(7).table())


def test_what_is_answered_at_once_opens_and_what_would_start_a_run_does_not(url: str) -> None:
    assert porta.open("700", on=url).manifest == porta.propagate(700).manifest
    member = porta.open(f"{url}/propagate/600?seed=4&member=3")
    assert member.manifest == porta.propagate(600, seed=4, member=3).manifest
    with pytest.raises(porta.ExecutionError, match="has no result 60000000: "):
        porta.open("60000000", on=url)
    with Client(base_url=url) as client:
        assert client.get("/api/v1/propagations").json()["propagations"] == []


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
