"""A table as other libraries have it; each is imported where it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from porta.optional import needed

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import polars as pl
    import pyarrow as pa

__all__ = ["numpy_of", "pandas_of", "polars_of"]


def pandas_of(table: pa.Table) -> pd.DataFrame:
    """Return a DataFrame of pandas; agents are categories, and nulls nan."""
    needed("pandas", "pip install pandas")
    return table.to_pandas()


def polars_of(table: pa.Table) -> pl.DataFrame:
    """Return a DataFrame of polars; agents are categories."""
    frame: pl.DataFrame = needed("polars", "pip install polars").from_arrow(table)
    return frame


def numpy_of(table: pa.Table) -> dict[str, np.ndarray[Any, Any]]:
    """Return an array for each column: float64, int64, or texts for agents and outcomes.

    Nulls are nan; in a column of whole numbers they are -1, in one of texts "".
    """
    return {name: _array(table.column(name)) for name in table.column_names}


def _array(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    import numpy as np
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        texts = column.cast(kind.value_type).fill_null("").to_pylist()
        return np.array(texts, dtype=np.str_)
    if pa.types.is_integer(kind):
        column = column.fill_null(-1)
    array: np.ndarray[Any, Any] = column.to_numpy()
    return array
