from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import Propagation, QRangeStore
from sim.errors import RequestError
from sim.records import states_schema_of
from sim.reference import simulate
from sim.scenario import NANO, Scenario, Trajectory
from tests.unit.sim.engine.samples import bits, row, rows, stretches_of
from tests.unit.sim.scenarios import CROWD, SATELLITE_FIRST, THREE

if TYPE_CHECKING:
    from sim.reference import Record

NUMBERS = NANO.model.columns
SCENARIOS = {"nano": NANO, "first": SATELLITE_FIRST, "three": THREE}
STEPS = 1_500


@functools.lru_cache(maxsize=8)
def _reference(name: str, seed: int) -> list[Record]:
    return simulate(SCENARIOS[name], seed, STEPS)


@functools.lru_cache(maxsize=8)
def _stores(name: str, seed: int) -> list[QRangeStore[Record]]:
    """A range store of each agent's records."""
    stores = [QRangeStore[Any]() for _ in SCENARIOS[name].agents]
    for record in _reference(name, seed):
        stores[record.agent][record.t0, record.t1] = record
    return stores


def _held(store: QRangeStore[Record], t: float) -> tuple[Any, ...] | None:
    return row(store[t][-1])[1:] if t in store else None


def _rows(propagation: Propagation, times: list[float]) -> list[tuple[Any, ...]]:
    table = pa.Table.from_batches(list(propagation.states(times)), states_schema_of(NANO.model))
    agents = table["agent"].combine_chunks().indices.to_pylist()
    columns = (table[name].to_pylist() for name in ("t", *NUMBERS))
    return [(t, a, *numbers) for a, t, *numbers in zip(agents, *columns, strict=True)]


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(sorted(SCENARIOS)),
    seed=st.integers(0, 1),
    times=st.lists(
        st.floats(-5.0, 75.0) | st.sampled_from([0.0, -0.0, 0.01, 1e300]), min_size=1, max_size=30
    ),
)
def test_states_are_those_of_a_range_store(name: str, seed: int, times: list[float]) -> None:
    propagation = Propagation.open(Trajectory(SCENARIOS[name], seed), STEPS)
    found = _rows(propagation, times)
    stores = _stores(name, seed)
    expected = [(t, a, _held(store, t)) for t in times for a, store in enumerate(stores)]
    assert [one[:2] for one in found] == [one[:2] for one in expected]
    for (_, _, *numbers), (_, _, held) in zip(found, expected, strict=True):
        assert numbers == ([None] * 7 if held is None else list(held))


def test_the_edges_of_a_record_are_its_start_and_not_its_end() -> None:
    propagation = Propagation.open(Trajectory(), 10)
    last = propagation.end["Satellite"].time
    (record,) = (one for one in rows(propagation.slices()) if one[0] == 1 and one[2] == last)
    before = math.nextafter(last, 0.0)
    found = _rows(propagation, [record[1], before, last])
    assert [one[2:] for one in found if one[1] == 1] == [record[1:], record[1:], (None,) * 7]


@functools.lru_cache(maxsize=2)
def _long(scenario: Scenario = NANO) -> Propagation:
    trajectory = Trajectory(scenario, 3)
    steps = 3 * trajectory.interval + 1_000
    return Propagation.open(trajectory, steps, stretches_of(trajectory, 1, 2))


def _by_scanning(propagation: Propagation, times: np.ndarray[Any, Any]) -> list[tuple[Any, ...]]:
    """The rows by all records of all slices."""
    table = pa.Table.from_batches(list(propagation.slices()))
    agents = table["agent"].combine_chunks().indices.to_numpy()
    values = np.stack([table[name].to_numpy() for name in NUMBERS])
    by_agent = [values[:, agents == a] for a in range(agents.max() + 1)]
    found = []
    for t in times.tolist():
        for a, own in enumerate(by_agent):
            mine = own[:, (own[0] <= t) & (t < own[1])]
            found.append((t, a, *(mine[:, -1].tolist() if mine.size else [None] * 7)))
    return found


