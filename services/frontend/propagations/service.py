"""The application service: what pages, API and command line do with propagations.

- `start` starts a run only where one is needed, and returns at once. Many callers with the same
  request share one run. `find` never starts anything.
- One rule decides what is computed at once, without a cluster (docs/adr/0097): the manifest is
  stored, the trajectory is long enough, or what remains is small.
- `open` returns the propagation itself, verified against its manifest. A result that what is
  stored does not support is withdrawn and computed again.

Thread-safe; raises FrontendErrors only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from frontend.domain import manifest
from frontend.domain.resource import Status
from frontend.errors import BadRequest, NotFound, NotReady
from frontend.observability import log_context
from frontend.propagations import requests
from frontend.propagations.ensembles import Ensembles
from frontend.propagations.finder import Finder, Known
from frontend.propagations.inline import InlineResults
from frontend.propagations.inline_rule import InlineRule
from frontend.propagations.listing import Listing
from frontend.propagations.opener import Opener, Unsupported
from frontend.propagations.orders import Answer, Orders, answered, under_its_id
from frontend.propagations.verified_results import VerifiedResults
from sim.errors import PropagationFailed
from sim.order import Order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from frontend.admission import Admission
    from frontend.domain.resource import Resource
    from frontend.domain.run import ChainEntry, Charge, RunState
    from frontend.results.ensemble_store import EnsembleStore
    from frontend.results.trajectory_store import TrajectoryStore
    from frontend.runs.run_queue import RunQueue
    from frontend.runs.runner_status import RunnerStatus
    from frontend.settings import Settings
    from sim.engine import Propagation
    from sim.scenario import PropagationRequest

__all__ = ["Propagations"]


READ_BY_OPENED: Final = 2  # opened propagations have half as much memory as the files that are read


class Propagations:
    """Finds, starts, opens and removes propagations."""

    def __init__(
        self,
        settings: Settings,
        store: TrajectoryStore,
        ensemble_store: EnsembleStore,
        runs: RunQueue,
        runner_status: RunnerStatus,
        admission: Admission,
    ) -> None:
        rule = InlineRule(settings.inline_work)
        self._limits = requests.Limits(max_steps=settings.max_steps, max_work=settings.max_work)
        self._store = store
        self._runs = runs
        self._opener = Opener(
            rule,
            store,
            admission,
            budget_bytes=settings.read_memory // READ_BY_OPENED // settings.processes,
        )
        results = VerifiedResults(store, self._opener, self._repair)
        self._finder = Finder(settings, store, results, runs, runner_status)
        self.listing = Listing(store, self._finder)
        self._inline = InlineResults(rule, store, runs, self._opener)
        self.ensembles = Ensembles(
            settings, rule, store, ensemble_store, runs, admission, self._repair
        )
        self._orders = Orders(rule, store, runs, admission)

    # Text becomes a request.

    def parse_id(
        self,
        text: str,
        *,
        seed: str | None = None,
        member: str | None = None,
        members: str | None = None,
    ) -> PropagationRequest:
        """Read an id, that of an order too; raises BadRequest or NotFound."""
        if requests.ORDER_ID.fullmatch(text):
            if (seed, member, members) != (None, None, None):
                raise BadRequest("An order has its seed and member already; leave them out.")
            return self.order(text)
        request = requests.parse_id(
            self._limits, text, self._store.subject, seed=seed, member=member, members=members
        )
        log_context.about(request)
        return request

    def order(self, order_id: str) -> Order:
        """Return the order with an id; raises NotFound."""
        order = self._orders.read(order_id)
        log_context.about(order)
        return order

    def asked(
        self,
        *,
        steps: int | None,
        until: object | None = None,
        stop: object | None = None,
        **chosen: Unpack[requests.Chosen],
    ) -> PropagationRequest:
        """Make a request of its parts, or an order; raises BadRequest."""
        request = requests.read_order(self._limits, steps=steps, until=until, stop=stop, **chosen)
        log_context.about(request)
        return request

    def request(self, *, steps: int, **chosen: Unpack[requests.Chosen]) -> PropagationRequest:
        """Make a request of its parts; raises BadRequest."""
        request = requests.read_request(self._limits, steps=steps, **chosen)
        log_context.about(request)
        return request

    # Finding.

    def find(self, request: PropagationRequest) -> Resource | None:
        """Return what is known of a propagation, without starting anything; None if nothing."""
        if isinstance(request, Order):
            return self._find_order(request)
        known = self.known(request)
        return known.resource or self.settled(request, known)

    def known(self, request: PropagationRequest) -> Known:
        """Return a stored result, else what its run says."""
        return self._finder.known(request)

    def _find_order(self, order: Order) -> Resource | None:
        """Return what is known of an order: its run's resource, or its answer's."""
        known = self._orders.answer(order)
        if known is None:
            run = self._runs.state(order.trajectory.digest)
            status = None if run is None else run.status_of(order.id, order.steps)
            if run is not None and status is not None and status is not Status.COMPLETE:
                return self.resource_for(order, run)
            known = self._orders.settled(order)
        if not isinstance(known, Answer):
            return known
        resource = self.find(known.request)
        return None if resource is None else under_its_id(order, answered(order, known, resource))

    def answer(self, request: PropagationRequest) -> PropagationRequest:
        """Return the request that an answered order has come to; any other request as it is."""
        known = self._orders.answer(request) if isinstance(request, Order) else None
        return known.request if isinstance(known, Answer) else request

    def settled_order(self, order: Order) -> Answer | None:
        """Return what an order comes to, if that takes no run; raises BadRequest if to nothing."""
        known = self._orders.settled(order)
        if isinstance(known, Answer) or known is None:
            return known
        raise BadRequest(known.error.detail if known.error else "The order can't be met.")

    def stored(self, request: PropagationRequest) -> Resource | None:
        """Return a stored result; None if there is none."""
        return self._finder.stored(request)

    def settled(self, request: PropagationRequest, known: Known) -> Resource | None:
        """Return what a run published while it was looked for, or a result that is not stored."""
        return self._finder.peek(request) or self.recomputed(request, known)

    def recomputed(self, request: PropagationRequest, known: Known) -> Resource | None:
        """Return a result that is not stored because it is soon computed."""
        return self._inline.recompute(
            request, has_stretches=known.has_stretches, was_awaited=known.was_awaited
        )

    def recent(self, count: int = 20) -> list[Resource]:
        """Return the results that were published last, the newest first."""
        return self._finder.recent(count)

    def under_way(self) -> list[Resource]:
        """Return the propagations that are waited for: one resource for each id."""
        return self._finder.under_way()

    def resource_for(self, request: PropagationRequest, run: RunState) -> Resource:
        """Return the resource of a propagation whose run is in this state; raises NotFound."""
        resource = self._finder.resource_for(request, run)
        return under_its_id(request, resource) if isinstance(request, Order) else resource

    # Starting.

    def start(self, request: PropagationRequest, *, retry: bool = False) -> Resource:
        """Return the result, or the run that will give it; `retry` tries again what failed.

        Raises QueueFull and StorageError.
        """
        if isinstance(request, Order):
            answer = self.settled_order(request)
            if answer is not None:
                return answered(request, answer, self.start(answer.request, retry=retry))
            return self.enqueue(request, retry=retry)[0]
        stored = self.stored(request)
        if stored is not None and not self.lacks_members(request):
            return stored
        basis = self.inline_basis(request)
        if basis is not None:
            return self.compute_inline(request, basis)
        return self.enqueue(request, retry=retry)[0]

    def lacks_members(self, request: PropagationRequest) -> bool:
        """Whether it is an ensemble whose members are not kept any more."""
        return request.is_ensemble and self.ensembles.lacks_members(request)

    def inline_basis(
        self, request: PropagationRequest, *, has_stretches: bool = True
    ) -> list[ChainEntry] | None:
        """Return the stretches that an inline result rests on; None if it takes a run."""
        return self._inline.basis(request, has_stretches=has_stretches)

    def inline_bytes(self, request: PropagationRequest) -> int:
        """Estimate the bytes that an inline result will leave in Redis."""
        return self._inline.stored_bytes(request)

    def compute_inline(
        self, request: PropagationRequest, basis: Sequence[ChainEntry], *, is_repair: bool = False
    ) -> Resource:
        """Compute a result that needs no run; where its stretches are damaged, start one."""
        if request.is_ensemble:
            return self.ensembles.compute(request, is_repair=is_repair)
        try:
            return self._inline.compute(request, basis, is_repair=is_repair)
        except Unsupported:
            return self._run_again(request, self._store.document(request.id))

    def _repair(self, request: PropagationRequest, damaged: bytes | None) -> Resource:
        """Withdraw a damaged manifest, and compute the result again, or start its run.

        Raises QueueFull, Busy and StorageError, and then withdraws nothing.
        """
        basis = self.inline_basis(request)
        if basis is None or not (request.is_ensemble or self._can_open(request)):
            return self._run_again(request, damaged)
        if damaged is not None:
            self._store.withdraw(request, damaged)
        return self.compute_inline(request, basis, is_repair=True)

    def _can_open(self, request: PropagationRequest) -> bool:
        """Whether a result can be computed at once; raises Busy and StorageError if not now."""
        self._runs.check_room()
        try:
            self._opener.open(request)
        except Unsupported:
            return False
        except PropagationFailed:  # which is what there is to say of it
            return True
        return True

    def _run_again(self, request: PropagationRequest, damaged: bytes | None) -> Resource:
        """Start the run of a result, then withdraw its damaged manifest."""
        enqueued = self._runs.enqueue(request, damaged=damaged)
        if damaged is not None:
            self._store.withdraw(request, damaged)
        if enqueued.run is None:
            return self._finder.finished(request)
        return self.resource_for(request, enqueued.run)

    def enqueue(
        self, request: PropagationRequest, *, retry: bool = False, charges: Sequence[Charge] = ()
    ) -> tuple[Resource, bool]:
        """Join or enqueue the run that will give the result; return also whether that adds work."""
        has_failed = isinstance(request, Order) and self._orders.answer(request) is not None
        # A result whose members are gone does not count: they are computed again beside it.
        passed_over = self._store.document(request.id) if self.lacks_members(request) else None
        enqueued = self._runs.enqueue(
            request, retry=retry or has_failed, charges=charges, damaged=passed_over
        )
        if enqueued.run is None:
            return self._finder.finished(request), False
        return self.resource_for(request, enqueued.run), enqueued.adds_work

    # Ending.

    def cancel(self, request: PropagationRequest) -> bool:
        """Stop waiting for a propagation; a result that was published meanwhile stays."""
        return self._runs.cancel(request)

    def remove(self, request: PropagationRequest) -> None:
        """Cancel the run of a propagation, or delete its result; raises NotFound.

        Of an order that is answered only the record is deleted: its answer is a propagation.
        """
        if isinstance(request, Order):
            if not self.cancel(request) and not self._runs.forget_order(request.id):
                raise NotFound(f"There is no order {request.id} to cancel or delete.")
            return
        self._inline.forget(request)
        if not self.cancel(request) and not self._store.delete(request):
            raise NotFound(f"There is no propagation {request.id} to cancel or delete.")

    # Opening.

    def open(self, request: PropagationRequest) -> Propagation:
        """Return a complete propagation, or a small one, computed now.

        Raises NotReady while a run is under way, else NotFound.
        """
        return self.opening(request)()

    def held_bytes(self, request: PropagationRequest) -> int:
        """Return how much a propagation takes in memory if that is much, else 0."""
        return self._opener.held_bytes(request)

    def opening(self, request: PropagationRequest) -> Callable[[], Propagation]:
        """Return what opens a propagation that exists, for one who opens it more than once.

        So it need not be held while the caller waits: some have hundreds of megabytes. Both raise
        as `open` does.
        """
        if request.is_ensemble:
            raise BadRequest(f"{request.id} is an ensemble: say which member, as in ?member=0.")
        is_published = self._finder.peek(request) is not None
        if not is_published and (isinstance(request, Order) or self.inline_basis(request) is None):
            raise self.absence(request)
        return lambda: self._open(request, is_published=is_published)

    def manifest(self, request: PropagationRequest) -> bytes:
        """Return the manifest of a complete result; of one that is not stored, as it would be.

        Raises as `open` does.
        """
        document = self._store.document(request.id)
        if document is not None and manifest.sealed(document, request.id) is not None:
            return document
        if request.is_ensemble:
            raise self.absence(request)
        return manifest.compose(request, self.open(request), manifest.Computed(by="this server"))

    def stretches(self, request: PropagationRequest) -> Iterator[bytes]:
        """Yield the bytes of the stored stretches that a result rests on.

        Those that are missing are as soon integrated as read: a result is answered at once, or has
        them.
        """
        until = request.trajectory.intervals_for(request.steps)
        return self._store.chain_bytes(request.digest, until=until)

    def reached(self, request: PropagationRequest) -> PropagationRequest | None:
        """Return what is stored of a run under way as a request of its own; None if nothing is.

        Also None where the result is there: it is all that there is.
        """
        if self._finder.peek(request) is not None or isinstance(request, Order):
            return None
        chain = self._store.chain(request.digest)
        steps = chain[-1].end * request.trajectory.interval if chain else 0
        return request.subject.request(steps) if 0 < steps < request.steps else None

    def _open(self, request: PropagationRequest, *, is_published: bool) -> Propagation:
        try:
            return self._opener.open(request, is_published=is_published)
        except Unsupported:
            damaged = self._store.document(request.id)
            raise NotReady(self._repair(request, damaged)) from None
        except PropagationFailed as failed:
            steps = failed.failure.iteration
            raise NotFound(f"{failed} Ask for {steps} step{'s' * (steps != 1)} or fewer.") from None

    def absence(self, request: PropagationRequest) -> NotReady | NotFound:
        """Return why a propagation can't be opened."""
        resource = self.find(request)
        if resource is None:
            return NotFound(f"{request.id} has not been requested yet; open its page, or POST it.")
        if not resource.status.is_over or resource.status is Status.COMPLETE:
            return NotReady(resource)  # the complete one was published, or repaired, meanwhile
        if resource.error is not None:
            return NotFound(f"There is no result of {request.id}: {resource.error.detail}")
        return NotFound(f"The propagation {request.id} was cancelled; ask for it again.")
