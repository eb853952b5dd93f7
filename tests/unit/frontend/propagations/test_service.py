"""Claims about the application service, with a real Redis and the real engine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from frontend.admission import Admission
from frontend.domain import manifest
from frontend.domain.resource import Status
from frontend.errors import (
    BadRequest,
    NotFound,
    NotReady,
    QueueFull,
    RepairDelayed,
    StorageFull,
)
from frontend.propagations.service import Propagations
from frontend.results.ensemble_store import EnsembleStore
from frontend.runs.runner_registry import RunnerRegistry
from frontend.runs.runner_status import RunnerStatus
from frontend.settings import Settings
from frontend.storage import keys
from frontend.storage.connection import command
from sim.engine import Propagation
from sim.scenario import NANO, PropagationRequest, Trajectory
from tests.stored import Stored

if TYPE_CHECKING:
    import redis

SMALL = PropagationRequest(500)
LARGE = PropagationRequest(200_000)
SEEDED = PropagationRequest(200_000, Trajectory(seed=7))
INTERVAL = 65_536


class Installed(Stored):
    """The service, what it stands on, and a runner's part of the work."""

    def __init__(self, client: redis.Redis, **settings: Any) -> None:  # noqa: ANN401 - any setting
        super().__init__(client)
        runner_status = RunnerStatus(RunnerRegistry(client))
        admission = Admission(memory=2**20, waiters=8)
        self.service = Propagations(
            Settings(**{"inline_work": 10_000} | settings),
            self.store,
            EnsembleStore(client, block_ttl_s=60),
            self.runs,
            runner_status,
            admission,
        )


@pytest.fixture
def installed(client: redis.Redis) -> Installed:
    return Installed(client)


def test_a_little_request_is_answered_at_once_and_its_manifest_stored(
    installed: Installed, client: redis.Redis
) -> None:
    resource = installed.service.start(SMALL)
    assert resource.status is Status.COMPLETE
    assert resource.timings.where == "inline"
    assert orjson.loads(client.get("propagation/500") or b"")["result"]["steps"] == 500
    assert client.zcard("run/queue") == 0


def test_the_numbers_of_a_manifest_come_back_to_the_same_bits(installed: Installed) -> None:
    installed.service.start(SMALL)
    statistics = installed.service.start(SMALL).statistics
    assert statistics is not None
    opened = Propagation.open(SMALL.trajectory, SMALL.steps)
    assert statistics["end"] == {name: state.to_json() for name, state in opened.end.items()}


def test_a_large_request_lines_up_and_whoever_asks_again_joins(installed: Installed) -> None:
    with ThreadPoolExecutor(8) as pool:
        resources = list(pool.map(installed.service.start, [LARGE] * 20))
    assert {one.status for one in resources} == {Status.QUEUED}
    assert len(installed.runs.under_way()) == 1


def test_without_inline_work_everything_lines_up(client: redis.Redis) -> None:
    assert Installed(client, inline_work=0).service.start(SMALL).status is Status.QUEUED


def test_a_line_that_is_full_refuses(installed: Installed) -> None:
    for seed in (1, 2):
        installed.service.start(PropagationRequest(200_000, Trajectory(seed=seed)))
    with pytest.raises(QueueFull):
        installed.service.start(SEEDED)


@pytest.mark.parametrize("inline_work", [0, 10_000])
def test_what_a_stored_trajectory_covers_is_answered_at_once(
    client: redis.Redis, inline_work: int
) -> None:
    installed = Installed(client, inline_work=inline_work)
    installed.service.start(LARGE)
    installed.put_stretch(LARGE.trajectory, 4)
    covered = installed.service.start(PropagationRequest(150_000))
    assert covered.status is Status.COMPLETE
    assert covered.timings.reused_steps == 150_000
    assert installed.service.open(PropagationRequest(150_000)).steps == 150_000


def test_less_than_an_interval_beyond_it_is_little(installed: Installed) -> None:
    installed.service.start(LARGE)
    installed.put_stretch(LARGE.trajectory, 2)
    little = PropagationRequest(3 * INTERVAL - 1)
    assert installed.service.start(little).status is Status.COMPLETE
    assert installed.service.start(PropagationRequest(3 * INTERVAL)).status is Status.QUEUED


def test_finding_starts_nothing(installed: Installed, client: redis.Redis) -> None:
    assert installed.service.find(SMALL) is None
    assert installed.service.find(LARGE) is None
    assert not client.keys("*")


def test_opening_starts_nothing_but_what_is_little_is_computed(
    installed: Installed, client: redis.Redis
) -> None:
    assert installed.service.open(SMALL).records == 805
    with pytest.raises(NotFound, match="has not been requested"):
        installed.service.open(LARGE)
    assert not client.keys("*")


