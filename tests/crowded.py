"""Scenarios of many agents: the default one, with more satellites."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sim.scenario import NANO

if TYPE_CHECKING:
    from sim.scenario import NanoScenario


def crowded(agents: int) -> NanoScenario:
    """The default scenario with so many agents: each satellite begins at a place of its own."""
    planet, satellite = NANO.agents
    start = satellite.state
    others = (
        replace(satellite, name=f"Satellite {i}", state=replace(start, x=start.x + 0.01 * i))
        for i in range(agents - 1)
    )
    return replace(NANO, agents=(planet, *others))
