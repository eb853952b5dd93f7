"""Quantities as a cluster writes them: in every unit, of two and of ten.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

__all__ = ["number"]

_UNITS: Final = {
    "": Fraction(1),
    **{unit: Fraction(1000) ** power for power, unit in enumerate("num", -3)},
    **{unit: Fraction(1000) ** power for power, unit in enumerate("kMGTPE", 1)},
    **{f"{unit}i": Fraction(1024) ** power for power, unit in enumerate("KMGTPE", 1)},
}
_QUANTITY: Final = re.compile(r"([0-9.]+(?:[eE][+-]?[0-9]+)?)([numkMGTPE]|[KMGTPE]i)?")


def number(quantity: str) -> Fraction:
    """Return the number of CPUs or bytes; raises ValueError if it is not a quantity.

    >>> [str(number(text)) for text in ("250m", "7", "5k", "12e6", "1E", "1Ki")]
    ['1/4', '7', '5000', '12000000', '1000000000000000000', '1024']
    """
    match = _QUANTITY.fullmatch(quantity)
    if match is None:
        raise ValueError(f"{quantity} is not a quantity of Kubernetes.")
    return Fraction(match[1]) * _UNITS[match[2] or ""]
