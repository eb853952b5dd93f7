"""How long tests wait: the contract's deadlines, and what a busy machine adds to them.

- `within`: a deadline that the contract promises (the fault table of docs/operations.md), asserted
  with an allowance. Tests share few cores with clusters, browsers and each other: processes are
  scheduled late, and a fault is noticed by a poll that itself takes a moment.
- `EVENTUALLY_S`: for what must happen, where no promise says how soon. It only ends a test that
  would never pass, so it is long: a wait ends as soon as its condition holds.
"""

from __future__ import annotations

from typing import Final

ALLOWANCE_S: Final = 4.0
EVENTUALLY_S: Final = 120.0  # below the 300 s that pytest gives each test


def within(contract_s: float) -> float:
    """The contract's deadline on a busy machine."""
    return contract_s + ALLOWANCE_S
