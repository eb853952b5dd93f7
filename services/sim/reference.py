"""The reference simulator in plain Python: any model's records, one iteration after the other.

It is for reading and for comparison; `Propagation` is a thousand times faster. What an iteration is
stands in the reference of each model, such as `sim.models.nano.reference`.
"""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING

from sim.models.model import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.models.model import Scenario

__all__ = ["Record", "initial_records", "iterations", "simulate"]


def simulate(scenario: Scenario, seed: int, steps: int, member: int = 0) -> list[Record]:
    """Return the records of `steps` iterations in the order of computation, initial ones first.

    Raises PropagationFailed if the trajectory ends before; its failure's `iteration` is the
    largest step count that succeeds.

    >>> from sim.scenario import NANO
    >>> for record in simulate(NANO, seed=0, steps=1):
    ...     print(record.agent, record.t0, record.t1, record.state.x, record.state.y)
    0 -inf 0.0 0.0 0.1
    1 -inf 0.0 0.0 1.0
    0 0.0 0.01 0.001 0.1
    1 0.0 0.01 0.01 0.9998765432098765
    """
    records = initial_records(scenario)
    for iteration in islice(iterations(scenario, seed, member), steps):
        records.extend(iteration)
    return records


def initial_records(scenario: Scenario) -> list[Record]:
    """Return the records of the start: before time 0, every agent has its initial state."""
    states = enumerate(scenario.initial_states)
    return [Record(a, -math.inf, state.time, state) for a, state in states]


def iterations(scenario: Scenario, seed: int, member: int = 0) -> Iterator[list[Record]]:
    """Yield the records of each iteration; raise PropagationFailed where the trajectory ends."""
    return scenario.model.reference.iterations(scenario, seed, member)
