"""Members of an ensemble side by side: `leapfrog` and `kahan-li-8` in lanes.

Guarantees:

- Each member has the bits that its trajectory has alone (`sim.models.nbody.kernel.stepper`), in any
  cut into calls and groups.
- Loops hold no Python object and no lock, so they release the GIL.

system     the system, the memory, and its layout
particles  massless agents that differ, attracted by massive ones that move alike in all members
bodies     massive agents that differ
tally      what is followed of the analysed agents
replay     what ended a lane
stepper    open lanes, advance, close lanes
"""

from __future__ import annotations

from sim.models.nbody.kernel.lanes import stepper
from sim.models.nbody.kernel.lanes.system import NBodyLanes, lane_system_of

__all__ = ["NBodyLanes", "lane_system_of", "stepper"]
