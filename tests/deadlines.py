"""How long tests wait: the contract's deadlines with an allowance, and bounds on what hangs.

The deadlines of faults are the contract's own (the fault table of docs/operations.md). Tests add
one allowance, because they share few cores with clusters, browsers and each other: processes are
scheduled late, and faults are detected by polling.

The other deadlines say nothing about speed. They only bound how long a test waits for an event
that never happens, so they are generous.
"""

from __future__ import annotations

from typing import Final

ALLOWANCE_S: Final = 4.0
LOCAL_CLUSTER_S: Final = (
    150.0  # a local cluster starts: its processes import, or compile, the engine
)
CLEANUP_S: Final = 60.0  # a cleanup that the test itself lets finish


def within(contract_s: float) -> float:
    """The contract's deadline on a busy machine."""
    return contract_s + ALLOWANCE_S
