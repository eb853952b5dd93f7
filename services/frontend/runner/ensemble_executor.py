"""Executes the run of an ensemble, from its lease to its manifests.

- Blocks of members are computed in any order, stored under the lease as they come, and added to
  what is known so far. Every few seconds that is published as a partial result.
- The first blocks of a new ensemble are computed here, while its cluster starts.
- A run that was interrupted goes on with the members that are missing. Members of fewer steps go on
  from where they are.
- A result is published as soon as all its members are there: its parts first, then its manifest.
  One that nobody waits for any more is not computed further.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from frontend.domain import manifest
from frontend.observability import logs
from frontend.propagations.ensembles import estimated
from frontend.results.ensemble_store import MEMBERS, NOMINAL, SUMMARY, packed
from frontend.runner.early_blocks import EarlyBlocks, is_soon_begun
from frontend.runner.executor import Executor
from frontend.runner.growing_ensemble import Account, GrowingEnsemble, Unwanted
from sim.cost_model import workers_for_ensemble
from sim.driver import ensemble_on, nominal_on, patience_s
from sim.ensemble.block import Block
from sim.ensemble.nominal import Nominal, nominal_of
from sim.ensemble.population import Population
from sim.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from frontend.bootstrap import Services
    from frontend.results.ensemble_store import BlockEntry
    from frontend.runner.lease_keeper import LeaseKeeper
    from sim.cluster import Backend, Cluster
    from sim.scenario import PropagationRequest, Subject

__all__ = ["EnsembleExecutor"]

ROOM_BYTES: Final = 32 * 2**20  # for what is known so far, unpacked: of 10,000 members some 10 MB


class EnsembleExecutor(Executor):
    """Executes the run of one ensemble under its lease.

    `core` is held while members are computed in this process: those of one run at a time.
    """

    def __init__(
        self,
        services: Services,
        backend: Backend,
        keeper: LeaseKeeper,
        subject: Subject,
        *,
        name: str,
        installation: str,
        core: asyncio.Lock,
    ) -> None:
        super().__init__(services, backend, keeper, name=name, installation=installation)
        self._subject = subject
        self._store = services.ensemble_store
        self._early = EarlyBlocks(core)

    async def _work(self) -> None:
        while True:
            for request in self._wanted():
                await self._publish_if_stored(request)
            if self._wanted():
                async with self._early.beside(self._begin()):
                    await self._on_a_cluster()
            if await self._finish():
                return

    def _wanted(self) -> list[PropagationRequest]:
        """Return what is to be published, the shortest first."""
        target = self._keeper.target
        steps = sorted({n for n in self._keeper.waiting.values() if n <= target})
        requests = [self._subject.request(n) for n in steps]
        return [request for request in requests if request.id not in self._published]

    def _workers_wanted(self) -> int:
        return max(
            workers_for_ensemble(request, max_workers=self._settings.max_workers)
            for request in self._wanted()
        )

    async def _propagate(self, cluster: Cluster) -> None:
        await self._progress(stage="propagating")
        while requests := self._wanted():
            with suppress(Unwanted):
                await self._compute(cluster, requests[0])
            await self._keeper.renew()

    async def _finish(self) -> bool:
        """Give the run back, unless a client has joined meanwhile that waits for another result."""
        self._keeper.expect(self._settings.stretch_deadline_s)
        await self._progress(stage="writing")
        await self._keeper.renew()
        if self._wanted():
            return False
        verdict = await self._keeper.call(self._runs.finish, self._keeper.lease)
        if verdict == "covered":  # deleted meanwhile, and waited for again
            self._published.clear()
            await self._keeper.renew()
        return verdict != "covered"

    # What is stored.

    async def _publish_if_stored(self, request: PropagationRequest) -> None:
        """Publish a result whose members are all stored: it needs no cluster."""
        account = self._account()
        nominal = await self._stored_nominal(request)
        entries = await self._keeper.call(self._store.entries, request)
        if nominal is None or sum(entry.count for entry in entries) < request.members:
            return
        population = await self._gathered(request, nominal, entries)
        if population.is_complete:
            await self._publish(request, nominal, population, account)

    def _account(self) -> Account:
        return Account(self._settings.slice_budget)

    async def _stored_nominal(self, request: PropagationRequest) -> Nominal | None:
        data = await self._keeper.call(self._store.nominal, request)
        if data is None:
            return None
        try:
            return Nominal.from_bytes(request, data)
        except IntegrityError:
            return None

    async def _gathered(
        self, request: PropagationRequest, nominal: Nominal, entries: list[BlockEntry]
    ) -> Population:
        """Return the population of the stored blocks; one that is damaged is left out."""
        population = Population(request, nominal, room_bytes=ROOM_BYTES)
        for entry in entries:
            self._keeper.expect(self._settings.stretch_deadline_s)
            parts = {
                name: await self._keeper.call(self._store.part_of_block, request, entry, name)
                for name in entry.checksums
                if name != MEMBERS
            }
            if None not in parts.values():
                found = {name: data for name, data in parts.items() if data is not None}
                await asyncio.to_thread(population.add, entry.first, entry.count, found)
        return population

    async def _shorter(self, request: PropagationRequest) -> tuple[int, list[BlockEntry]]:
        """Return the most steps that are fewer, of which members are kept, and their blocks."""
        for steps in reversed(await self._keeper.call(self._store.steps_known, request)):
            if steps < request.steps:
                entries = await self._keeper.call(self._store.entries, request, steps)
                if entries:
                    return steps, entries
        return 0, []

    async def _load(
        self, request: PropagationRequest, steps: int, entry: BlockEntry
    ) -> tuple[int, bytes] | None:
        """Read a block of fewer steps; None where it is damaged, or gone."""
        parts = {}
        for name in entry.checksums:
            read = self._store.part_of_block
            data = await self._keeper.call(read, request, entry, name, steps)
            if data is None:
                return None
            parts[name] = data
        return steps, Block(entry.first, entry.count, parts).to_bytes()

    # What is computed.

    async def _begin(self) -> None:
        """Compute the first blocks here while the cluster starts, of an ensemble that is new."""
        request = next(iter(self._wanted()), None)
        if request is None or not self._settings.inline_work or not is_soon_begun(request):
            return
        if await self._is_new(request):
            with suppress(Unwanted):
                await self._early.compute(partial(self._opened, request, self._nominal_here))

    async def _is_new(self, request: PropagationRequest) -> bool:
        """Whether none of its members is stored, nor any of fewer steps to go on from."""
        entries = await self._keeper.call(self._store.entries, request)
        _, shorter = await self._shorter(request)
        return not entries and not shorter

    async def _opened(
        self,
        request: PropagationRequest,
        make_nominal: Callable[[PropagationRequest], Awaitable[Nominal]],
    ) -> GrowingEnsemble:
        """Return a result as far as it is stored."""
        account = self._account()
        nominal = await self._stored_nominal(request)
        if nominal is None:
            nominal = await make_nominal(request)
            put, lease = self._store.put_nominal, self._keeper.lease
            await self._keeper.call(put, lease, request, nominal.to_bytes())
        entries = await self._keeper.call(self._store.entries, request)
        population = await self._gathered(request, nominal, entries)
        return GrowingEnsemble(
            population, request, nominal, account, self._store, self._keeper, self._progress
        )

    async def _nominal_here(self, request: PropagationRequest) -> Nominal:
        return await asyncio.to_thread(nominal_of, request)

    async def _compute(self, cluster: Cluster, request: PropagationRequest) -> None:
        """Compute the members of a result that are missing, and publish it."""
        deadline_s = self._settings.stretch_deadline_s
        patience = patience_s(request, deadline_s)
        self._keeper.expect(patience)
        ensemble = await self._early.taken_over(request) or await self._opened(
            request, partial(nominal_on, cluster.client, deadline_s=deadline_s)
        )

        async def take(block: Block) -> None:
            self._keeper.expect(patience)
            await ensemble.take(block)

        there = ensemble.population.finished
        await self._progress(of=request.steps, done=there * request.steps)
        self._keeper.expect(patience)
        steps, shorter = await self._shorter(request)
        starts = {(entry.first, entry.count): entry for entry in shorter}
        await ensemble_on(
            cluster.client,
            request,
            nominal=ensemble.nominal,
            ranges=ensemble.missing(self._early.under_way),
            starts=starts,
            load_start=lambda span: self._load(request, steps, starts[span]),
            on_block=take,
            deadline_s=deadline_s,
            threads=cluster.workers,
        )
        await self._early.ended()
        await self._publish(request, ensemble.nominal, ensemble.population, ensemble.account)

    async def _publish(
        self,
        request: PropagationRequest,
        nominal: Nominal,
        population: Population,
        account: Account,
    ) -> None:
        """Store the parts of a result, then its manifest."""
        self._keeper.expect(self._settings.stretch_deadline_s)
        document = await asyncio.to_thread(population.document)
        parts = await asyncio.to_thread(population.parts)
        parts |= {SUMMARY: packed(document), NOMINAL: nominal.to_bytes()}
        await self._keeper.call(self._store.put_result, request, parts, lease=self._keeper.lease)
        result = await asyncio.to_thread(population.result, document)
        timings = await self._timings(
            request.id,
            reused_members=request.members - account.members,
            core_s=account.core_s,
        )
        expected = await asyncio.to_thread(estimated, request, self._settings.max_workers)
        computed = self._computed(timings)
        composed = manifest.compose_ensemble(
            request,
            result,
            computed,
            parts=parts,
            estimate=expected.after(account.elapsed_s),
        )
        publish, lease = self._runs.publish, self._keeper.lease
        verdict = await self._keeper.call(publish, lease, request, composed, [])
        self._published.add(request.id)  # if it is unwanted too: there is no more to do for it
        if verdict != "unwanted":
            logs.logger(__name__).info("published", id=request.id, members=request.members)
