"""A gate to something that there is a limited amount of, shared fairly by clients.

- A client that holds less goes first. Of equals, the one goes first whose ask would end first had
  all clients been served at equal rates (self-clocked fair queueing: S. J. Golestani, "A
  self-clocked fair queueing scheme for broadband applications", INFOCOM 1994). The virtual time
  is the end of the ask that was granted last, and new clients begin there. So a cheap ask overtakes
  dear ones, but only until the virtual time has reached their ends: none starves.
- Of clients with the same end, the one goes first that was granted least recently.
- The same holds between the requests of one client; of those with the same end, the oldest goes
  first.
- Shares count only while others wait: a client that is alone may hold everything, except a reserve
  that only cheap asks may use.
- Waiting is bounded in number and in time. Where too many wait, the dearest ask of the client with
  the most of them is refused.

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

__all__ = ["Ask", "FairGate", "Flow"]

WAIT_S: Final = 10.0  # then 503: half of the 20 s after which browsers and proxies get impatient
RETRY_AFTER_S: Final = 5
PATIENCE_S: Final = 20.0  # for a piece of at most 2 MB: a reader of 100 kB/s
SHORT_PATIENCE_S: Final = 5.0  # with a client that holds more than the one that waits
TICK_S: Final = 0.25  # between two looks at whether a slow holder must go
CLIENTS_KEPT: Final = 1_024  # idle ones, whose recent share is remembered


@dataclass(slots=True, eq=False)
class Flow:
    """The asks of one request, which are served one after the other."""

    client: str
    finish: float = 0.0


@dataclass(slots=True, eq=False)
class Ask:
    """One ask for an amount, which costs so much; what it holds once it is granted."""

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
    """`capacity` in all, of which `reserve` only for asks of an amount and a cost that are small.

    `small` says which are. At most `waiters` first asks wait; later asks of a request that has
    been admitted are never refused, since its response has begun.
    """

    def __init__(
        self, capacity: int, *, reserve: int, small: Callable[[Ask], bool], waiters: int
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
        self._waiting: list[Ask] = []
        self._holding: set[Ask] = set()
        self._clients: defaultdict[str, _Client] = defaultdict(_Client)

    def take(
        self,
        flow: Flow,
        amount: int,
        cost: float,
        *,
        is_first: bool = True,
        disconnect: Callable[[], None] | None = None,
    ) -> Ask:
        """Take an amount (at most what there is for it), when it is this ask's turn; raises Busy.

        `disconnect` ends the request of a holder whose reader is slow, while others wait.
        """
        ask = Ask(flow, amount, cost, is_first, disconnect=disconnect)
        ask.amount = min(amount, self._limit(ask))
        with self._lock:
            self._enter(ask)
            self._grant()
            if not ask.decided.is_set():
                self._keep_room()
        self._wait(ask)
        if ask.is_refused:
            raise Busy(retry_after_s=RETRY_AFTER_S)
        return ask

    def release(self, ask: Ask, *, cost: float | None = None) -> None:
        """Give back what an ask holds; `cost` is what it turned out to be."""
        with self._lock:
            client = self._clients[ask.client]
            if cost is not None:
                client.finish += cost - ask.cost
                ask.flow.finish += cost - ask.cost
            self._holding.discard(ask)
            self._count(ask, -ask.amount)
            self._grant()
            self._forget_idle()

    @property
    def is_contended(self) -> bool:
        """Whether anyone waits."""
        return bool(self._waiting)

    def _wait(self, ask: Ask) -> None:
        deadline = monotonic() + WAIT_S if ask.is_first else inf
        while not ask.decided.wait(TICK_S):
            with self._lock:
                if monotonic() > deadline and not ask.decided.is_set():
                    self._refuse(ask)
                slow = self._slowest(ask)
            if slow is not None:
                slow()

    # All of the following hold the lock.

    def _enter(self, ask: Ask) -> None:
        """Begin to wait. Who was away has saved nothing up; who waits keeps its place in time."""
        client = self._clients[ask.client]
        if not client.waiting:
            client.finish = max(client.finish, self._now)
        ask.flow.finish = max(ask.flow.finish, client.now)
        client.waiting += 1
        self._waiting.append(ask)

    def _grant(self) -> None:
        while (ask := self._next()) is not None:
            client = self._clients[ask.client]
            client.finish += ask.cost
            self._now = max(self._now, client.finish)
            ask.flow.finish += ask.cost
            client.now = max(client.now, ask.flow.finish)
            self._grants += 1
            client.last = self._grants
            self._count(ask, ask.amount)
            self._holding.add(ask)
            self._leave(ask)

    def _next(self) -> Ask | None:
        """Return the ask whose turn it is, or a small one that fits where that does not."""
        if not self._waiting:
            return None
        first = self._first(self._waiting)
        if self._fits(first):
            return first
        passing = [ask for ask in self._waiting if self._may_pass(ask)]
        return self._first(passing) if passing else None

    def _first(self, asks: list[Ask]) -> Ask:
        heads: dict[str, Ask] = {}
        for ask in asks:
            head = heads.setdefault(ask.client, ask)
            if ask.flow.finish + ask.cost < head.flow.finish + head.cost:
                heads[ask.client] = ask
        return min(heads.values(), key=self._rank)

    def _rank(self, ask: Ask) -> tuple[int, float, int]:
        client = self._clients[ask.client]
        return client.held, client.finish + ask.cost, client.last

    def _fits(self, ask: Ask) -> bool:
        by_its_kind = self._held if self._small(ask) else self._held - self._held_by_small
        room = self._held + ask.amount <= self.capacity
        return room and by_its_kind + ask.amount <= self._limit(ask)

    def _may_pass(self, ask: Ask) -> bool:
        """Whether it fits into the reserve: beyond it, small asks would starve the others."""
        fits = self._small(ask) and self._fits(ask)
        return fits and self._held_by_small + ask.amount <= self._reserve

    def _limit(self, ask: Ask) -> int:
        return self.capacity if self._small(ask) else self.capacity - self._reserve

    def _count(self, ask: Ask, amount: int) -> None:
        self._clients[ask.client].held += amount
        self._held += amount
        self._held_by_small += amount if self._small(ask) else 0

    def _keep_room(self) -> None:
        """Refuse one of those that wait, if they are too many."""
        waiting = [ask for ask in self._waiting if ask.is_first]
        if len(waiting) > self._waiters:
            self._refuse(max(waiting, key=lambda ask: (self._load(ask), ask.cost)))

    def _load(self, ask: Ask) -> int:
        return self._clients[ask.client].waiting

    def _refuse(self, ask: Ask) -> None:
        ask.is_refused = True
        self._leave(ask)

    def _leave(self, ask: Ask) -> None:
        self._waiting.remove(ask)
        self._clients[ask.client].waiting -= 1
        ask.decided.set()

    def _slowest(self, ask: Ask) -> Callable[[], None] | None:
        """Return how to end the holder whose reader has been slow for longest, if one must go."""
        if ask.decided.is_set():
            return None
        now = monotonic()
        slow = [
            holder
            for holder in self._holding
            if holder.disconnect and now - holder.idle_since > self._patience(holder, ask)
        ]
        if not slow:
            return None
        slowest = min(slow, key=lambda holder: holder.idle_since)
        slowest.idle_since = inf
        return slowest.disconnect

    def _patience(self, holder: Ask, ask: Ask) -> float:
        """Return how many seconds a holder's reader may take for one piece, while `ask` waits."""
        holds_more = self._clients[holder.client].held > self._clients[ask.client].held
        return SHORT_PATIENCE_S if holds_more else PATIENCE_S

    def _forget_idle(self) -> None:
        if len(self._clients) > CLIENTS_KEPT:
            for name, client in list(self._clients.items()):
                if not client.held and not client.waiting:
                    del self._clients[name]
