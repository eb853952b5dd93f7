"""Columns of numbers as JSON documents hold them, and the types of such documents.

Guarantees: a column holds numbers and null only, so every JSON parser reads it. Null stands for a
bin without a step, and for a number that is not finite.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np
from typing_extensions import TypedDict  # typing's own can't be read by pydantic before Python 3.12

if TYPE_CHECKING:
    from sim.kernel import Floats

__all__ = ["Band", "Column", "Span", "band_of", "closed", "column_of"]

Column: TypeAlias = list[float | None]

_T = TypeVar("_T")


def closed(document: type[_T]) -> type[_T]:
    """Have the schema of a document describe its members, and allow no others (for pydantic)."""
    document.__pydantic_config__ = {  # type: ignore[attr-defined]  # read by name: no import here
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }
    return document


@closed
class Band(TypedDict):
    """The range of a quantity in each bin."""

    min: Column
    """The minimum in each bin."""
    max: Column
    """The maximum in each bin."""


@closed
class Span(TypedDict):
    """A span of the simulation's time."""

    t0: float
    """Its start."""
    t1: float
    """Its end."""


def column_of(values: Floats) -> Column:
    """Return float64[n] as a column."""
    if np.isfinite(values).all():
        numbers: Column = values.tolist()
        return numbers
    return [value if math.isfinite(value) else None for value in values.tolist()]


def band_of(ranges: Floats) -> Band:
    """Return float64[n, 2], minimum and maximum of each bin, as a band."""
    low, high = ranges.T
    return Band(min=column_of(low), max=column_of(high))
