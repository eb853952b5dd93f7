"""Results of the application itself, and what other servers say; a run's is in test_porta.py."""

from __future__ import annotations

import contextlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from httpx import Client

import porta
from frontend.bootstrap import build_services
from frontend.domain.resource import Progress, Resource, Status
from frontend.settings import Settings
from frontend.storage.keys import QUEUE
from frontend.web.app import create_app
from sim.export.metadata import MEMBERS, RECORDS, Metadata
from sim.scenario import NANO, PropagationRequest, Trajectory, read_scenario
from tests.processes import eventually
from tests.stored_ensembles import RunOfEnsemble
from tests.unit.frontend.cli.test_served_verification import serving
from tests.unit.porta.execution.test_api_client import EMPTY, answering, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis

    from frontend.bootstrap import Services
    from tests.unit.porta.execution.test_api_client import Answer

REQUEST = PropagationRequest(500, Trajectory(seed=3))
OTHER = read_scenario({**NANO.to_json(), "epsilon": 0.002})  # than the default scenario
UNKNOWN = problem(404, "It has not been requested yet.")


@pytest.fixture
def services(redis_url: str) -> Iterator[Services]:
    """A Porta where nothing was asked for, and what is larger takes a run."""
    settings = Settings(redis_url=redis_url, inline_work=10_000)
    with contextlib.closing(build_services(settings)) as found:
        yield found


@pytest.fixture
def url(services: Services) -> Iterator[str]:
    """The address of its web."""
    with serving(create_app(services=services)) as address:
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


def test_an_ensemble_opens_once_it_was_asked_for(url: str) -> None:
    page = f"{url}/propagate/50?members=20"
    with Client(base_url=url) as client:
        with pytest.raises(
            porta.ExecutionError,
            match=r"has no result 50\?members=20: .* open its page, or propagate",
        ):
            porta.open(page)
        assert client.get("/api/v1/propagations").json()["propagations"] == []
        client.get(page).raise_for_status()
    found = porta.open(page)
    assert found.manifest == porta.propagate(50, members=20).manifest
    assert porta.open(found.id, on=url).manifest == found.manifest


def test_opening_starts_nothing_and_what_is_not_kept_is_computed_when_it_is_read(
    url: str, services: Services, redis_client: redis.Redis
) -> None:
    many = PropagationRequest(600, members=20)
    publish(services, many)
    assert redis_client.delete(*blocks(redis_client)) > 0
    before = sorted(redis_client.keys())
    found = porta.open(many.id, on=url)
    assert isinstance(found, porta.Ensemble)
    assert found.sentence == porta.propagate(600, members=20).sentence
    assert sorted(redis_client.keys()) == before
    with ThreadPoolExecutor(1) as readers:
        rows = readers.submit(found.members.to_arrow)
        try:
            eventually(lambda: rows.done() or redis_client.zscore(QUEUE, many.digest) is not None)
            assert not rows.done(), rows.exception()
            publish(services, many)
            assert rows.result().equals(porta.propagate(600, members=20).members.to_arrow())
        finally:
            services.propagations.cancel(many)  # who still waits for it, ends
    member = found.member(7)
    assert redis_client.exists(f"propagation/{member.id}")


def publish(services: Services, ensemble: PropagationRequest) -> None:
    """Compute an ensemble, as a runner does."""
    run = RunOfEnsemble(services, ensemble)
    run.compute([range(ensemble.members)])
    run.publish()
    run.finish()


def blocks(client: redis.Redis) -> list[Any]:
    """Return the keys of the members of ensembles, which are kept for a day."""
    return [key for key in client.keys("ensemble/*") if key[-7:] != b"/result"]


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
        ("500?seed=3", PropagationRequest(500, Trajectory(OTHER, seed=3))),
        ("500?member=2", PropagationRequest(500, Trajectory(OTHER, member=2))),
        ("500?members=9", PropagationRequest(500, Trajectory(OTHER), members=9)),
        ("500?member=0", PropagationRequest(500, Trajectory(OTHER))),
        (f"{REQUEST.id}?member=2", PropagationRequest(500, Trajectory(seed=3, member=1))),
        (f"{REQUEST.id}?member=0", PropagationRequest(500, Trajectory(seed=3), 2)),
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
