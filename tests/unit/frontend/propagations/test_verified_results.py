"""Claims about stored results: each is verified when it is read, and damage is computed again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from frontend.admission import Admission
from frontend.domain import manifest
from frontend.errors import NotFound
from frontend.propagations.inline_rule import InlineRule
from frontend.propagations.opener import Opener
from frontend.propagations.verified_results import VerifiedResults
from frontend.storage import keys
from sim.engine import Propagation
from sim.scenario import PropagationRequest, Trajectory

if TYPE_CHECKING:
    from collections.abc import Callable

    from frontend.domain.resource import Resource
    from tests.stored import Stored

SMALL = PropagationRequest(500)
SEEDED = PropagationRequest(500, Trajectory(seed=7))
LARGE = PropagationRequest(2 * Trajectory().interval)
RULE = InlineRule(10_000)


@pytest.fixture
def results(stored: Stored) -> VerifiedResults:
    opener = Opener(RULE, stored.store, Admission(memory=2**20, waiters=8))

    def withdraw(request: PropagationRequest, document: bytes) -> Resource:
        """Withdraw the manifest, and compute nothing."""
        stored.store.withdraw(request, document)
        raise NotFound(request.id)

    return VerifiedResults(stored.store, opener, withdraw)


def document_of(request: PropagationRequest) -> dict[str, Any]:
    opened = Propagation.open(request.trajectory, request.steps)
    return manifest.read(manifest.compose(request, opened, manifest.Computed(by="a test")))


def publish(stored: Stored, request: PropagationRequest) -> dict[str, Any]:
    document = document_of(request)
    stored.store.remember(request)
    stored.runs.publish_derived(request, manifest.seal(document))
    return document


def repairs(stored: Stored) -> int:
    return int(stored.client.hget(keys.COUNTERS, "repairs/manifest") or 0)


def statistic(document: dict[str, Any]) -> None:
    document["result"]["statistics"]["Satellite"]["r"]["min"] = 1.0


def records_by_agent(document: dict[str, Any]) -> None:
    document["result"]["records_by_agent"]["Planet"] += 1


def seed(document: dict[str, Any]) -> None:
    document["request"]["seed"] = 3


def member(document: dict[str, Any]) -> None:
    document["request"]["member"] = 3


def steps(document: dict[str, Any]) -> None:
    document["request"]["steps"] = 499


def model(document: dict[str, Any]) -> None:
    document["model"] = "0"


CHANGES = pytest.mark.parametrize(
    "change",
    [statistic, records_by_agent, seed, member, steps, model],
    ids=lambda one: one.__name__,
)


@CHANGES
@pytest.mark.parametrize("request_", [SMALL, SEEDED], ids=["default", "seeded"])
def test_an_altered_manifest_is_withdrawn_counted_and_logged(
    results: VerifiedResults,
    stored: Stored,
    change: Callable[[dict[str, Any]], None],
    request_: PropagationRequest,
    caplog: pytest.LogCaptureFixture,
) -> None:
    document = publish(stored, request_)
    assert results.read(request_) is not None
    change(document)
    altered = orjson.dumps(document)
    stored.client.set(keys.manifest(request_.id), altered)
    with caplog.at_level(logging.WARNING):
        assert results.read(request_) is None
    assert stored.store.document(request_.id) is None
    assert repairs(stored) == 1
    assert f"the manifest of {request_.id} can't be used" in caplog.text
    stored.runs.publish_derived(request_, manifest.seal(document_of(request_)))
    assert results.read(request_) is not None


def test_a_manifest_under_another_id_is_withdrawn(results: VerifiedResults, stored: Stored) -> None:
    document = publish(stored, SMALL)
    other = PropagationRequest(777)
    stored.client.set(keys.manifest(other.id), manifest.seal(document))
    assert results.read(other) is None
    assert repairs(stored) == 1
    assert results.read(SMALL) is not None


def test_among_the_recent_ones_damage_is_withdrawn_too(
    results: VerifiedResults, stored: Stored
) -> None:
    for request in (SMALL, SEEDED):
        statistic(document := publish(stored, request))
        stored.client.set(keys.manifest(request.id), orjson.dumps(document))
    publish(stored, PropagationRequest(3))
    assert [one.id for one in results.recent(5)] == ["3"]
    assert repairs(stored) == 2
    stored.client.zadd(keys.RECENT, {"no id": 1})
    stored.client.set(keys.manifest("no id"), b"{}")
    assert [one.id for one in results.recent(5)] == ["3"]


def unseal(stored: Stored, request: PropagationRequest, document: dict[str, Any]) -> None:
    """Store a manifest as earlier versions did."""
    before = {name: value for name, value in document.items() if name != "checksum"}
    stored.client.set(keys.manifest(request.id), orjson.dumps(before))


@pytest.mark.parametrize("request_", [SMALL, LARGE], ids=["small", "large"])
def test_a_manifest_of_an_earlier_version_is_verified_and_written_anew(
    results: VerifiedResults, stored: Stored, request_: PropagationRequest
) -> None:
    stored.run(LARGE, 2)
    document = document_of(request_)
    unseal(stored, request_, document)
    found = results.read(request_)
    assert found is not None
    assert stored.store.document(request_.id) == manifest.seal(document)
    assert results.recent(5) == ([found] if stored.client.zcard(keys.RECENT) else [])
    assert repairs(stored) == 0


@CHANGES
def test_an_altered_manifest_of_an_earlier_version_is_never_served(
    results: VerifiedResults, stored: Stored, change: Callable[[dict[str, Any]], None]
) -> None:
    document = publish(stored, SMALL)
    change(document)
    unseal(stored, SMALL, document)
    assert results.read(SMALL) is None
    assert repairs(stored) == (change is not model)  # of another model: absent


def test_a_manifest_of_an_earlier_version_without_its_stretches_is_withdrawn(
    results: VerifiedResults, stored: Stored
) -> None:
    unseal(stored, LARGE, document_of(LARGE))
    assert results.read(LARGE) is None
    assert stored.store.document(LARGE.id) is None
