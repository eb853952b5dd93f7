"""A gate to something that there is a limited amount of, shared fairly by clients.

- The client that holds least is served first. Of equals, it is the one whose permit would end first
  if all clients were served at equal rates (self-clocked fair queueing: S. J. Golestani, "A
  self-clocked fair queueing scheme for broadband applications", INFOCOM 1994). The virtual time is
  the end of the permit that was granted last, and new clients begin there. So a cheap permit
  overtakes expensive ones, but only until the virtual time has reached their ends: none starves.
- Of clients with the same end, the one that was served least recently is first.
- The same holds between the requests of a client; of those with the same end, the oldest is first.
- Shares count only while others wait: a client that is alone may hold everything, except a reserve
  for small permits.
- Waiting is bounded in number and in time. Where too many wait, the most expensive permit of the
  client that has most of them is refused.

Thread-safe.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Final

from frontend.errors import Busy

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FairGate", "Flow", "Permit"]

WAIT_S: Final = 10.0  # then 503: half of the 20 s after which browsers and proxies get impatient
RETRY_AFTER_S: Final = 5
PATIENCE_S: Final = 20.0  # for a piece of at most 2 MB: a reader of 100 kB/s
SHORT_PATIENCE_S: Final = 5.0  # with a client that holds more than the one that waits
TICK_S: Final = 0.25  # between two looks at whether a slow holder must go
CLIENTS_KEPT: Final = 1_024  # idle ones, whose recent share is remembered


@dataclass(slots=True, eq=False)
class Flow:
    """The permits of one request, which are granted one after the other."""

    client: str
    finish: float = 0.0


@dataclass(slots=True, eq=False)
class Permit:
    """The permit to hold an amount, at a cost: waited for, then held."""

    flow: Flow
    amount: int
    cost: float
    is_first: bool
    is_refused: bool = False
    decided: threading.Event = field(default_factory=threading.Event)
    idle_since: float = inf  # since when its reader has kept it waiting
    disconnect: Callable[[], None] | None = None

    @property
    def client(self) -> str:
        """Whose share it counts against."""
        return self.flow.client


@dataclass(slots=True)
class _Client:
    """What a client holds, its virtual time among clients, and the time of its own requests."""

    held: int = 0
    waiting: int = 0
    finish: float = 0.0
    now: float = 0.0
    last: int = 0  # the number of its last grant


class FairGate:
    """`capacity` in all, of which `reserve` only for small permits.

    `small` says which are. At most `waiters` requests wait for their first permit; later ones of
    the same request are never refused, since its response has begun.
    """

    def __init__(
        self, capacity: int, *, reserve: int, small: Callable[[Permit], bool], waiters: int
    ) -> None:
        self.capacity = capacity
        self._reserve = reserve
        self._small = small
        self._waiters = waiters
        self._lock = threading.Lock()
        self._now = 0.0
        self._grants = 0
        self._held = 0
        self._held_by_small = 0
        self._waiting: list[Permit] = []
        self._holding: set[Permit] = set()
        self._clients: defaultdict[str, _Client] = defaultdict(_Client)

    def take(
        self,
        flow: Flow,
        amount: int,
        cost: float,
        *,
        is_first: bool = True,
        disconnect: Callable[[], None] | None = None,
    ) -> Permit:
        """Take an amount (at most what there is for it) when it is the caller's turn; raises Busy.

        `disconnect` ends the request of a holder whose reader is slow, while others wait.
        """
        permit = Permit(flow, amount, cost, is_first, disconnect=disconnect)
        permit.amount = min(amount, self._limit(permit))
        with self._lock:
            self._enter(permit)
            self._grant()
            if not permit.decided.is_set():
                self._keep_room()
        self._wait(permit)
        if permit.is_refused:
            raise Busy(retry_after_s=RETRY_AFTER_S)
        return permit

    def release(self, permit: Permit, *, cost: float | None = None) -> None:
        """Give back what a permit holds; `cost` is what it turned out to be."""
        with self._lock:
            client = self._clients[permit.client]
            if cost is not None:
                client.finish += cost - permit.cost
                permit.flow.finish += cost - permit.cost
            self._holding.discard(permit)
            self._count(permit, -permit.amount)
            self._grant()
            self._forget_idle()

    @property
    def is_contended(self) -> bool:
        """Whether anyone waits."""
        return bool(self._waiting)

    def _wait(self, permit: Permit) -> None:
        deadline = monotonic() + WAIT_S if permit.is_first else inf
        while not permit.decided.wait(TICK_S):
            with self._lock:
                if monotonic() > deadline and not permit.decided.is_set():
                    self._refuse(permit)
                slow = self._slowest(permit)
            if slow is not None:
                slow()

    # All of the following hold the lock.

    def _enter(self, permit: Permit) -> None:
        """Begin to wait. An idle client begins at the virtual time: it has saved nothing up."""
        client = self._clients[permit.client]
        if not client.waiting:
            client.finish = max(client.finish, self._now)
        permit.flow.finish = max(permit.flow.finish, client.now)
        client.waiting += 1
        self._waiting.append(permit)

    def _grant(self) -> None:
        while (permit := self._next()) is not None:
            client = self._clients[permit.client]
            client.finish += permit.cost
            self._now = max(self._now, client.finish)
            permit.flow.finish += permit.cost
            client.now = max(client.now, permit.flow.finish)
            self._grants += 1
            client.last = self._grants
            self._count(permit, permit.amount)
            self._holding.add(permit)
            self._leave(permit)

    def _next(self) -> Permit | None:
        """Return the permit whose turn it is, or a small one that fits where that does not."""
        if not self._waiting:
            return None
        first = self._first(self._waiting)
        if self._fits(first):
            return first
        passing = [permit for permit in self._waiting if self._may_pass(permit)]
        return self._first(passing) if passing else None

    def _first(self, permits: list[Permit]) -> Permit:
        heads: dict[str, Permit] = {}
        for permit in permits:
            head = heads.setdefault(permit.client, permit)
            if permit.flow.finish + permit.cost < head.flow.finish + head.cost:
                heads[permit.client] = permit
        return min(heads.values(), key=self._rank)

    def _rank(self, permit: Permit) -> tuple[int, float, int]:
        client = self._clients[permit.client]
        return client.held, client.finish + permit.cost, client.last

    def _fits(self, permit: Permit) -> bool:
        by_its_kind = self._held if self._small(permit) else self._held - self._held_by_small
        room = self._held + permit.amount <= self.capacity
        return room and by_its_kind + permit.amount <= self._limit(permit)

    def _may_pass(self, permit: Permit) -> bool:
        """Whether it fits into the reserve: beyond it, small ones would starve the others."""
        fits = self._small(permit) and self._fits(permit)
        return fits and self._held_by_small + permit.amount <= self._reserve

    def _limit(self, permit: Permit) -> int:
        return self.capacity if self._small(permit) else self.capacity - self._reserve

    def _count(self, permit: Permit, amount: int) -> None:
        self._clients[permit.client].held += amount
        self._held += amount
        self._held_by_small += amount if self._small(permit) else 0

    def _keep_room(self) -> None:
        """Refuse one of those that wait, if they are too many."""
        waiting = [permit for permit in self._waiting if permit.is_first]
        if len(waiting) > self._waiters:
            self._refuse(max(waiting, key=lambda permit: (self._load(permit), permit.cost)))

    def _load(self, permit: Permit) -> int:
        return self._clients[permit.client].waiting

    def _refuse(self, permit: Permit) -> None:
        permit.is_refused = True
        self._leave(permit)

    def _leave(self, permit: Permit) -> None:
        self._waiting.remove(permit)
        self._clients[permit.client].waiting -= 1
        permit.decided.set()

    def _slowest(self, permit: Permit) -> Callable[[], None] | None:
        """Return how to end the holder whose reader has been slow for longest, if one must go."""
        if permit.decided.is_set():
            return None
        now = monotonic()
        slow = [
            holder
            for holder in self._holding
            if holder.disconnect and now - holder.idle_since > self._patience(holder, permit)
        ]
        if not slow:
            return None
        slowest = min(slow, key=lambda holder: holder.idle_since)
        slowest.idle_since = inf
        return slowest.disconnect

    def _patience(self, holder: Permit, permit: Permit) -> float:
        """Return for how many seconds a holder's reader may take nothing while `permit` waits."""
        holds_more = self._clients[holder.client].held > self._clients[permit.client].held
        return SHORT_PATIENCE_S if holds_more else PATIENCE_S

    def _forget_idle(self) -> None:
        if len(self._clients) > CLIENTS_KEPT:
            for name, client in list(self._clients.items()):
                if not client.held and not client.waiting:
                    del self._clients[name]
