"""Claims about results that need no run."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from frontend.admission import Admission, fair_gate
from frontend.domain.resource import Status
from frontend.errors import Busy
from frontend.propagations.inline import (
    BYTES_AN_AGENT,
    MEMBER_BYTES,
    MOST_PARTS_BYTES,
    PARTS_BYTES,
    InlineResults,
)
from frontend.propagations.inline_rule import InlineRule
from frontend.propagations.opener import Opener
from frontend.results.trajectory_store import TrajectoryStore
from frontend.storage import keys
from frontend.storage.connection import command
from sim.dispersion import Dispersion
from sim.scenario import NANO, PropagationRequest, Trajectory, canonical_json
from tests.busy_admission import occupied

if TYPE_CHECKING:
    import redis

    from tests.stored import Stored

INTERVAL = Trajectory().interval
SEEDED = PropagationRequest(500, Trajectory(seed=7))
RULE = InlineRule(10_000)


@pytest.fixture
def inline(stored: Stored) -> InlineResults:
    opener = Opener(RULE, stored.store, Admission(memory=2**20, waiters=8))
    return InlineResults(RULE, stored.store, stored.runs, opener)


def crowd(seed: int = 0) -> PropagationRequest:
    """A small request whose manifest is bulky."""
    planet, satellite = NANO.agents
    many = [replace(satellite, name=f"Satellite {i}") for i in range(200)]
    return PropagationRequest(18, Trajectory(replace(NANO, agents=(planet, *many)), seed))


def test_a_small_request_rests_on_nothing(inline: InlineResults) -> None:
    assert inline.basis(PropagationRequest(500)) == []


def test_a_large_one_rests_on_the_stretches_that_it_needs(
    inline: InlineResults, stored: Stored
) -> None:
    large = PropagationRequest(2 * INTERVAL)
    assert inline.basis(large) is None
    stored.run(large, 2)
    chain = stored.store.chain(large.trajectory.digest)
    assert inline.basis(large) == chain
    assert inline.basis(large, has_stretches=False) is None
    assert inline.basis(PropagationRequest(3 * INTERVAL)) is None


def test_a_result_is_published_with_its_reused_steps(inline: InlineResults, stored: Stored) -> None:
    large = PropagationRequest(2 * INTERVAL)
    stored.run(large, 2)
    covered = PropagationRequest(INTERVAL + 1)
    basis = inline.basis(covered)
    assert basis is not None
    resource = inline.compute(covered, basis)
    assert (resource.status, resource.timings.reused_steps) == (Status.COMPLETE, INTERVAL + 1)
    assert stored.store.document(covered.id) is not None


def test_a_bulky_result_is_not_stored_but_recomputed(inline: InlineResults, stored: Stored) -> None:
    computed = inline.compute(crowd(), [])
    assert stored.store.document(crowd().id) is None
    recomputed = inline.recompute(crowd())
    assert recomputed is not None
    assert recomputed.statistics == computed.statistics
    assert inline.recompute(SEEDED) is None


def test_what_it_leaves_in_redis_is_estimated(inline: InlineResults) -> None:
    assert inline.stored_bytes(PropagationRequest(500)) == 0
    canonical = len(canonical_json(SEEDED.subject.to_json()))
    assert inline.stored_bytes(SEEDED) == 2 * BYTES_AN_AGENT + canonical
    bulky = crowd()
    assert inline.stored_bytes(bulky) == len(canonical_json(bulky.subject.to_json()))
    inline.compute(bulky, [])
    assert inline.stored_bytes(bulky) == 0


def test_of_an_ensemble_its_dispersion_and_its_parts_count_too(inline: InlineResults) -> None:
    spread = Dispersion.from_json([{"agent": "Satellite", "sigma": {"x": 0.1}}], NANO)
    ensemble = PropagationRequest(100, Trajectory(NANO, 7, 0, spread), 20)
    parts = PARTS_BYTES + 20 * MEMBER_BYTES
    canonical = len(canonical_json(ensemble.subject.to_json()))
    assert inline.stored_bytes(ensemble) == 2 * BYTES_AN_AGENT + parts + canonical
    plain = replace(ensemble, trajectory=Trajectory(NANO, 7))
    written = len(f'"dispersion":{spread.canonical},')
    assert inline.stored_bytes(ensemble) - inline.stored_bytes(plain) == written
    many = inline.stored_bytes(replace(ensemble, members=100_000))
    assert MOST_PARTS_BYTES < many < MOST_PARTS_BYTES + 10_000


def test_the_whole_of_a_result_is_made_in_one_turn_and_once(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    admission = Admission(memory=2**20, waiters=8, cores=1)
    opener = Opener(RULE, stored.store, admission)
    inline = InlineResults(RULE, stored.store, stored.runs, opener)
    opener.open(crowd())  # what is left is to write it as JSON
    with monkeypatch.context() as hurried, occupied(admission):
        hurried.setattr(fair_gate, "WAIT_S", 0.1)
        with pytest.raises(Busy):
            inline.recompute(crowd())
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(inline.recompute, [crowd()] * 8))
    assert found[0] is not None
    assert {id(one) for one in found} == {id(found[0])}
    inline.forget(crowd())
    assert inline.recompute(crowd()) is not found[0]


# What all of them keep in Redis.

SHARE = 40_000


@pytest.fixture
def little_room(client: redis.Redis, stored: Stored) -> InlineResults:
    store = TrajectoryStore(client, inline_storage=SHARE)
    return InlineResults(
        RULE, store, stored.runs, Opener(RULE, store, Admission(memory=2**20, waiters=8))
    )


def kept(client: redis.Redis) -> dict[str, int]:
    """The bytes of each key that holds a manifest or a trajectory."""
    names = [*client.scan_iter("propagation/*"), *client.scan_iter("trajectory/*/request")]
    return {name.decode(): len(command(client, "GET", name)) for name in names}


def counted(client: redis.Redis) -> int:
    """The sum that Redis keeps; checked against its parts."""
    sizes = {k: int(v) for k, v in command(client, "HGETALL", keys.ANSWER_BYTES).items()}
    total = sizes.pop(b"total", 0)
    assert total == sum(sizes.values())
    assert set(sizes) == set(command(client, "ZRANGE", keys.ANSWERS, 0, -1))
    return total


@pytest.mark.parametrize("seeds", [[0], range(1, 40)], ids=["default", "seeds"])
def test_all_answers_at_once_together_keep_at_most_their_share_and_the_oldest_go(
    little_room: InlineResults, client: redis.Redis, seeds: list[int]
) -> None:
    requests = [PropagationRequest(n, Trajectory(seed=s)) for s in seeds for n in range(500, 540)]
    for request in requests[:40]:
        assert little_room.compute(request, []).status is Status.COMPLETE
        assert sum(kept(client).values()) <= counted(client) <= SHARE
        assert keys.manifest(request.id) in kept(client)
    assert keys.manifest(requests[0].id) not in kept(client)
    again = little_room.compute(requests[0], [])
    assert again.statistics is not None
    assert keys.manifest(requests[0].id) in kept(client)


def test_trajectories_of_many_agents_count_too_and_go(
    little_room: InlineResults, client: redis.Redis
) -> None:
    for seed in range(6):
        for _ in range(2):  # asked for again it is counted once
            little_room.compute(crowd(seed), [])
        assert sum(kept(client).values()) <= counted(client) <= SHARE
    assert keys.request(crowd(5).trajectory.digest) in kept(client)
    assert keys.request(crowd(0).trajectory.digest) not in kept(client)


@pytest.mark.parametrize("why", ["evicted", "expired"])
def test_a_trajectory_stays_as_long_as_an_answer_needs_it_and_is_counted_once(
    client: redis.Redis, little_room: InlineResults, why: str
) -> None:
    requests = [replace(crowd(), steps=steps) for steps in (16, 17, 18)]
    for request in requests:
        little_room.compute(request, [])
    digest = crowd().trajectory.digest
    before = counted(client)
    for gone, request in enumerate(requests, start=1):
        assert client.exists(keys.request(digest)) == 1
        member = keys.answer(request.id, digest)
        if why == "evicted":
            assert TrajectoryStore(client, inline_storage=counted(client) - 1).trim() == 1
        else:
            client.zadd(keys.EXPIRING, {member: 1})
            assert TrajectoryStore(client).expire_due() == 1
        assert client.zscore(keys.EXPIRING, member) is None
        assert counted(client) == (before - 512 * gone if gone < len(requests) else 0)
    assert kept(client) == {}
    assert client.exists(keys.published(digest)) == 0


def test_of_stored_stretches_no_bulky_answer_is_stored_and_each_can_be_found(
    inline: InlineResults, stored: Stored
) -> None:
    trajectory = crowd().trajectory
    stored.run(PropagationRequest(2 * trajectory.interval, trajectory), 2)
    for steps in range(trajectory.interval, trajectory.interval + 5):
        covered = PropagationRequest(steps, trajectory)
        basis = inline.basis(covered)
        assert basis
        computed = inline.compute(covered, basis)
        found = inline.recompute(covered)
        assert found is not None
        assert found.statistics == computed.statistics
        assert inline.recompute(covered, has_stretches=False) is None
    assert [*stored.client.scan_iter("propagation/*")] == []


def test_what_a_run_was_for_and_the_last_result_of_stretches_are_kept(
    client: redis.Redis, stored: Stored
) -> None:
    store = TrajectoryStore(client, inline_storage=0)
    inline = InlineResults(
        RULE, store, stored.runs, Opener(RULE, store, Admission(memory=2**20, waiters=8))
    )
    large = PropagationRequest(2 * INTERVAL)
    stored.run(large, 2)
    for request in (large, PropagationRequest(INTERVAL + 1), PropagationRequest(INTERVAL + 2)):
        basis = inline.basis(request)
        assert basis
        inline.compute(request, basis)
    assert [*kept(client)] == [keys.manifest(large.id), keys.request(large.trajectory.digest)]
    other = PropagationRequest(2 * INTERVAL, Trajectory(seed=3))
    stored.run(other, 2)
    stored.runs.cancel(other)
    shorter = PropagationRequest(INTERVAL + 1, other.trajectory)
    inline.compute(shorter, stored.store.chain(other.trajectory.digest))
    assert keys.manifest(shorter.id) in kept(client)
    assert len(stored.store.chain(other.trajectory.digest)) == 1
    assert counted(client) == 0


def test_what_a_crash_left_over_is_trimmed_by_the_runner(
    inline: InlineResults, client: redis.Redis
) -> None:
    for steps in range(1, 9):
        inline.compute(PropagationRequest(steps), [])
    assert TrajectoryStore(client, inline_storage=9_000).trim() > 0
    assert 0 < counted(client) <= 9_000
    assert TrajectoryStore(client, inline_storage=9_000).trim() == 0
