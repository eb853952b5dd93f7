"""What the tests of verification share: a run of four intervals, and ways to look at it."""

from __future__ import annotations

from functools import cache
from typing import Final

from sim import Propagation, Trajectory
from sim.presets import preset
from sim.scenario import PropagationRequest
from sim.verification import Effort

REQUEST: Final = PropagationRequest(8_000, Trajectory(preset("pythagorean").scenario))
ENSEMBLE: Final = PropagationRequest(500, members=40)
ALL: Final = Effort(everything=True)
SAMPLE: Final = Effort(soon_s=1e-9, seed=0)
"""Three units of whatever there are."""


@cache
def opened() -> Propagation:
    return Propagation.open(REQUEST.trajectory, REQUEST.steps)
