"""Kubernetes' quantities: `250m` of a processor, `512Mi` of memory.

Written otherwise than Kubernetes does, each plan of Terraform's would find a change.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

__all__ = ["cores", "cpu", "mebibytes", "memory"]

_SCALES: Final = {
    "m": Fraction(1, 1000),
    "": Fraction(1),
    "Ki": Fraction(2**10),
    "Mi": Fraction(2**20),
    "Gi": Fraction(2**30),
    "Ti": Fraction(2**40),
}
_QUANTITY: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(m|Ki|Mi|Gi|Ti)?")


def _number(quantity: str) -> Fraction:
    """Return what a quantity says; raises ValueError if it is none."""
    found = _QUANTITY.fullmatch(quantity)
    if found is None:
        raise ValueError(f"{quantity} is no quantity, as 512Mi or 250m.")
    return Fraction(found[1]) * _SCALES[found[2] or ""]


def cores(quantity: str) -> Fraction:
    """Return processors.

    >>> cores("250m")
    Fraction(1, 4)
    """
    return _number(quantity)


def mebibytes(quantity: str) -> Fraction:
    """Return memory in MiB.

    >>> mebibytes("1.5Gi")
    Fraction(1536, 1)
    """
    return _number(quantity) / 2**20


def cpu(number: Fraction) -> str:
    """Write processors, rounded up to a thousandth, as Kubernetes writes them itself.

    >>> cpu(Fraction(2)), cpu(Fraction(5, 2))
    ('2', '2500m')
    """
    thousandths = -(-number * 1000 // 1)
    return f"{thousandths}m" if thousandths % 1000 else f"{thousandths // 1000}"


def memory(number: Fraction) -> str:
    """Write MiB, rounded up, as Kubernetes writes them itself.

    >>> memory(Fraction(512)), memory(Fraction(2048))
    ('512Mi', '2Gi')
    """
    whole = -(-number // 1)
    return f"{whole}Mi" if whole % 1024 else f"{whole // 1024}Gi"
