"""The simulation as it is first written: a list that is scanned, a dictionary per state.

This is what Porta is compared with. It computes the same bits (the measures check that) and is
written as people write it, neither slowed down nor sped up on purpose.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

import numpy as np

if TYPE_CHECKING:
    from sim import NanoScenario

T = TypeVar("T")
Universe: TypeAlias = dict[str, dict[str, float]]


class ListStore(Generic[T]):
    """Ranges in a list; reading looks at every one of them."""

    def __init__(self) -> None:
        self.ranges: list[tuple[float, float, T]] = []

    def __setitem__(self, bounds: tuple[float, float], value: T) -> None:
        """Add a value over a range."""
        low, high = bounds
        if not low < high:
            raise IndexError("Invalid Range.")
        self.ranges.append((low, high, value))

    def __getitem__(self, t: float) -> list[T]:
        """Return the values whose range holds t."""
        hits = [value for low, high, value in self.ranges if low <= t < high]
        if not hits:
            raise IndexError("Not found.")
        return hits


def random_numbers(scenario: NanoScenario, seed: int) -> dict[str, np.random.Generator]:
    """Return each agent's generator."""
    return {
        name: np.random.Generator(np.random.Philox(key=np.array([seed, a], dtype=np.uint64)))
        for a, name in enumerate(scenario.names)
    }


def read(store: ListStore[Universe], q: float) -> Universe:
    """Return the newest state of each agent that holds q."""
    universe: Universe = {}
    for states in store[q]:
        universe.update(states)
    return universe


def step(scenario: NanoScenario, name: str, universe: Universe, u: float) -> Universe:
    """Return the agent's next state."""
    own = universe[name]
    ax = ay = 0.0
    for other in scenario.agents:
        if other.name != name and other.mu != 0:
            dx = universe[other.name]["x"] - own["x"]
            dy = universe[other.name]["y"] - own["y"]
            r2 = dx * dx + dy * dy
            r3 = r2 * math.sqrt(r2)
            ax += other.mu * dx / r3
            ay += other.mu * dy / r3
    h = own["timeStep"]
    vx, vy = own["vx"] + ax * h, own["vy"] + ay * h
    return {
        name: {
            "time": own["time"] + h,
            "timeStep": scenario.dt_min + u * scenario.dt_span,
            "x": own["x"] + vx * h,
            "y": own["y"] + vy * h,
            "vx": vx,
            "vy": vy,
        }
    }


def simulate(scenario: NanoScenario, seed: int, iterations: int) -> ListStore[Universe]:
    """Return the store after so many iterations."""
    store = ListStore[Universe]()
    store[-math.inf, 0.0] = {agent.name: agent.state.to_json() for agent in scenario.agents}
    clocks = dict.fromkeys(scenario.names, 0.0)
    draws = random_numbers(scenario, seed)
    for _ in range(iterations):
        for name, t in clocks.items():
            universe = read(store, t - scenario.epsilon)
            if len(universe) == len(clocks):
                state = step(scenario, name, universe, float(draws[name].random()))
                clocks[name] = state[name]["time"]
                store[t, clocks[name]] = state
    return store
