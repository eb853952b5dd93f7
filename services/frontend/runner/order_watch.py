"""The orders that wait for a run: found in its record, and watched as its trajectory grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frontend.domain.order_record import OrderRecord
from frontend.propagations.orders import waiting_requests
from sim.engine.computed import not_reached
from sim.engine.watch import Watch
from sim.order import Order
from sim.scenario import Subject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from frontend.runner.growing_trajectory import GrowingTrajectory

__all__ = ["OrderWatch"]


class OrderWatch:
    """Says which orders of a run are answered by what is stored of its trajectory."""

    def __init__(self, growing: GrowingTrajectory) -> None:
        self._growing = growing
        self._watches: dict[str, Watch] = {}

    def answers(
        self, waiting: Mapping[str, int], orders: Mapping[str, bytes]
    ) -> list[tuple[Order, OrderRecord]]:
        """Return the waiting orders whose answers are known, each with what it has come to."""
        return [
            (order, record)
            for order in waiting_requests(Subject(self._growing.trajectory), waiting, orders)
            if isinstance(order, Order)
            if (record := self._record(order)) is not None
        ]

    def _record(self, order: Order) -> OrderRecord | None:
        steps = self._look(order)
        if steps is not None and steps <= order.steps:
            return OrderRecord.of(order, steps=steps, stopped=True)
        if self._growing.good < order.steps:
            return None
        if order.is_until:
            return OrderRecord.of(order, failed=not_reached(order))
        return OrderRecord.of(order, steps=order.steps, stopped=False)

    def _look(self, order: Order) -> int | None:
        """Return after how many iterations the condition holds, as far as they are stored."""
        growing = self._growing
        watch = self._watches.setdefault(order.id, Watch(growing.trajectory, order.condition))
        for stretch in growing.stretches:
            if stretch.first + stretch.count > watch.intervals:
                watch.see(stretch)
        if growing.failure is not None:
            watch.see_part(growing.tail, growing.failure.iteration - growing.iterations)
        return watch.steps