def test_opening_what_is_under_way_says_how_far_it_is(installed: Installed) -> None:
    installed.service.start(LARGE)
    with pytest.raises(NotReady) as caught:
        installed.service.open(LARGE)
    assert caught.value.resource.status is Status.QUEUED


def test_opening_what_was_cancelled_says_so(installed: Installed) -> None:
    installed.service.start(LARGE)
    installed.service.remove(LARGE)
    with pytest.raises(NotFound, match="cancelled"):
        installed.service.open(LARGE)


def test_a_trajectory_that_ends_fails_at_once_and_its_beginning_can_be_had(
    installed: Installed,
) -> None:
    runaway = NANO.to_json()
    runaway["agents"][0]["vx"] = 1e307  # type: ignore[index] # a list of objects
    request = installed.service.request(steps=5_000, scenario=runaway)
    failed = installed.service.start(request)
    assert failed.status is Status.FAILED
    assert failed.error is not None
    assert failed.error.final
    assert failed.error.agents == ("Planet",)
    assert installed.service.find(request) == failed
    good = failed.error.iteration
    assert good is not None
    with pytest.raises(NotFound, match=str(good)):
        installed.service.open(request)
    beginning = installed.service.request(steps=good, scenario=runaway)
    assert installed.service.start(beginning).status is Status.COMPLETE


def test_the_id_of_what_was_asked_for_is_understood(installed: Installed) -> None:
    seeded = PropagationRequest(500, Trajectory(seed=7))
    with pytest.raises(NotFound):
        installed.service.parse_id(seeded.id)
    installed.service.start(seeded)
    assert installed.service.parse_id(seeded.id) == seeded


def test_more_than_is_allowed_is_refused(client: redis.Redis) -> None:
    service = Installed(client, max_steps=1_000).service
    assert service.parse_id("1000").steps == 1_000
    with pytest.raises(BadRequest):
        service.parse_id("1001")
    with pytest.raises(BadRequest):
        service.request(steps=1_001)


def test_a_result_that_is_removed_is_gone(installed: Installed, client: redis.Redis) -> None:
    installed.service.start(SMALL)
    installed.service.remove(SMALL)
    assert installed.service.find(SMALL) is None
    assert not client.keys("propagation/*")
    with pytest.raises(NotFound):
        installed.service.remove(SMALL)


def test_what_was_published_lately_is_listed(installed: Installed) -> None:
    for steps in (10, 20, 30):
        installed.service.start(PropagationRequest(steps))
    assert [one.steps for one in installed.service.recent(2)] == [30, 20]


def test_what_is_waited_for_is_listed_for_each_id(installed: Installed) -> None:
    installed.service.start(LARGE)
    installed.service.start(PropagationRequest(300_000))
    installed.service.start(SEEDED)
    listed = {one.id for one in installed.service.under_way()}
    assert listed == {"200000", "300000", SEEDED.id}


def stored_manifest(client: redis.Redis, propagation_id: str) -> bytes:
    document: bytes = command(client, "GET", f"propagation/{propagation_id}")
    return document


def complete(installed: Installed) -> None:
    """Have the large request published."""
    installed.service.start(LARGE)
    installed.put_stretch(LARGE.trajectory, 4)
    assert installed.service.start(LARGE).status is Status.COMPLETE


@pytest.mark.parametrize("damage", [b"", b"altered"], ids=["missing", "altered"])
def test_a_damaged_stretch_is_not_served_but_made_again(
    installed: Installed, client: redis.Redis, damage: bytes
) -> None:
    complete(installed)
    key = f"trajectory/{LARGE.trajectory.digest}/stretch/0"
    if damage:
        client.set(key, damage)
    else:
        client.delete(key)
    fresh = Installed(client).service
    with pytest.raises(NotReady) as caught:
        fresh.open(LARGE)
    assert caught.value.resource.status is Status.QUEUED
    assert fresh.find(LARGE) is not None
    assert not client.exists("propagation/200000")
    installed.put_stretch(LARGE.trajectory, 4)
    assert fresh.start(LARGE).status is Status.COMPLETE
    assert fresh.open(LARGE).steps == 200_000


def test_a_manifest_that_contradicts_its_trajectory_is_withdrawn(
    installed: Installed, client: redis.Redis
) -> None:
    complete(installed)
    document = manifest.read(stored_manifest(client, "200000"))
    document["result"]["checkpoints_checksum"] = "0" * 64
    client.set("propagation/200000", manifest.seal(document))
    with pytest.raises(NotReady) as caught:
        Installed(client).service.open(LARGE)
    assert caught.value.resource.status is Status.QUEUED


