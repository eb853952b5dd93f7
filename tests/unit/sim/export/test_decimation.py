from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import RequestError
from sim.export import MAX_POINTS, thin
from tests.unit.sim.export.samples import initial, many


def rows_of(batches: list[pa.RecordBatch]) -> list[dict[str, object]]:
    return [row for batch in batches for row in batch.to_pylist()]


def naive(rows: list[dict[str, float]], bins: int) -> list[dict[str, float]]:
    """Return the extremes of one agent's rows in the fewest bins of 2**k rows that fit."""
    width = 1
    while width * bins < len(rows):
        width *= 2
    kept = set()
    for start in range(0, len(rows), width):
        of_bin = rows[start : start + width]
        for name in ("x", "y"):
            values = [row[name] for row in of_bin]
            kept |= {start + values.index(min(values)), start + values.index(max(values))}
    return [rows[i] for i in sorted(kept)]


@settings(deadline=None)  # the first example compiles
@given(st.integers(9, 2000), st.integers(1, 5), st.integers(0, 99), st.integers(1, 500))
def test_an_agents_rows_are_the_extremes_of_its_bins(
    rows: int, agents: int, seed: int, cut: int
) -> None:
    whole = many(rows, agents, seed)
    max_points = max(4 * agents, rows // 3)
    batches = [whole.slice(at, cut) for at in range(0, rows, cut)]
    thinned = rows_of(list(thin(batches, max_points, agents=agents)))
    if rows <= max_points:
        assert thinned == rows_of([whole])
        return
    for name in whole.column("agent").dictionary.to_pylist():
        of_agent = whole.filter(pc.equal(whole.column("agent").cast(pa.string()), name))
        expected = naive(of_agent.to_pylist(), max_points // (4 * agents))
        assert [row for row in thinned if row["agent"] == name] == expected


@pytest.mark.parametrize("max_points", [8, 9, 100, 1_001])
def test_no_more_rows_come_out_than_were_asked_for_and_all_are_real(max_points: int) -> None:
    whole = [initial(["Planet", "Satellite"]), many(5_000)]
    thinned = rows_of(list(thin(whole, max_points, agents=2)))
    assert max_points / 5 <= len(thinned) <= max_points
    rest = iter(rows_of(whole))
    assert all(any(row == real for real in rest) for row in thinned)  # a subsequence


def test_what_is_few_enough_comes_out_unchanged() -> None:
    whole = many(100)
    assert rows_of(list(thin([whole], 100, agents=2))) == rows_of([whole])


def test_an_agents_extremes_are_among_its_rows() -> None:
    whole = many(30_000)
    thinned = pa.Table.from_batches(thin([whole], 50, agents=2))
    for name in ("x", "y"):
        assert pc.min_max(thinned.column(name)) == pc.min_max(whole.column(name))


@pytest.mark.parametrize("max_points", [-1, 0, 7, MAX_POINTS + 1])
def test_a_bound_that_cannot_be_kept_is_refused_before_anything_is_read(max_points: int) -> None:
    with pytest.raises(RequestError, match=r"from 8 .* to 1000000"):
        thin(iter(()), max_points, agents=2)
