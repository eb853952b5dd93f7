"""Keeps a run's lease while the run makes progress, and calls Redis under it.

- The lease is renewed after each third of its time. A run that makes no progress stops renewing,
  so that another runner can take it over.
- Redis may be away, or refuse calls, for as long as the lease lives. Calls are repeated until
  then, which is safe because each of them is idempotent.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from frontend.errors import LeaseLost, StorageRefused, StorageUnavailable
from frontend.observability import logs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from frontend.domain.run import Acquired, Lease
    from frontend.runs.run_queue import RunQueue

__all__ = ["LeaseKeeper", "RunCancelled"]

P = ParamSpec("P")
T = TypeVar("T")

RETRY_S: Final = 0.25  # between two attempts to reach Redis
RENEWALS_PER_LEASE: Final = 3  # two renewals may fail before the lease runs out
SLACK_S: Final = 5  # the driver watches the same deadline: it gets the chance to report first


class RunCancelled(Exception):
    """Every client that waited for this run has cancelled."""


class LeaseKeeper:
    """A lease that is held, with the run's target and waiting propagations as last renewed."""

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
        """Give up the lease unless `expect` is called again within `seconds` (and the slack)."""
        self._due = monotonic() + seconds + self._slack_s

    async def keep(self) -> None:
        """Renew until cancelled; raises LeaseLost, or RunCancelled."""
        while True:
            await asyncio.sleep(self._lease_s / RENEWALS_PER_LEASE)
            if monotonic() > self._due:
                logs.logger(__name__).error("run is stuck")
                raise LeaseLost(self.lease.digest)
            await self.renew()

    async def renew(self) -> None:
        """Renew now; raises LeaseLost, or RunCancelled."""
        requested_at = monotonic()
        renewal = await self.call(self._runs.renew, self.lease)
        self._kept_until = requested_at + self._lease_s
        self.target = renewal.target
        self.waiting = renewal.waiting
        if renewal.cancelled:
            raise RunCancelled

    async def call(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call Redis from a thread; repeat while it fails and the lease may still live.

        A call that Redis refuses is repeated too: what refuses it may be mended, and until then
        the run keeps its cluster. Raises StorageRefused when it is not.
        """
        while True:
            try:
                return await asyncio.to_thread(call, *args, **kwargs)
            except (StorageUnavailable, StorageRefused) as error:
                if monotonic() > self._kept_until:
                    if isinstance(error, StorageRefused):
                        raise
                    raise LeaseLost(self.lease.digest) from None
                await asyncio.sleep(RETRY_S)
