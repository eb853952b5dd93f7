"""Executes the run of one trajectory, from its lease to its manifests.

- Stretches are stored in order, each under the lease. A result is published as soon as the stored
  stretches cover it. Its manifest is written last.
- An order that waits is answered as soon as the stored stretches hold its answer: the propagation
  that it has come to is published in its place, and the run goes no further than is still needed.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from frontend.domain import manifest
from frontend.observability import logs
from frontend.propagations.inline_rule import is_bulky
from frontend.propagations.requests import ORDER_ID
from frontend.runner.executor import Executor
from frontend.runner.order_watch import OrderWatch
from sim.cost_model import workers_for
from sim.driver import propagate_on
from sim.engine import Propagation
from sim.scenario import PropagationRequest

if TYPE_CHECKING:
    from frontend.bootstrap import Services
    from frontend.domain.order_record import OrderRecord
    from frontend.runner.growing_trajectory import GrowingTrajectory
    from frontend.runner.lease_keeper import LeaseKeeper
    from sim.cluster import Backend, Cluster
    from sim.engine import Stretch
    from sim.order import Order

__all__ = ["RunExecutor"]


class _Enough(Exception):
    """Orders are answered, and the stored stretches hold all that is still needed."""


class RunExecutor(Executor):
    """Executes the run of one trajectory under its lease."""

    def __init__(
        self,
        services: Services,
        backend: Backend,
        keeper: LeaseKeeper,
        growing: GrowingTrajectory,
        *,
        name: str,
        installation: str,
    ) -> None:
        super().__init__(services, backend, keeper, name=name, installation=installation)
        self._slices = services.slice_cache(keeper.lease.digest)
        self._growing = growing
        self._reused_steps = growing.iterations
        self._orders = OrderWatch(growing)
        self._has_settled = False  # an order, so that the target may be nearer than it was

    async def _work(self) -> None:
        await self._publish_covered()  # an order whose answer is stored needs no cluster
        if self._growing.iterations < self._keeper.target:
            await self._on_a_cluster()
        await self._finish()

    def _workers_wanted(self) -> int:
        return workers_for(
            self._growing.trajectory,
            self._keeper.target - self._growing.iterations,
            slice_budget_bytes=self._settings.slice_budget,
            max_workers=self._settings.max_workers,
        )

    async def _propagate(self, cluster: Cluster) -> None:
        await self._progress(stage="propagating", done=self._growing.iterations)
        with suppress(_Enough):
            await propagate_on(
                cluster.client,
                self._growing.trajectory,
                start=self._growing.tail,
                first_interval=self._growing.intervals,
                until_interval=self._growing.trajectory.intervals_for(self._keeper.target),
                slice_budget=self._settings.slice_budget,
                on_stretch=self._take_stretch,
                on_slices=self._cache_slices,
                deadline_s=self._settings.stretch_deadline_s,
            )

    async def _take_stretch(self, stretch: Stretch, data: bytes) -> None:
        """Store a stretch that a worker made, report progress, and publish what is covered."""
        self._keeper.expect(self._settings.stretch_deadline_s)
        self._growing.failure = stretch.failure
        if stretch.count > 0:
            await self._put(stretch, data)
        await self._progress(
            done=min(self._growing.good, self._keeper.target),
            rate=(self._growing.good - self._reused_steps) / self._elapsed_s,
        )
        await self._publish_covered()
        if self._has_settled and self._growing.iterations >= self._keeper.target:
            raise _Enough

    async def _put(self, stretch: Stretch, data: bytes) -> None:
        entry = self._growing.entry(stretch, data)
        await self._keeper.call(
            self._runs.put,
            self._keeper.lease,
            position=len(self._growing.chain),
            previous=self._growing.head,
            entry=entry,
            data=data,
        )
        self._growing.append(stretch, entry)

    async def _cache_slices(self, slices: list[tuple[int, bytes]]) -> None:
        """Cache slices; one that does not fit is remade from its checkpoint when it is read."""
        self._keeper.expect(self._settings.stretch_deadline_s)
        await asyncio.to_thread(self._slices.put_many, slices)

    async def _publish_covered(self) -> None:
        """Publish the waiting results that the stored stretches cover, the shortest first.

        Orders come before: what they have come to is among the waiting results then.
        """
        answered = await self._settle_orders()
        for name, steps in sorted(self._keeper.waiting.items(), key=lambda item: item[1]):
            request = PropagationRequest(steps, self._growing.trajectory)
            if name != request.id:  # an order
                continue
            if steps <= self._growing.good and request.id not in self._published:
                await self._publish(request)
                self._published.add(request.id)
        for order, record in answered:  # whose answers are published now
            await self._settle(order, record)

    async def _settle_orders(self) -> list[tuple[Order, OrderRecord]]:
        """Note what orders have come to; return those whose propagations are to be published."""
        if not any(ORDER_ID.fullmatch(name) for name in self._keeper.waiting):
            return []
        run = await self._keeper.call(self._runs.state, self._keeper.lease.digest)
        answers = await asyncio.to_thread(
            self._orders.answers, self._keeper.waiting, run.orders if run else {}
        )
        wanted = [found for found in answers if await self._settle(*found) == "wanted"]
        if answers:
            self._has_settled = True
            await self._keeper.renew()  # the target is nearer, and the answers are waited for
        return wanted

    async def _settle(self, order: Order, record: OrderRecord) -> str:
        log = logs.logger(__name__)
        verdict = await self._keeper.call(self._runs.settle, self._keeper.lease, order, record)
        if verdict == "settled":
            log.info("order settled", id=order.id, steps=record.steps, stopped=record.stopped)
        return verdict

    async def _publish(self, request: PropagationRequest) -> None:
        count = self._growing.stretches_for(request.steps)
        chain = self._growing.chain[:count]
        is_remade = is_bulky(request) and request.steps < self._keeper.target
        document = b"" if is_remade else await self._manifest(request, count)
        publish, lease = self._runs.publish, self._keeper.lease
        if await self._keeper.call(publish, lease, request, document, chain) == "needed":
            document = await self._manifest(request, count)
            await self._keeper.call(publish, lease, request, document, chain)
        logs.logger(__name__).info("published", id=request.id)

    async def _manifest(self, request: PropagationRequest, count: int) -> bytes:
        """Return the manifest of a result that rests on the first `count` stretches."""
        propagation = await asyncio.to_thread(
            Propagation.open, request.trajectory, request.steps, self._growing.stretches[:count]
        )
        timings = await self._timings(
            request.id, reused_steps=min(self._reused_steps, request.steps)
        )
        computed = self._computed(timings)
        return await asyncio.to_thread(manifest.compose, request, propagation, computed)

    async def _finish(self) -> None:
        """Publish the rest, also for clients that joined meanwhile, and give the run back."""
        self._keeper.expect(self._settings.stretch_deadline_s)
        await self._progress(stage="writing")
        while True:
            await self._keeper.renew()
            self._published.clear()  # a result that was deleted meanwhile may be waited for again
            await self._publish_covered()
            if self._growing.failure is not None:
                failure = self._growing.failure
                await self._keeper.call(self._runs.end, self._keeper.lease, failure)
                return
            if await self._keeper.call(self._runs.finish, self._keeper.lease) != "covered":
                return
