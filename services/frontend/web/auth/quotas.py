"""How much each principal may start: runs and their work, counted in Redis for all replicas.

- A run counts when it is enqueued or extended, in the same step (`lua/enqueue.lua`). A view of a
  page, a request that joins a run and an answer at once do not; of the latter the bytes count that
  it stores in Redis for a day (docs/adr/0096).
- No principal exceeds the quota, however many requests arrive at once. A refused request costs
  nothing, and says when the window ends.
- Where Redis can't count, it can't enqueue a run either: the caller gets that error, and stored
  results are still served. A counter that Redis evicts starts again at zero.
"""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from flask import current_app
from limits import parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from frontend.domain.run import Charge
from frontend.errors import Forbidden, QuotaExceeded, StorageError
from frontend.observability import logs
from frontend.storage import keys
from frontend.storage.connection import storage_errors
from frontend.web.auth.authentication import UNLIMITED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flask import Flask
    from limits import RateLimitItem
    from limits.strategies import RateLimiter
    from redis import Redis

    from frontend.web.auth.authentication import Principal

__all__ = [
    "STORAGE",
    "Quotas",
    "attach",
    "check_possible",
    "quotas",
    "quotas_in",
    "storage_options",
]

INLINE_STORAGE: Final = (
    "100000000/day"  # bytes: some 20,000 answers for the default scenario's size
)
STORAGE: Final = "redis://"  # only its scheme is read: `storage_options` has the connections
EXTENSION: Final = "porta.quotas"


class Quotas:
    """The quotas of all principals."""

    def __init__(self, counter: RateLimiter) -> None:
        self._counter = counter

    def charges(self, who: Principal, work: float) -> list[Charge]:
        """Return what a new run of this much work costs, for `RunQueue.enqueue`."""
        return [
            Charge(
                what=name,
                rate=str(rate),
                key=f"{keys.LIMITS}:{rate.key_for(name, who.name)}",
                cost=cost,
                limit=rate.amount,
                window_s=rate.get_expiry(),
            )
            for name, rate, cost in _costs(who, work)
        ]

    def keep(self, who: Principal, size: int) -> None:
        """Count the bytes that an answer at once will store; raises QuotaExceeded."""
        rate = parse(INLINE_STORAGE)
        with _uncounted():
            with storage_errors():
                taken = self._counter.hit(rate, "storage", who.name, cost=size)
            if not taken:
                raise self._exceeded(who, "storage", rate)

    def _exceeded(self, who: Principal, name: str, rate: RateLimitItem) -> QuotaExceeded:
        with storage_errors():
            reset = self._counter.get_window_stats(rate, name, who.name).reset_time
        return QuotaExceeded(name, str(rate), retry_after_s=max(1, math.ceil(reset - time.time())))


def check_possible(charges: Sequence[Charge]) -> None:
    """Raise Forbidden where a charge is more than its whole quota, and so can never be paid."""
    for one in charges:
        if one.cost > one.limit:
            raise Forbidden(
                f"This is {one.cost:,} units of work, more than the {one.limit:,} that you "
                "may start at all; ask for fewer steps."
            )


def attach(app: Flask, redis: Redis) -> None:
    """Give `app` the quotas that are counted in this Redis."""
    app.extensions[EXTENSION] = quotas_in(redis)


def quotas() -> Quotas:
    """Return the quotas of the application that handles this request."""
    attached: Quotas = current_app.extensions[EXTENSION]
    return attached


def quotas_in(redis: Redis) -> Quotas:
    """Return the quotas that are counted in this Redis."""
    storage = storage_from_string(STORAGE, **storage_options(redis))
    return Quotas(FixedWindowRateLimiter(storage))  # takes large costs, reports the window's end


def storage_options(redis: Redis) -> dict[str, Any]:
    """Return the options that make `limits` count over the connections of this client."""
    return {"connection_pool": redis.connection_pool, "key_prefix": keys.LIMITS}


@contextmanager
def _uncounted() -> Iterator[None]:
    """Continue where Redis can't count: what is then stored there fails with the same error."""
    try:
        yield
    except StorageError as error:
        logs.logger(__name__).warning("not counted", reason=error.detail)


def _costs(who: Principal, work: float) -> Iterator[tuple[str, RateLimitItem, int]]:
    for name, rate, cost in (("starts", who.starts, 1), ("work", who.work, math.ceil(work))):
        if rate != UNLIMITED:
            yield name, parse(rate), cost
