"""Porta beside the ways people do it at first: a scanned list, plain Python, a task per step."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from benchmarks import naive, task_per_step
from benchmarks.measure import Figure, Sample, at_least, compare, measure
from sim import NANO, Propagation, Trajectory, simulate

if TYPE_CHECKING:
    from collections.abc import Iterator

OUR_RUNS: Final = 20  # so that ours takes long enough for the clock


def propagate(iterations: int) -> int:
    """Compute a propagation and all its records with Porta; return how many there are."""
    propagation = Propagation.open(Trajectory(), iterations)
    return sum(batch.num_rows for batch in propagation.slices())


@measure("Porta : naive store, N = 4,000", unit="times", target=at_least(100))
@contextlib.contextmanager
def porta_to_naive_store() -> Iterator[Sample]:
    """Time of a list-scan store's simulation over that of all records with Porta."""
    check_bits(naive.simulate(NANO, 0, 200), 200)

    def sample() -> Figure:
        return compare(
            lambda: propagate(4_000), lambda: naive.simulate(NANO, 0, 4_000), our_runs=OUR_RUNS
        )

    yield sample


@measure("Porta : plain Python, N = 4,000", unit="times", target=at_least(50))
@contextlib.contextmanager
def porta_to_plain_python() -> Iterator[Sample]:
    """Time of the reference simulator (plain Python on QRangeStore) over that of Porta."""

    def sample() -> Figure:
        return compare(
            lambda: propagate(4_000), lambda: simulate(NANO, 0, 4_000), our_runs=OUR_RUNS
        )

    yield sample


@measure("Porta : a Dask task per step, N = 200", unit="times", target=at_least(1_000))
@contextlib.contextmanager
def porta_to_task_per_step() -> Iterator[Sample]:
    """Time of two delayed tasks per step, on a warm local cluster, over that of Porta inline."""
    with task_per_step.local_cluster() as client:
        check_bits(task_per_step.simulate(client, NANO, 0, 50), 50)

        def sample() -> Figure:
            return compare(
                lambda: propagate(200),
                lambda: task_per_step.simulate(client, NANO, 0, 200),
                our_runs=OUR_RUNS,
            )

        yield sample


def check_bits(store: naive.ListStore[naive.Universe], iterations: int) -> None:
    """Make sure that what is compared computes the same."""
    theirs = [state for *_, states in store.ranges[1:] for state in states.values()]
    ours = [record.state.to_json() for record in simulate(NANO, 0, iterations)[2:]]
    if theirs != ours:
        raise ValueError("What is compared with Porta computes something else.")
