"""The lower triangular factor of a covariance matrix, which may be semi-definite.

Guarantees: L L^T gives the matrix back, each element within 2**-20 of the product of its two
standard deviations, or the matrix is refused. Only - * / and the square root, in the order that is
written here.

A covariance of rank below its size is common (a burn of unknown strength, a known direction), and
rounding makes its pivots slightly negative or positive: N. J. Higham, "Analysis of the Cholesky
decomposition of a semi-definite matrix", in "Reliable Numerical Computation", Oxford 1990, 161-185.

A component that depends on those before it gets a zero column if these are apart from one another:
if no eigenvalue of their correlations is below 2**-6. What rounding leaves of its pivot is at most
15 * 2**-53 * (1 + |w|)**2 of its variance, w being how much of each of the others it is and |w| the
sum of their absolute values, at most sqrt(5 * 2**6): that is below 2**-40. If others depend on one
another nearly, but not quite, rounding may give it a column of its own, and still L L^T gives the
matrix back; of eigenvalues around 2**-30 it is refused, now and then.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, TypeAlias

from sim.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Matrix", "factor_of"]

Matrix: TypeAlias = tuple[tuple[float, ...], ...]

_TOLERANCE: Final = 2.0**-20  # of a variance, below zero; and of what a zero column leaves
_ZERO: Final = 2.0**-40  # of a variance: a pivot below it is zero


def factor_of(covariance: Sequence[Sequence[float]], where: str) -> Matrix:
    """Return L, lower triangular, with L L^T = covariance.

    Raises RequestError with the path `where` if the matrix is not symmetric, or not positive
    semi-definite.

    >>> factor_of([[4.0, 2.0], [2.0, 1.0]], "covariance")
    ((2.0, 0.0), (1.0, 0.0))
    """
    size = len(covariance)
    _check_symmetry(covariance, where)
    deviations = [math.sqrt(covariance[i][i]) for i in range(size)]
    factor = [[0.0] * size for _ in range(size)]
    for j in range(size):
        pivot = _rest(covariance, factor, j, j)
        if not pivot >= -_TOLERANCE * covariance[j][j]:  # also where it is not a number
            raise RequestError(where, _indefinite(j))
        is_zero = pivot <= _ZERO * covariance[j][j]
        factor[j][j] = 0.0 if is_zero else math.sqrt(pivot)
        for i in range(j + 1, size):
            rest = _rest(covariance, factor, i, j)
            if not is_zero:
                factor[i][j] = rest / factor[j][j]
            elif not abs(rest) <= _TOLERANCE * (deviations[i] * deviations[j]):
                raise RequestError(where, _indefinite(i))
    return tuple(map(tuple, factor))


def _rest(
    covariance: Sequence[Sequence[float]], factor: Sequence[Sequence[float]], i: int, j: int
) -> float:
    """Return what the columns of the factor before j leave of an element."""
    rest = covariance[i][j]
    for k in range(j):
        rest -= factor[i][k] * factor[j][k]
    return rest


def _check_symmetry(covariance: Sequence[Sequence[float]], where: str) -> None:
    for i, row in enumerate(covariance):
        if row[i] < 0.0:
            raise RequestError(
                f"{where}[{i}][{i}]", "is a variance, the square of a deviation: at least 0."
            )
        for j in range(i):
            if row[j] != covariance[j][i]:
                raise RequestError(
                    where,
                    f"must be symmetric, exactly: [{i}][{j}] is {row[j]!r} and [{j}][{i}] is "
                    f"{covariance[j][i]!r}. Half their sum in both places makes it so.",
                )


def _indefinite(row: int) -> str:
    return (
        "must be positive semi-definite, as every covariance is: some combination of its rows 0 to "
        f"{row} has a variance below 0. Check the signs and sizes of the elements off the diagonal."
    )