@pytest.mark.parametrize("request_", [SMALL, LARGE], ids=["small", "large"])
def test_an_altered_manifest_is_computed_again_by_whoever_reads_it(
    installed: Installed, client: redis.Redis, request_: PropagationRequest
) -> None:
    complete(installed)
    right = installed.service.start(request_)
    name = f"propagation/{request_.id}"
    document = manifest.read(stored_manifest(client, request_.id))
    document["result"]["statistics"]["Satellite"]["r"]["min"] = 1.0
    client.set(name, orjson.dumps(document))
    found = Installed(client).service.find(request_)
    assert found is not None
    assert found.statistics == right.statistics
    assert manifest.sealed(stored_manifest(client, request_.id), request_.id) is not None
    assert client.hget("run/counters", "repairs/manifest") == b"1"


def test_a_repaired_result_is_kept_for_as_long_as_before(
    installed: Installed, client: redis.Redis
) -> None:
    installed.service.start(SEEDED)
    finish(installed, SEEDED)
    at_once = PropagationRequest(500, SEEDED.trajectory)
    installed.service.start(at_once)
    for request, lists in ((SEEDED, 0), (at_once, 1)):
        client.set(f"propagation/{request.id}", b"{}")
        assert installed.service.find(request) is not None
        member = f"{request.id} {SEEDED.trajectory.digest}"
        for name in ("run/answers", "run/expiring"):
            assert (client.zscore(name, member) is not None) == lists
    assert client.hget("run/counters", "repairs/manifest") == b"2"


def test_an_altered_manifest_without_its_stretches_is_computed_again_by_a_run(
    installed: Installed, client: redis.Redis
) -> None:
    complete(installed)
    client.delete(f"trajectory/{LARGE.trajectory.digest}/chain")
    client.set("propagation/200000", b"{}")
    found = installed.service.find(LARGE)
    assert found is not None
    assert found.status is Status.QUEUED


def test_a_wrong_manifest_of_a_small_propagation_is_mended_without_a_run(
    installed: Installed, client: redis.Redis
) -> None:
    installed.service.start(SMALL)
    document = manifest.read(stored_manifest(client, "500"))
    document["result"]["records"] = 1
    client.set("propagation/500", manifest.seal(document))
    fresh = Installed(client)
    with pytest.raises(NotReady) as caught:
        fresh.service.open(SMALL)
    assert caught.value.resource.status is Status.COMPLETE
    assert fresh.runs.under_way() == []
    assert fresh.service.open(SMALL).records == 805


def test_a_manifest_of_another_model_version_counts_as_absent(
    installed: Installed, client: redis.Redis
) -> None:
    installed.service.start(SMALL)
    document = manifest.read(stored_manifest(client, "500"))
    client.set("propagation/500", manifest.seal(document | {"model": "0"}))
    assert installed.service.find(SMALL) is None
    assert client.hget("run/counters", "repairs/manifest") is None


def test_a_repair_that_is_refused_is_tried_again_by_the_next_reader(
    installed: Installed, client: redis.Redis
) -> None:
    for seed in (1, 2):  # the queue is full
        installed.service.start(PropagationRequest(200_000, Trajectory(seed=seed)))
    installed.service.start(SMALL)
    damaged = stored_manifest(client, SMALL.id)
    client.set(keys.manifest(LARGE.id), damaged)
    client.sadd(keys.published(LARGE.trajectory.digest), LARGE.id)
    client.zadd(keys.RECENT, {LARGE.id: 1})
    for read in (installed.service.find, installed.service.open, installed.service.start):
        with pytest.raises(RepairDelayed, match="try again in 10 seconds"):
            read(LARGE)
    assert [one.id for one in installed.service.recent()] == [SMALL.id]
    assert client.get(keys.manifest(LARGE.id)) == damaged
    assert client.hget("run/counters", "repairs/manifest") is None
    installed.service.cancel(PropagationRequest(200_000, Trajectory(seed=1)))
    found = installed.service.find(LARGE)
    assert found is not None
    assert found.status is Status.QUEUED
    assert client.get(keys.manifest(LARGE.id)) is None
    assert client.hget("run/counters", "repairs/manifest") == b"1"


def test_a_repair_at_once_waits_for_room_in_the_storage(
    installed: Installed, redis_client: redis.Redis
) -> None:
    for request in (SMALL, PropagationRequest(500, Trajectory(seed=7))):
        installed.service.start(request)
        redis_client.set(keys.manifest(request.id), b"damaged")
        redis_client.config_set("maxmemory", 1)
        try:
            with pytest.raises(StorageFull):
                installed.service.find(request)
        finally:
            redis_client.config_set("maxmemory", 0)
        assert installed.service.find(request) is not None
        assert installed.store.manifest(request.id) is not None


