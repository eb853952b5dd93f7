"""`nbody`: gravity among points, in space, by integrators that are published."""

from sim.models.nbody.agent import NBodyAgent, State3
from sim.models.nbody.scenario import NBodyScenario

__all__ = ["NBodyAgent", "NBodyScenario", "State3"]
