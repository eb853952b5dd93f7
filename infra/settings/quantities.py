"""Kubernetes' quantities, as numbers and back: `250m` of a CPU, `512Mi` of memory.

They are written as Kubernetes normalises them; else every Terraform plan would show a change.
Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
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
    """Return a quantity's number; raises ValueError if it is not a quantity."""
    match = _QUANTITY.fullmatch(quantity)
    if match is None:
        raise ValueError(f"{quantity} is not a quantity, such as 512Mi or 250m.")
    return Fraction(match[1]) * _SCALES[match[2] or ""]


def cores(quantity: str) -> Fraction:
    """Return a number of CPUs.

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
    """Write a number of CPUs, rounded up to a thousandth.

    >>> cpu(Fraction(2)), cpu(Fraction(5, 2))
    ('2', '2500m')
    """
    thousandths = -(-number * 1000 // 1)
    return f"{thousandths}m" if thousandths % 1000 else f"{thousandths // 1000}"


def memory(number: Fraction) -> str:
    """Write a number of MiB, rounded up.

    >>> memory(Fraction(512)), memory(Fraction(2048))
    ('512Mi', '2Gi')
    """
    mib = -(-number // 1)
    return f"{mib}Mi" if mib % 1024 else f"{mib // 1024}Gi"
