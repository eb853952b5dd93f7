from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from sim.export.rebatch import rebatch
from tests.unit.sim.export.samples import many


@given(st.lists(st.integers(0, 40), max_size=12), st.integers(1, 30))
def test_batches_of_any_sizes_become_batches_of_one_size(sizes: list[int], rows: int) -> None:
    batches = [many(size, seed=i) for i, size in enumerate(sizes)]
    regrouped = list(rebatch(batches, rows))
    total = sum(sizes)
    assert [each.num_rows for each in regrouped] == [
        min(rows, total - at) for at in range(0, total, rows)
    ]
    if regrouped:
        assert pa.Table.from_batches(regrouped).equals(pa.Table.from_batches(batches))
