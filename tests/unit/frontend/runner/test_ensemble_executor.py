"""Runs of ensembles: what is stored of them already, what they compute, and how they end.

Runs that are disturbed by faults are in tests/integration/faults/test_ensembles.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from frontend.bootstrap import build_services
from frontend.errors import LeaseLost
from frontend.results.ensemble_store import NOMINAL, SUMMARY
from frontend.runner.ensemble_executor import EnsembleExecutor
from frontend.runner.growing_ensemble import Account
from frontend.runner.lease_keeper import LeaseKeeper, RunCancelled
from frontend.storage import keys
from sim.cluster import SchedulerBackend
from sim.ensemble.block import Block
from sim.errors import ClusterStartError
from sim.scenario import PropagationRequest, Trajectory
from tests.dask_servers import dask
from tests.ensemble_results import blocks_of, nominal, result_of
from tests.processes import eventually
from tests.run_protocol import lapse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from frontend.bootstrap import Services
    from sim.cluster import Backend, Cluster

REQUEST = PropagationRequest(2_000, Trajectory(seed=5), members=400)
LARGER = replace(REQUEST, members=700)
LONGER = replace(REQUEST, steps=4_000)
NO_SCHEDULER = SchedulerBackend("127.0.0.1:1", start_s=0.2)
LATE_AND_NEVER = SchedulerBackend("127.0.0.1:1", start_s=2.0)


@dataclass
class Run:
    """A run that was acquired."""

    services: Services
    request: PropagationRequest
    keeper: LeaseKeeper

    def store(self, blocks: Sequence[Block], *, keep: bool = True) -> None:
        """Store the nominal trajectory and blocks, as an owner before this one did."""
        store, lease = self.services.ensemble_store, self.keeper.lease
        store.put_nominal(lease, self.request, nominal(self.request).to_bytes())
        for block in blocks:
            store.put_block(lease, self.request, block, keep=keep)

    def execute(self, backend: Backend) -> None:
        async def execute() -> None:
            await self.executor(backend, asyncio.Lock()).execute()

        asyncio.run(execute())

    def executor(self, backend: Backend, core: asyncio.Lock) -> EnsembleExecutor:
        return EnsembleExecutor(
            self.services,
            backend,
            self.keeper,
            self.request.subject,
            name="me",
            installation="house",
            core=core,
        )

    @property
    def manifest(self) -> dict[str, Any]:
        known = self.services.store.manifest(self.request.id)
        assert known is not None, "it is not published"
        return known

    @property
    def reused(self) -> int:
        reused: int = self.manifest["computed"]["timings"]["reused_members"]
        return reused

    def is_right(self) -> None:
        assert self.manifest["result"] == json.loads(json.dumps(result_of(self.request)))


def run_of(services: Services, request: PropagationRequest = REQUEST) -> Run:
    services.runs.enqueue(request)
    acquired = services.runs.acquire(request.digest, "fencing token", "me")
    assert acquired.lease is not None
    return Run(services, request, LeaseKeeper(services.runs, acquired.lease, acquired))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Backend]:
    """A scheduler with a worker, for all these tests."""
    with dask(1) as servers:
        yield SchedulerBackend(servers.address)


@pytest.fixture
def run(services: Services) -> Run:
    return run_of(services)


def test_a_run_computes_on_a_cluster_publishes_and_ends(run: Run, cluster: Backend) -> None:
    run.execute(cluster)
    run.is_right()
    assert run.reused == 0
    state = run.services.runs.state(REQUEST.digest)
    assert state is not None
    assert (state.state, state.done) == ("done", REQUEST.members * REQUEST.steps)
    assert not run.services.ensembles.lacks_members(REQUEST)
    assert sum(len(batch) for batch in run.services.ensembles.table(REQUEST)) == 800


def test_members_that_are_all_stored_are_published_without_a_cluster(run: Run) -> None:
    run.store(blocks_of(REQUEST, size=150))
    run.execute(NO_SCHEDULER)
    run.is_right()
    assert run.reused == REQUEST.members
    assert run.manifest["computed"]["cluster"] is None


def test_only_the_members_that_are_missing_are_computed(run: Run, cluster: Backend) -> None:
    stored = blocks_of(REQUEST, size=100)[::2]
    run.store(stored)
    run.execute(cluster)
    run.is_right()
    assert run.reused == sum(block.count for block in stored)


def test_a_block_and_a_nominal_trajectory_that_are_damaged_are_computed_again(
    run: Run, cluster: Backend
) -> None:
    blocks = blocks_of(REQUEST, size=100)
    run.store(blocks)
    digest = REQUEST.trajectory.digest
    run.services.client.hset(keys.ensemble_block(digest, 2_000, 100), "agent/0", b"damaged")
    run.services.client.hset(keys.ensemble_blocks(digest, 2_000), NOMINAL, b"damaged")
    run.execute(cluster)
    run.is_right()
    assert run.reused == 300


def test_more_members_are_computed_beside_those_that_there_are(
    services: Services, cluster: Backend
) -> None:
    run_of(services).store(blocks_of(REQUEST, size=200))
    larger = run_of(services, LARGER)
    larger.execute(cluster)
    larger.is_right()
    assert larger.reused == REQUEST.members


def test_fewer_members_replace_no_block_of_the_larger_ensemble(
    services: Services, cluster: Backend
) -> None:
    larger = run_of(services, LARGER)
    larger.store(blocks_of(LARGER, size=150))  # the one from member 300 on has more than 400
    larger.execute(NO_SCHEDULER)
    run = run_of(services)
    run.execute(cluster)
    run.is_right()
    assert run.reused == 300
    for request in (LARGER, REQUEST):
        assert not services.ensembles.lacks_members(request)
        rows = sum(len(batch) for batch in services.ensembles.table(request))
        assert rows == 2 * request.members


@pytest.mark.parametrize("is_there", [True, False])
def test_more_steps_go_on_from_where_the_members_are_and_anew_where_they_are_gone(
    services: Services,
    cluster: Backend,
    is_there: bool,  # noqa: FBT001 - pytest passes it by name
) -> None:
    shorter = run_of(services)
    shorter.store(blocks_of(REQUEST, size=200), keep=is_there)
    shorter.execute(cluster)
    longer = run_of(services, LONGER)
    longer.execute(cluster)
    longer.is_right()


def test_blocks_of_fewer_steps_that_were_evicted_are_done_without(
    services: Services, cluster: Backend
) -> None:
    shorter = run_of(services)
    shorter.store(blocks_of(REQUEST, size=200))
    shorter.execute(NO_SCHEDULER)
    services.client.delete(keys.ensemble_block(REQUEST.trajectory.digest, 2_000, 200))
    longer = run_of(services, LONGER)
    longer.execute(cluster)
    longer.is_right()


def test_a_result_whose_members_were_evicted_gets_them_back_and_stays_as_it_is(
    run: Run, services: Services, cluster: Backend
) -> None:
    run.store(blocks_of(REQUEST, size=100))
    run.execute(NO_SCHEDULER)
    before = services.store.document(REQUEST.id)
    block = keys.ensemble_block(REQUEST.trajectory.digest, 2_000, 300)
    services.client.delete(block)
    assert services.ensembles.lacks_members(REQUEST)
    services.propagations.start(REQUEST)
    acquired = services.runs.acquire(REQUEST.digest, "another token", "me")
    assert acquired.lease is not None
    again = Run(services, REQUEST, LeaseKeeper(services.runs, acquired.lease, acquired))
    again.execute(cluster)
    assert services.store.document(REQUEST.id) == before
    assert not services.ensembles.lacks_members(REQUEST)
    assert services.client.exists(block)
    assert services.client.ttl(keys.ensemble_result(REQUEST.id)) == -1


def test_members_that_there_is_no_room_for_are_left_out_and_not_asked_for_again(
    services: Services, cluster: Backend
) -> None:
    settings = replace(services.settings, slice_budget=1)
    poor = build_services(settings)
    run = run_of(poor)
    run.execute(cluster)
    run.is_right()
    assert poor.ensemble_store.entries(REQUEST) == []
    block = keys.ensemble_block(REQUEST.trajectory.digest, 2_000, 0)
    assert not poor.client.exists(block), "neither states nor counts"
    assert not poor.ensembles.lacks_members(REQUEST)
    with pytest.raises(Exception, match="PORTA_SLICE_BUDGET"):
        poor.ensembles.table(REQUEST)
    poor.close()


def test_blocks_that_there_was_no_room_for_are_computed_again_by_the_next_owner(
    run: Run, cluster: Backend
) -> None:
    first, *rest = blocks_of(REQUEST, size=100)
    run.store([first])
    run.store(rest, keep=False)
    run.execute(cluster)
    run.is_right()
    assert run.reused == first.count
    assert sum(entry.count for entry in run.services.ensemble_store.entries(REQUEST)) == 400


def test_all_parts_of_blocks_count_against_the_budget_of_a_result() -> None:
    account = Account(budget=10)
    parts = {"members": b"12", "agent/0": b"345", "density/0": b"6"}
    assert account.add(Block(0, 7, parts, seconds=0.5))
    assert not account.add(Block(7, 3, parts, seconds=0.25)), "12 bytes are more than 10"
    assert account.add(Block(10, 1, {"members": b"1234"}))
    assert (account.budget, account.members, account.core_s) == (0, 11, 0.75)


def test_each_of_two_results_of_a_run_has_an_account_of_its_own(
    services: Services, cluster: Backend
) -> None:
    services.runs.enqueue(LONGER)
    run = run_of(services)
    longer = Run(services, LONGER, run.keeper)
    longer.store(blocks_of(LONGER, size=100)[::2])
    run.execute(cluster)
    run.is_right()
    longer.is_right()
    assert (run.reused, longer.reused) == (0, 200)


def test_a_result_that_was_cancelled_meanwhile_is_not_said_to_be_published(
    services: Services, cluster: Backend
) -> None:
    services.runs.enqueue(LONGER)
    run = run_of(services)
    run.store(blocks_of(REQUEST))
    assert services.runs.cancel(REQUEST)
    assert REQUEST.id in run.keeper.waiting, "its owner does not know of it yet"
    with capture_logs() as logged:
        run.execute(cluster)
    assert services.store.document(REQUEST.id) is None
    Run(services, LONGER, run.keeper).is_right()
    assert [one["id"] for one in logged if one["event"] == "published"] == [LONGER.id]


class CancelledAfterABlock(LeaseKeeper):
    """Of a run of which a result is cancelled as soon as a block of it is stored."""

    async def call(self, call: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any call
        returned = await super().call(call, *args, **kwargs)
        if call.__name__ == "put_block" and self._runs.cancel(REQUEST):
            await self.renew()
        return returned


def test_a_result_that_is_cancelled_is_not_computed_further_and_the_others_are(
    services: Services, cluster: Backend
) -> None:
    services.runs.enqueue(LONGER)
    services.runs.enqueue(REQUEST)
    acquired = services.runs.acquire(REQUEST.digest, "fencing token", "me")
    assert acquired.lease is not None
    keeper = CancelledAfterABlock(services.runs, acquired.lease, acquired)
    Run(services, REQUEST, keeper).execute(cluster)
    assert services.store.document(REQUEST.id) is None
    assert len(services.ensemble_store.entries(REQUEST)) == 1
    Run(services, LONGER, keeper).is_right()


class SlowBackend(SchedulerBackend):
    """A cluster that is there only when what is computed meanwhile is stored."""

    def __init__(self, backend: Backend, is_there: Callable[[], bool]) -> None:
        super().__init__("is not asked")
        self._backend = backend
        self._is_there = is_there

    @contextlib.asynccontextmanager
    async def open(self, *, tag: str, workers: int) -> AsyncIterator[Cluster]:
        await asyncio.to_thread(eventually, self._is_there)
        async with self._backend.open(tag=tag, workers=workers) as cluster:
            yield cluster


def test_half_of_the_members_are_computed_while_the_cluster_starts_and_shown(
    run: Run, cluster: Backend
) -> None:
    services = run.services

    def half_is_there() -> bool:
        state = services.runs.state(REQUEST.digest)
        return state is not None and state.done == REQUEST.members // 2 * REQUEST.steps

    run.execute(SlowBackend(cluster, half_is_there))
    run.is_right()
    assert services.ensemble_store.partial_part(REQUEST.id, SUMMARY) is not None
    spans = [(entry.first, entry.end) for entry in services.ensemble_store.entries(REQUEST)]
    assert all(end <= 200 or first >= 200 for first, end in spans)


def stored_without_a_cluster(run: Run, **settings: object) -> int:
    """How many members are stored when no cluster could be had."""
    services = build_services(replace(run.services.settings, **settings))  # type: ignore[arg-type]
    with contextlib.closing(services), pytest.raises(ClusterStartError):
        Run(services, run.request, run.keeper).execute(LATE_AND_NEVER)
    return sum(entry.count for entry in services.ensemble_store.entries(run.request))


def test_what_was_computed_while_the_cluster_started_is_kept_for_the_next_attempt(
    services: Services, cluster: Backend
) -> None:
    run = run_of(services)
    there = stored_without_a_cluster(run)
    assert 0 < there <= 200
    run.execute(cluster)
    run.is_right()
    assert run.reused == there


def test_where_all_goes_to_dask_nothing_is_computed_here(run: Run) -> None:
    assert stored_without_a_cluster(run, inline_work=0) == 0


def test_members_that_take_long_are_left_to_the_workers(services: Services) -> None:
    heavy = replace(REQUEST, steps=20_000_000)
    assert stored_without_a_cluster(run_of(services, heavy)) == 0


def test_one_run_at_a_time_is_computed_here(run: Run) -> None:
    async def execute() -> None:
        core = asyncio.Lock()
        async with core:  # another run's members are computed
            await run.executor(LATE_AND_NEVER, core).execute()

    with pytest.raises(ClusterStartError):
        asyncio.run(execute())
    assert run.services.ensemble_store.entries(REQUEST) == []


def test_without_a_cluster_the_error_says_so_and_nothing_is_published(run: Run) -> None:
    with pytest.raises(ClusterStartError, match="can't be reached"):
        run.execute(NO_SCHEDULER)
    assert run.services.store.document(REQUEST.id) is None


def test_a_cancelled_run_publishes_nothing(run: Run) -> None:
    run.store(blocks_of(REQUEST))
    assert run.services.runs.cancel(REQUEST)
    with pytest.raises(RunCancelled):
        run.execute(NO_SCHEDULER)
    assert run.services.store.document(REQUEST.id) is None


def test_an_owner_whose_lease_was_taken_over_writes_nothing(run: Run) -> None:
    run.store(blocks_of(REQUEST))
    lapse(run.services.client, REQUEST.digest)
    assert run.services.runs.acquire(REQUEST.digest, "another", "another").lease is not None
    with pytest.raises(LeaseLost):
        run.execute(NO_SCHEDULER)
    assert run.services.store.document(REQUEST.id) is None
    assert not run.services.client.exists(keys.ensemble_result(REQUEST.id))


def test_every_key_of_an_ensemble_expires_unless_its_manifest_rests_on_it(run: Run) -> None:
    run.store(blocks_of(REQUEST, size=100))
    client = run.services.client
    assert all(client.ttl(name) > 0 for name in client.scan_iter("ensemble/*"))
    run.execute(NO_SCHEDULER)
    forever = [name for name in client.scan_iter("ensemble/*") if client.ttl(name) < 0]
    assert forever == [keys.ensemble_result(REQUEST.id).encode()]
    run.services.propagations.remove(REQUEST)
    assert all(client.ttl(name) > 0 for name in client.scan_iter("ensemble/*"))
