"""How long tests wait: the contract's deadlines with an allowance, and bounds on what hangs.

- `within`: a deadline that the contract promises (the fault table of docs/operations.md), asserted
  with an allowance. Tests share few cores with clusters, browsers and each other: processes are
  scheduled late, and a fault is noticed by a poll that itself takes a moment. So the allowance is
  as long as the machine is now slower; the promise itself is not stretched.
- `under_load`: a deadline of a quiet machine, as long as the machine is now slower. For campaigns,
  whose faults come at random, and whose length leaves room for it.
- The constants are for what must happen, where no promise says how soon. They only end a test that
  would never pass, so they are long: a wait ends as soon as its condition holds.
"""

from __future__ import annotations

import os
from typing import Final

ALLOWANCE_S: Final = 4.0
LEASE_S: Final = 8  # short, as tests wait for its end; on a busy machine a runner still renews it
ANSWER_S: Final = 60.0  # one answer of a server that is there
EVENTUALLY_S: Final = 120.0  # below the 300 s that pytest gives each test
LOCAL_CLUSTER_S: Final = 150.0  # a local cluster: its processes import, or compile, the engine
CLEANUP_S: Final = 60.0  # a cleanup that the test itself lets finish
MOST_TIMES_SLOWER: Final = 10.0  # a machine with a longer queue than this will not get anywhere


def under_load(seconds: float) -> float:
    """A quiet machine's deadline, times the processes that share each core now."""
    sharing = os.getloadavg()[0] / (os.cpu_count() or 1)
    return seconds * min(max(sharing, 1.0), MOST_TIMES_SLOWER)


def within(contract_s: float) -> float:
    """The contract's deadline on a busy machine."""
    return contract_s + under_load(ALLOWANCE_S)
