"""Claims about verified results in a real Redis: what was flipped there is found, and only read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from frontend.domain import manifest
from frontend.propagations.stored_verification import verify_stored
from frontend.storage import keys
from sim.engine import Propagation
from sim.errors import VerificationError
from sim.scenario import PropagationRequest, Trajectory
from sim.verification import Effort
from tests.stored_ensembles import RunOfEnsemble

if TYPE_CHECKING:
    import redis

    from frontend.bootstrap import Services
    from sim.verification import Verification

SMALL = PropagationRequest(500, Trajectory(seed=7))
ENSEMBLE = PropagationRequest(500, members=40)
ALL, SAMPLE = Effort(everything=True), Effort(soon_s=1e-9, seed=0)


def verify(services: Services, request: PropagationRequest, effort: Effort) -> Verification:
    return verify_stored(services.store, services.ensemble_store, request, effort)


def publish(services: Services, request: PropagationRequest) -> None:
    opened = Propagation.open(request.trajectory, request.steps)
    services.store.remember(request)
    document = manifest.compose(request, opened, manifest.Computed(by="a test"))
    services.runs.publish_derived(request, document)


@pytest.mark.parametrize("effort", [ALL, SAMPLE], ids=["all", "sample"])
def test_a_stored_result_is_verified(services: Services, effort: Effort) -> None:
    publish(services, SMALL)
    assert verify(services, SMALL, effort).ok


@pytest.mark.parametrize("part", [0.05, 0.3, 0.6, 0.95])
def test_a_flipped_bit_in_a_stored_manifest_is_found_and_stays(
    services: Services, redis_client: redis.Redis, part: float
) -> None:
    publish(services, SMALL)
    name = keys.manifest(SMALL.id)
    data = bytearray(redis_client.get(name) or b"")  # type: ignore[arg-type]
    data[int(part * len(data))] ^= 1
    redis_client.set(name, bytes(data))
    assert not verify(services, SMALL, ALL).ok
    assert redis_client.get(name) == bytes(data)


def test_a_manifest_that_was_sealed_with_another_result_is_found(services: Services) -> None:
    opened = Propagation.open(SMALL.trajectory, SMALL.steps)
    document = manifest.read(manifest.compose(SMALL, opened, manifest.Computed(by="a test")))
    document["result"]["records"] += 1
    services.store.remember(SMALL)
    services.runs.publish_derived(SMALL, manifest.seal(document))
    found = verify(services, SMALL, ALL)
    assert found.differences[0].where == "records of its manifest"


def test_a_result_that_is_not_stored_can_not_be_verified(services: Services) -> None:
    with pytest.raises(VerificationError, match="has no stored result"):
        verify(services, SMALL, ALL)


@pytest.fixture
def members(services: Services) -> Services:
    run = RunOfEnsemble(services, ENSEMBLE)
    run.compute([range(16), range(16, 40)])
    run.publish()
    return services


def test_an_ensemble_is_verified_as_a_whole_or_by_some_members(members: Services) -> None:
    whole, sample = verify(members, ENSEMBLE, ALL), verify(members, ENSEMBLE, SAMPLE)
    assert whole.ok, whole
    assert whole.share == "all 40 members"
    assert sample.ok, sample
    assert sample.share == "a sample: 3 of 40 members (seed 0)"


def test_a_part_or_a_block_of_an_ensemble_that_was_flipped_is_found(
    members: Services, redis_client: redis.Redis
) -> None:
    name = keys.ensemble_block(ENSEMBLE.trajectory.digest, ENSEMBLE.steps, "16")
    flip(redis_client, name, "members")
    assert "block from member 16 on" in str(verify(members, ENSEMBLE, ALL))
    flip(redis_client, keys.ensemble_result(ENSEMBLE.id), "summary")
    assert "the part summary" in str(verify(members, ENSEMBLE, SAMPLE))


def flip(client: redis.Redis, name: str, part: str) -> None:
    data = bytearray(client.hget(name, part) or b"")  # type: ignore[arg-type]
    data[len(data) // 2] ^= 1
    client.hset(name, part, bytes(data))