def test_what_is_opened_by_many_at_once_is_opened_once(installed: Installed) -> None:
    complete(installed)
    with ThreadPoolExecutor(8) as pool:
        opened = set(map(id, pool.map(installed.service.open, [LARGE] * 16)))
    assert len(opened) == 1


def crowd(seed: int) -> PropagationRequest:
    """A little request whose manifest would be long: one that attracts, and many that do not."""
    planet, satellite = NANO.agents
    many = [replace(satellite, name=f"Satellite {i}") for i in range(200)]
    return PropagationRequest(18, Trajectory(replace(NANO, agents=(planet, *many)), seed))


def end_a_day(installed: Installed, client: redis.Redis) -> int:
    """Let a day pass for what is kept for a day; tell how much there was."""
    now: int = client.time()[0] * 1_000
    kept: list[tuple[bytes, float]] = client.zrange("run/expiring", 0, -1, withscores=True)  # type: ignore[assignment]
    for member, end in kept:
        assert 86_300_000 < end - now <= 86_402_000
        client.zadd("run/expiring", {member: 1})
    return installed.store.expire_due()


def test_what_is_answered_at_once_leaves_nothing_for_ever(
    installed: Installed, client: redis.Redis
) -> None:
    seeded = PropagationRequest(500, Trajectory(seed=7))
    for request in (seeded, crowd(1)):
        assert installed.service.start(request).status is Status.COMPLETE
    assert end_a_day(installed, client) == 2
    assert client.keys("propagation/*") + client.keys("trajectory/*") == []


def test_a_long_manifest_is_not_stored_but_its_id_is_answered(
    installed: Installed, client: redis.Redis
) -> None:
    asked = installed.service.start(crowd(1))
    assert client.keys("propagation/*") == []
    fresh = Installed(client).service
    request = fresh.parse_id(asked.id)
    found = fresh.find(request)
    assert found is not None
    assert (found.status, found.statistics) == (Status.COMPLETE, asked.statistics)
    assert fresh.open(request).steps == 18


def test_an_answer_at_once_does_not_end_what_a_run_needs(
    installed: Installed, client: redis.Redis
) -> None:
    installed.service.start(PropagationRequest(500, SEEDED.trajectory))
    installed.service.start(SEEDED)
    assert end_a_day(installed, client) == 1
    assert installed.service.parse_id(SEEDED.id) == SEEDED
    assert installed.service.find(SEEDED) is not None


def test_more_ids_than_a_run_keeps_are_all_answered(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frontend.runs.run_queue.WAITING_FOR_ONE_RUN", 2)
    asked = [PropagationRequest(4 * INTERVAL - n) for n in range(5)]
    for request in asked:
        assert installed.service.start(request).status is Status.QUEUED
    for request in asked:
        found = installed.service.find(request)
        assert found is not None
        assert found.status is Status.QUEUED
    finish(installed, asked[0])
    for request in asked:
        found = installed.service.find(request)
        assert found is not None
        assert found.status is Status.COMPLETE
        assert found.statistics is not None
    assert installed.service.find(PropagationRequest(3)) is not None
    assert installed.service.find(PropagationRequest(4 * INTERVAL + 1)) is None


def finish(installed: Installed, longest: PropagationRequest) -> None:
    """Have a runner compute what is waited for, publish it, and end the run."""
    installed.put_stretch(longest.trajectory, 4)
    lease = installed.runs.acquire(longest.trajectory.digest, "again", "runner").lease
    assert lease is not None
    for steps in sorted(installed.runs.renew(lease).waiting.values()):
        request = PropagationRequest(steps, longest.trajectory)
        opened = Propagation.open(request.trajectory, steps)
        document = manifest.compose(request, opened, manifest.Computed(by="a test"))
        chain = installed.store.chain(request.trajectory.digest)
        installed.runs.publish(lease, request, document, chain)
    assert installed.runs.finish(lease) == "done"


def test_giving_up_takes_nothing_away_that_was_published(installed: Installed) -> None:
    installed.service.start(LARGE)
    installed.service.cancel(LARGE)
    found = installed.service.find(LARGE)
    assert found is not None
    assert found.status is Status.CANCELLED
    complete(installed)
    installed.service.cancel(LARGE)
    assert installed.service.start(LARGE).status is Status.COMPLETE


def test_a_result_that_was_published_while_it_was_looked_for_is_to_be_asked_for_again(
    installed: Installed,
) -> None:
    assert isinstance(installed.service.absence(SMALL), NotFound)
    installed.service.start(SMALL)
    assert isinstance(installed.service.absence(SMALL), NotReady)
