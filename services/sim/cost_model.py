"""How much work a request is, how it is divided into tasks, and how many workers it keeps busy.

Guarantees: pure functions of the request and of one table of coefficients, `COSTS`. Where work
is cut never changes a bit of the result, so everything here may be wrong without harm but delay.

The model of cost, per iteration of M agents of which `massive` attract others::

    steps   = M, if clocks move in step (dt_span <= epsilon), else
              min(M, e - 1 + 1.2 * M * epsilon / mean time step)
    pass    = M * look + steps * (step + massive * pull);  two agents: pair
    slice   = pass, once more, + steps * encode

and the one rule by which work is cut: a stretch is twice as long as all before it, up to a second's
pass; a task of output takes half a second or, of the last, an eighth of what is left; neither
hands back more than 32 MiB, but where one interval does. That is long beside the millisecond that
a task costs the scheduler, and short beside whoever cancels, dies, or waits for the last worker.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from sim.intervals import (
    PATH_BITS,
    SERIES_BITS,
    STRETCH_INTERVALS,
    kept,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.scenario import Scenario, Trajectory

__all__ = [
    "COSTS",
    "CostModel",
    "kept_bytes",
    "pass_seconds",
    "slice_batches",
    "slice_bytes",
    "slice_seconds",
    "sliced_intervals",
    "steps_per_iteration",
    "stretch_intervals",
    "work",
    "workers_for",
]


@dataclass(frozen=True, slots=True)
class CostModel:
    """What things cost on one core of the machine that it was calibrated on (`make bench`)."""

    pair_s: float = 21e-9  # an iteration of two agents, which have a kernel of their own
    look_s: float = 3.8e-9  # to see whether an agent waits
    step_s: float = 27e-9  # to draw a number, to step, to keep checkpoint, overview, diagnostics
    pull_s: float = 1.6e-9  # a massive agent's pull on another: a division and a square root
    cached_record_s: float = 50e-9  # to make a record part of a cached slice: Arrow and SHA-256
    exported_record_s: float = 100e-9  # to make a record part of a Parquet file with zstd
    record_bytes: int = 60  # seven columns of 64 bits and the agent
    worker_start_s: float = 2.0  # from asking for a cluster's workers to their being there


COSTS: Final = CostModel()

_STRETCH_S: Final = 1.0
_FIRST_INTERVALS: Final = 16  # 25 ms of the default scenario
_OUTPUT_S: Final = 0.5
# Workers end together where each takes a part of what is left: C. D. Polychronopoulos, D. J. Kuck,
# "Guided self-scheduling", IEEE Transactions on Computers C-36 (1987), 1425-1439.
_PARTS_OF_REST: Final = 8
_LEAST_PARTS: Final = 8  # of the longest task: what a task costs is still little beside it
_HANDED_BYTES: Final = 32 * 2**20  # workers stay at 340 MB (64: 415 MB)
_GIVEN_WEIGHS: Final = 8  # what a task is given passes the scheduler: Dask warns at 10 MB
_BIN_BYTES: Final = 88  # minimum and maximum of five series, and a clock
_SAMPLE_BYTES: Final = 48  # a state
_CHECKPOINT_BYTES: Final = 176  # three records, and how many steps
_TALLY_BYTES: Final = 192  # what the diagnostics add up


def work(steps: int, scenario: Scenario, members: int = 1) -> float:
    """Return the work of a request, in steps of two agents one of which is massive.

    It is an upper bound (as if no agent ever waited), and what limits and quotas count.

    >>> from sim.scenario import NANO
    >>> work(500, NANO)
    500.0
    """
    pairs = len(scenario.agents) * len(scenario.massive)
    return steps * members * max(1.0, pairs / 2)


def steps_per_iteration(scenario: Scenario) -> float:
    """Return how many agents step in an iteration, about and in the long run; each is a record.

    Clocks that begin together and whose time steps differ by little drift apart slowly: until they
    have, more agents step.
    """
    agents = len(scenario.agents)
    if scenario.dt_span <= scenario.epsilon:
        return float(agents)
    mean_time_step = scenario.dt_min + scenario.dt_span / 2
    return min(agents, math.e - 1 + 1.2 * agents * scenario.epsilon / mean_time_step)


def pass_seconds(scenario: Scenario, iterations: int) -> float:
    """Return how long one core takes for the pass: a chain, which no second core shortens."""
    if len(scenario.agents) == 2:  # noqa: PLR2004 - the name of that kernel
        return iterations * COSTS.pair_s
    looks = len(scenario.agents) * COSTS.look_s
    step = COSTS.step_s + len(scenario.massive) * COSTS.pull_s
    return iterations * (looks + steps_per_iteration(scenario) * step)


def stretch_intervals(scenario: Scenario, first: int) -> int:
    """Return how many intervals one task passes over from the `first` on, at least one.

    They grow from few to many: output of the first can begin soon, and the scheduler is asked
    for a long pass as seldom as may be.

    >>> from sim.scenario import NANO
    >>> [stretch_intervals(NANO, first) for first in (0, 16, 48, 144, 400, 656)]
    [16, 32, 96, 256, 256, 256]
    """
    interval_s = pass_seconds(scenario, scenario.interval)
    growing = min(STRETCH_INTERVALS, max(_FIRST_INTERVALS, 2 * first))
    most = max(1, min(growing, int(_STRETCH_S / interval_s)))
    sizes = accumulate(kept_bytes(scenario, first + i) for i in range(most))
    return max(1, sum(size <= _HANDED_BYTES for size in sizes))


def kept_bytes(scenario: Scenario, interval: int) -> int:
    """Return how many bytes are kept of an interval: overview, diagnostics, checkpoint at its end.

    Early intervals keep more of it than later ones, and each of many agents as much as one of two.
    """
    agents = len(scenario.agents)
    bins, samples = (kept(interval, agents, bits) for bits in (SERIES_BITS, PATH_BITS))
    fixed = _CHECKPOINT_BYTES + _TALLY_BYTES
    return agents * (bins * _BIN_BYTES + samples * _SAMPLE_BYTES + fixed)


def slice_bytes(scenario: Scenario) -> int:
    """Return about how many bytes a slice has."""
    iterations = scenario.interval
    return math.ceil(iterations * steps_per_iteration(scenario) * COSTS.record_bytes)


def slice_seconds(
    scenario: Scenario, *, records: float | None = None, export: bool = False
) -> float:
    """Return how long one core takes to make a slice from its checkpoint and to encode it.

    One of so many records, else of as many as are to be expected.
    """
    iterations = scenario.interval
    if records is None:
        records = iterations * steps_per_iteration(scenario)
    record_s = COSTS.exported_record_s if export else COSTS.cached_record_s
    return pass_seconds(scenario, iterations) + records * record_s


def sliced_intervals(scenario: Scenario, intervals: int, budget_bytes: int) -> int:
    """Return how many of the first so many intervals have their slices made for the cache."""
    return min(intervals, max(0, budget_bytes) // slice_bytes(scenario))


def slice_batches(
    scenario: Scenario, first: int, records: Sequence[int], *, until: int, export: bool = False
) -> Iterator[range]:
    """Divide intervals from `first` on, which have so many records, among tasks.

    Each takes half a second, and ever less towards `until`, where all end. What isn't exported is
    handed back, and so is bounded in size; so are the checkpoints, which a task is given.

    >>> from sim.scenario import NANO
    >>> list(slice_batches(NANO, 3, [103_000] * 9, until=100))
    [range(3, 8), range(8, 12)]
    >>> batches = slice_batches(NANO, 0, [103_000] * 200, until=200, export=True)
    >>> [len(batch) for batch in batches]
    [25, 21, 19, 16, 14, 13, 11, 10, 8, 7, 7, 6, 5, 5, 5, 5, 5, 5, 5, 5, 3]
    """
    seconds = [slice_seconds(scenario, records=each, export=export) for each in records]
    given = len(scenario.agents) * _CHECKPOINT_BYTES * _GIVEN_WEIGHS
    sizes = [given + (0 if export else each * COSTS.record_bytes) for each in records]
    start = 0
    while start < len(records):
        rest_s = (until - first - start) * seconds[start]
        longest_s = min(_OUTPUT_S, max(_OUTPUT_S / _LEAST_PARTS, rest_s / _PARTS_OF_REST))
        sums = zip(accumulate(seconds[start:]), accumulate(sizes[start:]), strict=True)
        fitting = sum(taken_s <= longest_s and size <= _HANDED_BYTES for taken_s, size in sums)
        end = start + max(1, fitting)
        yield range(first + start, first + end)
        start = end


def workers_for(
    trajectory: Trajectory,
    iterations: int,
    *,
    slice_budget_bytes: int,
    max_workers: int,
    export: bool = False,
) -> int:
    """Return how many workers so many (further) iterations keep busy, from 1 to max_workers.

    One for the pass, and as many as the output keeps busy while the pass goes over what it is
    made of; a worker who would be busy for less than it takes to start isn't worth asking for.
    The output is the slices within the budget or, for an export, those of all intervals.
    Never falls as iterations, budget or max_workers grow.

    >>> from sim.scenario import Trajectory
    >>> def workers(n, **options):
    ...     return workers_for(
    ...         Trajectory(), n, slice_budget_bytes=2**28, max_workers=20, **options
    ...     )
    >>> workers(1_000_000), workers(100_000_000)
    (1, 1)
    >>> workers(20_000_000, export=True), workers(100_000_000, export=True)
    (2, 10)
    """
    scenario = trajectory.scenario
    intervals = iterations // scenario.interval
    made = intervals if export else sliced_intervals(scenario, intervals, slice_budget_bytes)
    output_s = made * slice_seconds(scenario, export=export)
    pass_s = pass_seconds(scenario, made * scenario.interval)
    busy = int(output_s / max(pass_s, COSTS.worker_start_s))
    return max(1, min(1 + busy, max_workers))
