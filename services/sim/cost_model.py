"""The work of a request, its division into tasks, and the number of workers that it keeps busy.

Guarantees: pure functions of the request and of one table of coefficients, `COSTS`. The division
of work never changes a bit of the result, so an inaccurate model costs only time.

What an iteration costs is the model's (`sim.models.model.Scenario.pass_seconds`), and to archive an
interval costs its bytes: of many agents' first intervals, most of the time. A slice costs its pass,
once more, and the encoding of its records. A member of an ensemble costs its iterations in lanes
(`Scenario.lane_seconds`), a beginning and an end for each agent, and three numbers in histograms
for each analysed agent and time of the grid.

Work is divided by one rule. A stretch is twice as long as all before it, up to a pass of one
second. An output task takes half a second; the last ones take an eighth of the remaining time.
Neither returns more than 32 MiB, unless a single interval does. Such tasks are long compared with
the millisecond that each costs the scheduler, and short enough for cancellation, for a worker that
dies, and for the wait for the last worker. Members are divided by `sim.ensemble.planning`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING, Final

from sim.intervals import (
    PATH_BITS,
    SERIES_BITS,
    STRETCH_INTERVALS,
    coarsest_level,
    interval_level,
    level,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.scenario import PropagationRequest, Scenario, Trajectory

__all__ = [
    "COSTS",
    "CostModel",
    "archived_bytes",
    "checkpoint_bytes",
    "ensemble_seconds",
    "figure_seconds",
    "member_seconds",
    "opened_bytes",
    "opened_level",
    "opened_seconds",
    "partial_step_seconds",
    "record_bytes",
    "slice_batches",
    "slice_bytes",
    "slice_seconds",
    "sliced_intervals",
    "stretch_intervals",
    "useful_workers",
    "work",
    "workers_for",
    "workers_for_ensemble",
]


@dataclass(frozen=True, slots=True)
class CostModel:
    """Costs on one core of the machine that it was calibrated on (`make bench` compares them)."""

    cached_record_s: float = 50e-9  # to encode a record in a cached slice: Arrow and SHA-256
    exported_record_s: float = 100e-9  # to encode a record in a Parquet file with zstd
    drawn_agent_s: float = 4e-3  # to draw an agent, to write it as JSON and to compress that
    archived_byte_s: float = 2e-9  # to write what is archived: 1e-9 of nano, 2 to 4e-9 of nbody
    archived_agent_s: float = 3e-4  # to merge the archived bins of an agent
    partial_step_s: float = 1.5e-6  # to begin and to end a step of another length
    member_agent_s: float = 3e-6  # to draw an agent's initial state, and to keep its last one
    binned_value_s: float = 2.5e-8  # to find the bin of a number, and to count it
    worker_start_s: float = 2.0  # from the request for workers until they are connected


COSTS: Final = CostModel()

# A worker that works for less than this has cost more than it gave: it takes a core as it starts.
_WORTH_STARTS: Final = 2
_BINNED: Final = 3  # distance, energy, eccentricity
_GRID_BITS: Final = 8  # of the times at which they are, as `sim.ensemble.grid` has them
_STRETCH_S: Final = 1.0
_FIRST_INTERVALS: Final = 16  # 25 ms of the default scenario
_OUTPUT_S: Final = 0.5
# Workers finish together if each task is a fixed part of the work left: C. D. Polychronopoulos,
# D. J. Kuck, "Guided self-scheduling", IEEE Transactions on Computers C-36 (1987), 1425-1439.
_PARTS_OF_REST: Final = 8
_MAX_PARTS: Final = 8  # of the longest task: the scheduler's cost per task stays small
_RESULT_BYTES: Final = 32 * 2**20  # workers stay at 340 MB (with 64 MiB: 415 MB)
_INPUT_WEIGHT: Final = 8  # a task's inputs pass through the scheduler: Dask warns at 10 MB
_TALLY_BYTES: Final = 192  # the accumulators of the diagnostics
_UNPREDICTED: Final = 2  # gauss-radau-15 sweeps so many times as often without a prediction
_SYSTEM_BYTES: Final = 88  # of a sample of the whole system, which a coarsened stretch keeps


def work(steps: int, scenario: Scenario, members: int = 1) -> float:
    """Return the work of a request, in iterations of two agents of `nano`, one of them massive.

    It is an upper bound (as if no agent ever waited). Limits and quotas are in this unit.

    >>> from sim.scenario import NANO
    >>> work(500, NANO)
    500.0
    """
    return steps * members * scenario.work_per_iteration


def record_bytes(scenario: Scenario) -> int:
    """Return the size of a record, in bytes: its columns of 64 bits and the agent."""
    return 8 * len(scenario.model.columns) + 4


def figure_seconds(scenario: Scenario, iterations: int, drawn: int) -> float:
    """Return the seconds that a figure of so many agents takes: at most, the window is narrow."""
    agents_s = drawn * COSTS.drawn_agent_s + len(scenario.agents) * COSTS.archived_agent_s
    return agents_s + scenario.pass_seconds(min(iterations, scenario.interval))


def stretch_intervals(scenario: Scenario, first: int) -> int:
    """Return how many intervals one task of the chain integrates from the `first` on, at least one.

    The number grows: output of the first intervals can start early, and a long pass needs few
    tasks.

    >>> from sim.scenario import NANO
    >>> [stretch_intervals(NANO, first) for first in (0, 16, 48, 144, 400, 656)]
    [16, 32, 96, 256, 256, 256]
    """
    growing = min(STRETCH_INTERVALS, max(_FIRST_INTERVALS, 2 * first))
    sizes = accumulate(archived_bytes(scenario, first + i) for i in range(growing))
    fitting = (
        size <= _RESULT_BYTES and _pass_seconds(scenario, count, size) <= _STRETCH_S
        for count, size in enumerate(sizes, 1)
    )
    return max(1, sum(takewhile(bool, fitting)))


def _pass_seconds(scenario: Scenario, intervals: int, size: int) -> float:
    """Return the seconds of a pass over intervals of which so many bytes are archived."""
    return scenario.pass_seconds(intervals * scenario.interval) + size * COSTS.archived_byte_s


def archived_bytes(scenario: Scenario, interval: int) -> int:
    """Return the bytes archived of an interval: series, path, diagnostics, the next checkpoint.

    Early intervals are archived at a finer level than later ones.
    """
    return _held_bytes(scenario, interval, 0)


def _held_bytes(scenario: Scenario, interval: int, least_level: int) -> int:
    """Return the bytes of an interval whose bins and samples are no finer than a level."""
    length = scenario.interval
    levels = [interval_level(interval, length, bits) for bits in (SERIES_BITS, PATH_BITS)]
    system = _SYSTEM_BYTES * (length >> levels[1]) if least_level else 0
    return system + _reduced_bytes(scenario, length, *(max(least_level, each) for each in levels))


def _reduced_bytes(scenario: Scenario, iterations: int, series_level: int, path_level: int) -> int:
    model, agents = scenario.model, len(scenario.agents)
    bins, samples = (
        -(-iterations >> min(at, coarsest_level(scenario.interval, bits)))
        for at, bits in ((series_level, SERIES_BITS), (path_level, PATH_BITS))
    )
    # Minimum and maximum of position, r, e and h, and a clock; a state with its time.
    bin_bytes = 8 * (2 * (model.dimensions + 3) + 1)
    sample_bytes = 8 * (len(model.state_columns) + 1)
    fixed = checkpoint_bytes(scenario) + agents * _TALLY_BYTES
    return agents * (bins * bin_bytes + samples * sample_bytes) + fixed


def checkpoint_bytes(scenario: Scenario) -> int:
    """Return the size of a checkpoint, in bytes: records, step counts and what else there is."""
    of_agent = scenario.model.depth * len(scenario.model.columns) + 1
    return 8 * (len(scenario.agents) * of_agent + scenario.carry_size)


def opened_bytes(scenario: Scenario, steps: int, least_level: int = 0) -> int:
    """Return the bytes in memory of so many iterations that are opened at this level at least."""
    intervals, rest = divmod(steps, scenario.interval)
    levels = (max(least_level, level(steps, bits)) for bits in (SERIES_BITS, PATH_BITS))
    partial = _reduced_bytes(scenario, rest, *levels) if rest else 0
    partial += _SYSTEM_BYTES * (rest >> level(steps, PATH_BITS))
    if not intervals:
        return partial
    # An interval's level depends only on how many binary digits its number has.
    firsts = [0, *(1 << digits for digits in range((intervals - 1).bit_length()))]
    stops = [*firsts[1:], intervals]
    return partial + sum(
        (stop - first) * _held_bytes(scenario, first, least_level)
        for first, stop in zip(firsts, stops, strict=True)
    )


def opened_seconds(scenario: Scenario, steps: int) -> float:
    """Return the seconds in which so many iterations are computed and archived, on one core.

    >>> from sim.scenario import NANO
    >>> round(opened_seconds(NANO, 10_000), 5)
    0.00433
    """
    return scenario.pass_seconds(steps) + opened_bytes(scenario, steps) * COSTS.archived_byte_s


def opened_level(scenario: Scenario, steps: int, budget_bytes: int) -> int:
    """Return the finest level at which so many iterations fit into a budget, or the coarsest.

    >>> from sim.scenario import NANO
    >>> opened_level(NANO, 100_000_000, 64 * 2**20), opened_level(NANO, 100_000_000, 2**20)
    (0, 16)
    """
    coarsest = scenario.interval.bit_length() - 1
    fitting = (at for at in range(coarsest) if opened_bytes(scenario, steps, at) <= budget_bytes)
    return next(fitting, coarsest)


def slice_bytes(scenario: Scenario) -> int:
    """Return the expected size of a slice, in bytes."""
    iterations = scenario.interval
    return math.ceil(iterations * scenario.records_per_iteration * record_bytes(scenario))


def slice_seconds(
    scenario: Scenario, *, records: float | None = None, export: bool = False
) -> float:
    """Return the seconds that one core takes to compute a slice and to encode it.

    Of `records` records, or of the expected number.
    """
    iterations = scenario.interval
    if records is None:
        records = iterations * scenario.records_per_iteration
    record_s = COSTS.exported_record_s if export else COSTS.cached_record_s
    return scenario.pass_seconds(iterations) + records * record_s


def partial_step_seconds(scenario: Scenario) -> float:
    """Return the seconds of a step of another length from a record, and of writing its state."""
    record_s = len(scenario.agents) * COSTS.cached_record_s
    return COSTS.partial_step_s + _UNPREDICTED * scenario.pass_seconds(1) + record_s


def sliced_intervals(scenario: Scenario, intervals: int, budget_bytes: int) -> int:
    """Return how many of the first `intervals` get cached slices, within the budget."""
    return min(intervals, max(0, budget_bytes) // slice_bytes(scenario))


def slice_batches(
    scenario: Scenario, first: int, records: Sequence[int], *, until: int, export: bool = False
) -> Iterator[range]:
    """Divide intervals from `first` on, with so many records each, into tasks.

    A task takes half a second, and less towards `until`, where all tasks end. Results that are
    returned to the driver (not exports) are bounded in size; so are the checkpoints in the inputs.

    >>> from sim.scenario import NANO
    >>> list(slice_batches(NANO, 3, [103_000] * 9, until=100))
    [range(3, 8), range(8, 12)]
    >>> batches = slice_batches(NANO, 0, [103_000] * 200, until=200, export=True)
    >>> [len(batch) for batch in batches]
    [25, 21, 19, 16, 14, 13, 11, 10, 8, 7, 7, 6, 5, 5, 5, 5, 5, 5, 5, 5, 3]
    """
    seconds = [slice_seconds(scenario, records=each, export=export) for each in records]
    given = checkpoint_bytes(scenario) * _INPUT_WEIGHT
    sizes = [given + (0 if export else each * record_bytes(scenario)) for each in records]
    start = 0
    while start < len(records):
        rest_s = (until - first - start) * seconds[start]
        longest_s = min(_OUTPUT_S, max(_OUTPUT_S / _MAX_PARTS, rest_s / _PARTS_OF_REST))
        sums = zip(accumulate(seconds[start:]), accumulate(sizes[start:]), strict=True)
        fitting = sum(taken_s <= longest_s and size <= _RESULT_BYTES for taken_s, size in sums)
        end = start + max(1, fitting)
        yield range(first + start, first + end)
        start = end


def useful_workers(trajectory: Trajectory, iterations: int, *, export: bool = False) -> int:
    """Return how many workers can have a task at a time: any more would never have one.

    The pass is a chain of tasks, so it is one. An export has a task for each interval at most.

    >>> from sim.scenario import Trajectory
    >>> useful_workers(Trajectory(), 100_000_000), useful_workers(Trajectory(), 100, export=True)
    (1, 2)
    """
    return 1 + (trajectory.intervals_for(iterations) if export else 0)


def workers_for(
    trajectory: Trajectory,
    iterations: int,
    *,
    slice_budget_bytes: int,
    max_workers: int,
    export: bool = False,
) -> int:
    """Return how many workers so many (further) iterations keep busy, from 1 to max_workers.

    One worker for the pass, and as many as the output keeps busy during the pass over the same
    intervals, if each is busy for at least twice as long as it takes to start. The output is the
    slices within the budget or, for an export, those of all intervals. The result never decreases
    as iterations, budget or max_workers increase.

    >>> from sim.scenario import Trajectory
    >>> def workers(n, **options):
    ...     return workers_for(
    ...         Trajectory(), n, slice_budget_bytes=2**28, max_workers=20, **options
    ...     )
    >>> workers(1_000_000), workers(100_000_000)
    (1, 1)
    >>> workers(20_000_000, export=True), workers(100_000_000, export=True)
    (1, 5)
    """
    scenario = trajectory.scenario
    intervals = iterations // scenario.interval
    made = intervals if export else sliced_intervals(scenario, intervals, slice_budget_bytes)
    output_s = made * slice_seconds(scenario, export=export)
    pass_s = scenario.pass_seconds(made * scenario.interval)
    busy = int(output_s / max(pass_s, _WORTH_STARTS * COSTS.worker_start_s))
    return max(1, min(1 + busy, max_workers))


def member_seconds(request: PropagationRequest) -> float:
    """Return the seconds that each member of an ensemble takes, on one core.

    >>> from sim.scenario import PropagationRequest
    >>> round(member_seconds(PropagationRequest(100_000, members=10_000)) * 1e3, 2)
    1.02
    """
    scenario, steps = request.trajectory.scenario, request.steps
    times = (steps >> level(steps, _GRID_BITS)) + 1
    binned = _BINNED * len(request.analysed) * times
    ends_s = len(scenario.agents) * COSTS.member_agent_s
    return scenario.lane_seconds(steps) + ends_s + binned * COSTS.binned_value_s


def ensemble_seconds(request: PropagationRequest, members: int | None = None) -> float:
    """Return the seconds in which one core computes an ensemble, or so many of its members."""
    count = request.members if members is None else members
    nominal_s = request.trajectory.scenario.pass_seconds(request.steps)
    return nominal_s + count * member_seconds(request)


def workers_for_ensemble(
    request: PropagationRequest,
    *,
    max_workers: int,
    members: int | None = None,
    worker_cores: int = 1,
) -> int:
    """Return how many workers an ensemble is worth, or so many of its members.

    As many as each have at least twice as long to work as they take to start, on all their cores;
    from 1 to max_workers. It never decreases as steps, members or max_workers increase.

    >>> from sim.scenario import PropagationRequest
    >>> def workers(members):
    ...     request = PropagationRequest(100_000, members=members)
    ...     return workers_for_ensemble(request, max_workers=20)
    >>> workers(1_000), workers(20_000), workers(1_000_000)
    (1, 5, 20)
    """
    share_s = ensemble_seconds(request, members) / worker_cores
    worth = int(share_s / (_WORTH_STARTS * COSTS.worker_start_s))
    return max(1, min(worth, max_workers))
