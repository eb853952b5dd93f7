"""Claims about where the rows of an interval are among those of a file."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from sim import NANO, Propagation, Trajectory
from sim.records import schema_of

STEPS = 3 * Trajectory().interval - 1_000


@cache
def opened() -> Propagation:
    return Propagation.open(Trajectory(NANO, seed=7), STEPS)


@pytest.mark.parametrize(
    ("t0", "t1", "k"),
    [
        (-math.inf, math.inf, 1),
        (-math.inf, math.inf, 100),
        (0.0, math.inf, 1),
        (1_000.0, 4_000.0, 1),
        (2_000.0, 2_100.0, 3),
        (1e9, math.inf, 1),
    ],
)
def test_the_rows_of_each_interval_are_where_they_are_said_to_be(
    t0: float, t1: float, k: int
) -> None:
    whole = pa.Table.from_batches(opened().every(k, t0, t1), schema_of(NANO.model))
    places = opened().interval_rows(t0, t1, k)
    first = len(NANO.agents) if t0 < 0.0 else 0
    assert whole.num_rows == (places[-1].first + places[-1].rows if places else first)
    for place in places:
        mine = opened().interval_records(place.interval, t0, t1, k)
        assert place.first == first
        assert pa.Table.from_batches([mine]).equals(whole.slice(place.first, place.rows))
        first += place.rows


@pytest.mark.parametrize(
    ("t0", "t1"), [(-math.inf, math.inf), (1_000.0, 4_000.0), (2_000.0, 2_100.0), (1e9, math.inf)]
)
@pytest.mark.parametrize("k", [1, 100])
def test_a_window_has_at_least_the_rows_of_its_whole_intervals(
    t0: float, t1: float, k: int
) -> None:
    rows = pa.Table.from_batches(opened().every(k, t0, t1), schema_of(NANO.model))
    agents = rows.column("agent").unify_dictionaries().combine_chunks().indices.to_numpy()
    each = np.bincount(agents, minlength=len(NANO.agents)).tolist()
    least = opened().least_rows(t0, t1, k).tolist()
    edges = 2 * len(NANO.agents) * opened().trajectory.interval // k
    assert all(few <= many for few, many in zip(least, each, strict=True))
    assert sum(each) - sum(least) <= edges


def test_of_a_whole_propagation_only_the_initial_rows_are_not_counted() -> None:
    assert opened().least_rows().sum() == opened().records - len(NANO.agents)
