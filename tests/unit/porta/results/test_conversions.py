from __future__ import annotations

import numpy as np
import pyarrow as pa

import porta
from porta.results.conversions import numpy_of

RUN = porta.propagate(300)


def test_pandas_and_polars_have_the_numbers_of_the_table() -> None:
    table = RUN.table(every=10)
    in_pandas, in_polars = RUN.to_pandas(every=10), RUN.to_polars(every=10)
    assert in_pandas["x"].tolist() == table.column("x").to_pylist()
    assert in_pandas["agent"].tolist() == table.column("agent").to_pylist()
    assert in_polars["x"].to_list() == table.column("x").to_pylist()
    assert in_polars["agent"].to_list() == table.column("agent").to_pylist()


def test_nulls_become_nan_and_minus_one_and_no_text() -> None:
    table = pa.table(
        {
            "number": pa.array([1.5, None]),
            "whole": pa.array([7, None], pa.int64()),
            "word": pa.array(["a", None]).dictionary_encode(),
        }
    )
    found = numpy_of(table)
    assert np.isnan(found["number"][1])
    assert found["whole"].tolist() == [7, -1]
    assert found["whole"].dtype == np.int64
    assert found["word"].tolist() == ["a", ""]