@pytest.mark.parametrize("scenario", [NANO, CROWD], ids=["nano", "crowd"])
def test_times_in_any_order_and_in_all_intervals_are_answered_in_theirs(
    scenario: Scenario,
) -> None:
    propagation = _long(scenario)
    end = max(state.time for state in propagation.end.values())
    times = np.random.default_rng(5).uniform(-0.01 * end, 1.01 * end, 60)
    times[:5] = times[5]
    times[5:7] = 1.7e308, -1.7e308  # farther apart than any float
    assert _rows(propagation, times.tolist()) == _by_scanning(propagation, times)
    ascending = np.sort(times)
    assert _rows(propagation, ascending.tolist()) == _by_scanning(propagation, ascending)


def test_each_slice_is_made_once_however_many_times_it_holds() -> None:
    propagation = _long()
    made: list[int] = []

    class Cache:
        def get(self, interval: int) -> None:
            made.append(interval)

    end = max(state.time for state in propagation.end.values())
    for times in (np.linspace(0.0, end, 100_000), np.linspace(end, 0.0, 100_000)):
        made.clear()
        count = sum(batch.num_rows for batch in propagation.states(times, Cache()))
        assert count == 200_000
        assert made == [0, 1, 2]


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        ([], "must be 1 to 1,000,000 times, not 0"),
        ([0.0] * 1_000_001, "not 1,000,001"),
        ([1.0, math.nan], "must be finite"),
        ([math.inf], "must be finite"),
    ],
    ids=["none", "many", "nan", "inf"],
)
def test_times_that_can_not_be_answered_are_refused(times: list[float], sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        Propagation.open(Trajectory(), 10).states(times)


def test_many_unsorted_times_of_many_agents_are_refused_and_sorted_ones_are_not() -> None:
    propagation = Propagation.open(Trajectory(CROWD), 10)
    times = np.linspace(0.0, 1.0, 100_000)
    assert propagation.states_held_bytes(times) == 0
    next(propagation.states(times))
    with pytest.raises(RequestError, match="not in ascending order must be at most 17,476"):
        propagation.states(times[::-1])


def test_what_takes_too_long_to_remake_is_refused() -> None:
    end = max(state.time for state in _long().end.values())
    _long().states([1.0, 2.0], most_s=0.01)
    with pytest.raises(RequestError, match="ask for fewer, or for times that are nearer"):
        _long().states(np.linspace(0.0, 0.99 * end, 50), most_s=0.01)


@settings(max_examples=30, deadline=None)
@given(
    name=st.sampled_from(sorted(SCENARIOS)),
    k=st.integers(1, 40) | st.sampled_from([1_000, 10**12]),
)
def test_every_kth_record_of_each_agent_comes_out(name: str, k: int) -> None:
    propagation = Propagation.open(Trajectory(SCENARIOS[name]), STEPS)
    seen = [0] * len(SCENARIOS[name].agents)
    expected = []
    for record in _reference(name, 0):
        if seen[record.agent] % k == 0:
            expected.append(row(record))
        seen[record.agent] += 1
    assert bits(rows(propagation.every(k))) == bits(expected)


def test_every_kth_record_does_not_depend_on_the_intervals() -> None:
    every = rows(_long().every(70_001))
    whole, seen = rows(_long().slices()), [0, 0]
    expected = []
    for one in whole:
        if seen[one[0]] % 70_001 == 0:
            expected.append(one)
        seen[one[0]] += 1
    assert every == expected
    assert len(every) == 6


def test_a_window_leaves_out_what_is_outside() -> None:
    propagation = Propagation.open(Trajectory(), STEPS)
    within = [one for one in rows(propagation.every(7)) if one[2] > 5.0 and one[1] <= 9.0]
    assert rows(propagation.every(7, 5.0, 9.0)) == within


@pytest.mark.parametrize("k", [0, -1, True])
def test_an_every_that_is_no_number_of_records_is_refused(k: int) -> None:
    with pytest.raises(RequestError, match="every must be"):
        next(Propagation.open(Trajectory(), 10).every(k))
