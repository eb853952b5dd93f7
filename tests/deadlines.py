"""How long the tests of faults wait: the contract's deadlines, and what a busy machine adds.

Each deadline is the contract's own (the fault table of docs/operations.md). It is asserted with
one allowance, for these tests share few cores with clusters, browsers and each other: processes
are scheduled late, and a fault is noticed at a look that itself takes a moment.
"""

from __future__ import annotations

from typing import Final

ALLOWANCE_S: Final = 4.0


def within(contract_s: float) -> float:
    """The contract's deadline on a busy machine."""
    return contract_s + ALLOWANCE_S
