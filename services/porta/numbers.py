"""Numbers that an argument may be: nothing is guessed, and `True` is no number."""

from __future__ import annotations

import math
import operator
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Final

from porta.errors import ArgumentError, ArgumentTypeError

if TYPE_CHECKING:
    import numpy as np

__all__ = ["count", "real", "reals", "whole"]

_EXACT: Final = 2**53  # up to it a float holds every whole number


def count(where: str, value: object, least: int = 1) -> int:
    """Return how many there are to be: as `whole`, and a float that is a whole number up to 2**53.

    >>> count("steps", 1e6)
    1000000
    """
    if isinstance(value, Real) and not isinstance(value, Integral):
        number = real(where, value, finite=False)
        if not number.is_integer() or abs(number) > _EXACT:
            raise ArgumentTypeError(where, f"{where} must be a whole number, not {number!r}.")
        return whole(where, int(number), least)
    return whole(where, value, least)


def whole(where: str, value: object, least: int = 0) -> int:
    """Return a whole number from `least` on, also of numpy, and no float; raises ArgumentError.

    >>> whole("seed", 1e6)
    Traceback (most recent call last):
    ...
    porta.errors.ArgumentTypeError: seed must be a whole number: write 1_000_000, not 1000000.0.
    """
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # that is what is asked
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise ArgumentTypeError(where, f"{where} must be a whole number{_instead(value)}.")
    if number < least:
        raise ArgumentError(where, f"{where} must be a whole number from {least} on, not {number}.")
    return number


def _instead(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return f": write {int(value):_}, not {value!r}"
    return f", not of type {type(value).__name__}"


def real(where: str, value: object, *, finite: bool = True) -> float:
    """Return a real number as a float, also of numpy; raises ArgumentError."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ArgumentTypeError(
            where, f"{where} must be a number, not of type {type(value).__name__}."
        )
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if math.isnan(number) or (finite and math.isinf(number)):
        raise ArgumentError(where, f"{where} must be a finite number, not {number}.")
    return number


def reals(where: str, values: object) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return finite numbers, at least one, as float64[n]; one number as an array of one."""
    import numpy as np

    try:
        array = np.atleast_1d(np.asarray(values))
    except (ValueError, TypeError):
        array = np.array([], dtype=object)
    if array.ndim != 1 or array.dtype.kind not in "iuf":
        raise ArgumentTypeError(
            where,
            f"{where} must be numbers in a row, such as [0.0, 0.5, 1.0] or numpy.linspace(0, 1, "
            "101).",
        )
    numbers = array.astype(np.float64)
    if not numbers.size or not np.isfinite(numbers).all():
        raise ArgumentError(where, f"{where} must be finite numbers, at least one.")
    return numbers
