"""Counters of the whole installation, in Redis: every web exposes them, and they survive restarts.

- The scripts of the run protocol count in the same step as what they do (`lua/prelude.lua`): so
  nothing is counted twice when a reply is lost, and nothing is missed when a runner is killed.
- Counts only grow until Redis is flushed, which Prometheus takes for a restart.
- The names here are complete: a test compares them with the scripts.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from frontend.errors import StorageError
from frontend.storage import keys
from frontend.storage.connection import command, storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import redis
    from prometheus_client.core import Metric

__all__ = ["COUNTED", "ORPHANS_STOPPED", "TIMED", "Counters", "families"]

ORPHANS_STOPPED: Final = "orphans_stopped"
MS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Counted:
    """A counter: its field in the hash (with `/value` for each value of its label) and its help."""

    field: str
    help: str
    label: str | None = None
    values: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """All its fields in the hash."""
        if self.label is None:
            return (self.field,)
        return tuple(f"{self.field}/{value}" for value in self.values)

    def family(self, counts: Mapping[str, int]) -> Metric:
        """Return it as a Prometheus metric; a field that was never counted is 0."""
        from prometheus_client.core import CounterMetricFamily

        labels = () if self.label is None else (self.label,)
        family = CounterMetricFamily(f"porta_{self.field}", self.help, labels=labels)
        for field, value in zip(self.fields, self.values or ("",), strict=True):
            family.add_metric((value,) if labels else (), counts.get(field, 0))
        return family


@dataclass(frozen=True, slots=True)
class Timed:
    """A histogram of seconds: counts by their upper bound in ms, and the `/sum` in ms."""

    field: str
    help: str
    bounds_ms: tuple[int, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """All its fields in the hash."""
        return tuple(f"{self.field}/{last}" for last in (*self.bounds_ms, "more", "sum"))

    def family(self, counts: Mapping[str, int]) -> Metric:
        """Return it as a Prometheus metric, with cumulative buckets."""
        from prometheus_client.core import HistogramMetricFamily

        *within, total_ms = (counts.get(field, 0) for field in self.fields)
        bounds = [*(str(bound / MS) for bound in self.bounds_ms), "+Inf"]
        buckets = list(zip(bounds, accumulate(within), strict=True))
        family = HistogramMetricFamily(f"porta_{self.field}_seconds", self.help)
        family.add_metric((), buckets, total_ms / MS)
        return family


COUNTED: Final = (
    Counted("iterations", "Steps that runs computed and stored."),
    Counted(
        "runs_ended",
        "Runs that are over, by outcome.",
        "outcome",
        ("done", "failed", "cancelled"),
    ),
    Counted("attempts_failed", "Attempts at a run that ended in an error."),
    Counted("leases", "Leases granted: runs begun, resumed or taken over."),
    Counted("leases_lost", "Leases that expired, whose run another runner took over."),
    Counted(
        "repairs",
        "Stored stretches and manifests that were missing or altered, and are computed again.",
        "what",
        ("stretch", "manifest"),
    ),
    Counted(
        "results_published",
        "Results published: by a run, or computed at once by the process that was asked.",
        "by",
        ("run", "asked"),
    ),
    Counted("line_full", "Requests refused because the queue was full."),
    Counted(ORPHANS_STOPPED, "Clusters stopped because no live run owned them."),
)
# From a warm Gateway's answer to PORTA_CLUSTER_TIMEOUT. The scripts get the bounds from here; under
# other bounds, what was counted before counts in no bucket.
_BOUNDS_MS: Final = (500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000, 120_000, 300_000)
TIMED: Final = (
    Timed("run_queue", "Time that new runs waited in the queue.", _BOUNDS_MS),
    Timed("run_start", "Time from a run's lease to its cluster's first worker.", _BOUNDS_MS),
)

_log = logging.getLogger(__name__)


class Counters:
    """The counters of one installation."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def add(self, field: str, amount: int = 1) -> None:
        """Count an event that no script counts; without Redis it is not counted."""
        try:
            with storage_errors():
                self._client.hincrby(keys.COUNTERS, field, amount)
        except StorageError as error:
            _log.debug("%s is not counted: %s", field, error)

    def read(self) -> dict[str, int]:
        """Read the counts by field; one that was never counted is missing. Raises StorageError."""
        with storage_errors():
            counts: dict[bytes, bytes] = command(self._client, "HGETALL", keys.COUNTERS)
        return {field.decode(): int(count) for field, count in counts.items()}


def families(counts: Mapping[str, int]) -> Iterator[Metric]:
    """Yield all counters and histograms as Prometheus metrics."""
    for one in (*COUNTED, *TIMED):
        yield one.family(counts)
