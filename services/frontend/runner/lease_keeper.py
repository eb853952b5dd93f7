"""Keeping a run's lease for as long as the run moves, and calling Redis under it.

- The lease is renewed each third of its time, and only while what is expected comes in: a run
  that is stuck lets go, for another runner to take over.
- Redis may be gone for as long as the lease lives: calls are repeated, for each may be.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from frontend.errors import LeaseLost, StorageUnavailable
from frontend.observability import logs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from frontend.domain.run import Acquired, Lease
    from frontend.runs.run_queue import RunQueue

__all__ = ["LeaseKeeper", "RunCancelled"]

P = ParamSpec("P")
T = TypeVar("T")

RETRY_S: Final = 0.25  # between two attempts at a call to a Redis that can't be reached
LEASE_PARTS: Final = 3
SLACK_S: Final = 5  # beyond a deadline that somebody else watches, until the run counts as stuck


class RunCancelled(Exception):
    """Nobody wants this run any more."""


class LeaseKeeper:
    """A lease that is held, and what its renewals tell: how far to go, and who waits."""

    def __init__(
        self, runs: RunQueue, lease: Lease, acquired: Acquired, *, slack_s: float = SLACK_S
    ) -> None:
        self.lease = lease
        self.target = acquired.target
        self.waiting: Mapping[str, int] = acquired.waiting
        self._runs = runs
        self._slack_s = slack_s
        self._lease_s = runs.lease_ms / 1_000
        self._kept_until = monotonic() + self._lease_s
        self._due = float("inf")

    def expect(self, seconds: float) -> None:
        """Let go of the lease unless the next call of this comes within so many seconds."""
        self._due = monotonic() + seconds + self._slack_s

    async def keep(self) -> None:
        """Renew for ever; raises LeaseLost, or Unwanted."""
        while True:
            await asyncio.sleep(self._lease_s / LEASE_PARTS)
            if monotonic() > self._due:
                logs.logger(__name__).error("run is stuck")
                raise LeaseLost(self.lease.digest)
            await self.renew()

    async def renew(self) -> None:
        """Renew now; raises LeaseLost, or Unwanted."""
        asked = monotonic()
        renewal = await self.call(self._runs.renew, self.lease)
        self._kept_until = asked + self._lease_s
        self.target = renewal.target
        self.waiting = renewal.waiting
        if renewal.cancelled:
            raise RunCancelled

    async def call(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call Redis from a thread, again while it can't be reached and the lease may live."""
        while True:
            try:
                return await asyncio.to_thread(call, *args, **kwargs)
            except StorageUnavailable:
                if monotonic() > self._kept_until:
                    raise LeaseLost(self.lease.digest) from None
                await asyncio.sleep(RETRY_S)
