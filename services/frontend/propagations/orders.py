"""Orders: finds after how many steps one ends, and describes it meanwhile (docs/adr/0063).

- `settled` answers an order at once where its record, the stored trajectory or a small computation
  holds the answer, by the rule for what needs no run (docs/adr/0097). It starts nothing.
- An order's resource is that of its run until its steps are known, and then that of the
  propagation that answers it, under the order's own id.

Thread-safe.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from frontend.domain.order_record import OrderRecord
from frontend.domain.resource import ErrorReport, OrderReport, Progress, Resource, Status
from frontend.errors import NotFound
from frontend.propagations.requests import ORDER_ID
from sim.cost_model import opened_seconds
from sim.engine import initial_checkpoint
from sim.engine.computed import not_reached
from sim.engine.watch import Watch
from sim.errors import PropagationFailed, RequestError
from sim.order import Order

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from frontend.admission import Admission
    from frontend.propagations.inline_rule import InlineRule
    from frontend.results.trajectory_store import TrajectoryStore
    from frontend.runs.run_queue import RunQueue
    from sim.engine import Stretch
    from sim.scenario import PropagationRequest, Subject

__all__ = ["Answer", "Orders", "answered", "under_its_id", "waiting_requests"]

LOAD_S: Final = 0.01  # to read the stretches of 1e8 steps from Redis, and to verify them
SCANS: Final = 3  # an interval that is scanned takes as long as so many that are passed over


@dataclass(frozen=True, slots=True)
class Answer:
    """The propagation that an order has come to, and whether its condition was met."""

    request: PropagationRequest
    stopped: bool


class Orders:
    """The orders of one installation."""

    def __init__(
        self, rule: InlineRule, store: TrajectoryStore, runs: RunQueue, admission: Admission
    ) -> None:
        self._rule = rule
        self._store = store
        self._runs = runs
        self._admission = admission

    def read(self, order_id: str) -> Order:
        """Return the order with an id; raises NotFound where it is unknown, or too long ago."""
        record = self._runs.order(order_id)
        subject = None if record is None else self._store.subject(record.digest)
        if record is not None and subject is not None:
            try:
                return Order.from_terms(subject.trajectory, record.terms)
            except RequestError:  # of a version with other rules
                pass
        raise NotFound(
            f"The order {order_id} is not known here: it has not been requested, or its answer is "
            "older than a week. Ask for it again; what was computed is kept."
        )

    def answer(self, order: Order) -> Answer | Resource | None:
        """Return what the record of an order says that it came to; a resource if it failed."""
        record = self._runs.order(order.id)
        if record is None:
            return None
        if record.failed is not None:
            return failed(order, record.failed)
        if record.steps is None or record.stopped is None:
            return None
        return Answer(order.answer(record.steps), record.stopped)

    def settled(self, order: Order) -> Answer | Resource | None:
        """Return what an order comes to, if that takes no run; a resource where it fails.

        Raises Busy and StorageError.
        """
        recorded = self.answer(order)
        if isinstance(recorded, Answer):
            return recorded
        with self._admission.admit(self._seconds(order)):
            return self._found(order)

    def _seconds(self, order: Order) -> float:
        scenario, is_covered = order.trajectory.scenario, self._rule.covers(order)
        inline = self._inline_steps(order, has_stretches=not is_covered)
        # Behind stored stretches little is archived of an interval; at the start, much.
        seconds = opened_seconds(scenario, inline) if is_covered else scenario.pass_seconds(inline)
        return LOAD_S + SCANS * seconds

    def _inline_steps(self, order: Order, *, has_stretches: bool) -> int:
        """Return how many steps beyond the stored ones are looked at at once."""
        steps = self._rule.steps(order.trajectory.scenario)
        if has_stretches and self._rule.allowed_work > 0:
            steps = max(steps, order.trajectory.interval - 1)
        return min(steps, order.steps)

    def _found(self, order: Order) -> Answer | Resource | None:
        trajectory, interval = order.trajectory, order.trajectory.interval
        stretches: Sequence[Stretch] = ()
        if not self._rule.covers(order):
            stretches = self._store.stretches(
                trajectory, until=trajectory.intervals_for(order.steps)
            )
        watch = Watch(trajectory, order.condition)
        for stretch in stretches:
            if watch.see(stretch) is not None:
                break
        reached = watch.intervals * interval
        more = max(
            0,
            min(order.steps - reached, self._inline_steps(order, has_stretches=bool(stretches))),
        )
        if watch.steps is None and more:
            start = stretches[-1].tail if stretches else initial_checkpoint(trajectory.dispersed)
            try:
                watch.go_on(start, more)
            except PropagationFailed:  # as for a request of so many steps, which fails there
                return Answer(order.answer(order.steps), stopped=False)
        if watch.steps is not None and watch.steps <= order.steps:
            return Answer(order.answer(watch.steps), stopped=True)
        if reached + more < order.steps:
            return None
        if order.is_until:
            return failed(order, not_reached(order))
        return Answer(order.answer(order.steps), stopped=False)


def waiting_requests(
    subject: Subject, waiting: Mapping[str, int], orders: Mapping[str, bytes]
) -> Iterator[PropagationRequest]:
    """Yield the requests and orders that wait for a run; an order that is damaged is left out."""
    for name, steps in waiting.items():
        record = OrderRecord.from_bytes(orders[name]) if name in orders else None
        if record is not None:
            with suppress(RequestError):
                yield Order.from_terms(subject.trajectory, record.terms)
        elif not ORDER_ID.fullmatch(name):
            yield subject.request(steps)


def report(order: Order, answer: PropagationRequest | None = None) -> OrderReport:
    """Return the description of an order, and of the propagation that it came to."""
    asked = order.condition.to_json()
    return OrderReport(
        at_most=order.steps,
        until=asked.get("until"),  # type: ignore[arg-type]  # a float
        stop=asked.get("stop"),  # type: ignore[arg-type]  # a dict
        came_to=None if answer is None else answer.id,
    )


def answered(order: Order, answer: Answer, resource: Resource) -> Resource:
    """Return the resource of the propagation that answers an order, which says so."""
    return replace(resource, stopped=answer.stopped, order=report(order, answer.request))


def under_its_id(order: Order, resource: Resource) -> Resource:
    """Return an order's own resource from that of its run, or of its answer."""
    steps = resource.steps if resource.order is not None else None
    return replace(resource, id=order.id, steps=steps, order=resource.order or report(order))


def failed(order: Order, sentence: str) -> Resource:
    """Return the resource of an order that has come to nothing."""
    return Resource(
        id=order.id,
        steps=None,
        seed=order.trajectory.seed,
        member=order.trajectory.member,
        members=order.members,
        status=Status.FAILED,
        progress=Progress(done=order.steps, total=order.steps),
        error=ErrorReport(detail=sentence),
        order=report(order),
    )
