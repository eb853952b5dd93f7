"""What `nbody` costs: the interval between two checkpoints, and the work of a step.

Guarantees: pure functions of the numbers of agents and of massive agents, and of the integrator.
The interval is determined by whole numbers alone, so no logarithm's rounding moves a checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Final

__all__ = [
    "COSTS",
    "FORCES",
    "GAUSS_RADAU_FORCES",
    "NBodyCosts",
    "carry_size",
    "interval_of",
    "lane_step_seconds",
    "step_seconds",
    "work_per_step",
]

FORCES: Final = {"leapfrog": 1, "kahan-li-8": 17}
"""Evaluations of the forces in a step. `gauss-radau-15` has another rule: its iterations."""
GAUSS_RADAU_FORCES: Final = 192
"""Of a step of `gauss-radau-15`, with what else it does, in steps of a leapfrog of two agents."""

# So that a slice is remade in some 20 ms, and checkpoints stay small.
_SLICE_WORK: Final = 2**20
_MOST_STEPS: Final = 2**16
_MOST_RECORDS: Final = 2**19
_LEAST_STEPS: Final = 16
_LEAST_WORK: Final = 2**16


def interval_of(agents: int, massive: int, integrator: str) -> int:
    """Return the number of steps between two checkpoints, a power of two.

    Raises ValueError for less than one agent.

    >>> interval_of(2, 1, "leapfrog"), interval_of(2, 1, "kahan-li-8")
    (65536, 32768)
    >>> interval_of(6, 6, "gauss-radau-15"), interval_of(1000, 1000, "leapfrog")
    (1024, 128)
    """
    if agents < 1:
        raise ValueError("A scenario has at least one agent.")
    forces = FORCES.get(integrator, GAUSS_RADAU_FORCES)
    pairs = agents * massive
    step: Fraction | int
    if integrator in FORCES:
        step = forces * max(Fraction(1), Fraction(pairs, 8))
    else:
        step = max(GAUSS_RADAU_FORCES, 3 * pairs, 96 * agents)
    share = Fraction(_LEAST_WORK, forces * max(1, massive))
    least = _log2_above(max(Fraction(_LEAST_STEPS), min(Fraction(agents, 2), share)))
    most = _log2_below(min(Fraction(_MOST_STEPS), Fraction(_MOST_RECORDS, agents)))
    wanted = _log2_below(max(Fraction(1), _SLICE_WORK / Fraction(step)))
    return int(2 ** min(most, max(least, wanted)))


def work_per_step(agents: int, massive: int, integrator: str) -> float:
    """Return the work of one step, in iterations of two agents of `nano`, one of them massive.

    >>> work_per_step(2, 1, "leapfrog"), work_per_step(6, 6, "kahan-li-8")
    (1.0, 306.0)
    >>> work_per_step(3, 3, "gauss-radau-15")
    288.0
    """
    pairs = agents * massive
    if integrator in FORCES:
        return FORCES[integrator] * max(1.0, pairs / 2)
    return float(max(GAUSS_RADAU_FORCES, 12 * pairs, 96 * agents))


@dataclass(frozen=True, slots=True)
class NBodyCosts:
    """Costs on one core of the machine that they were calibrated on (`make bench` compares)."""

    force_s: float = 10e-9  # an evaluation of the forces, with a drift and a kick
    agent_s: float = 2.3e-9  # of it, for each agent
    pull_s: float = 4.5e-9  # of it, for each massive agent and each block of agents
    radau_s: float = 1.0e-6  # a step of gauss-radau-15
    radau_block_s: float = 1.5e-6  # of it, for each block of agents
    record_s: float = 9e-9  # to reduce a record
    kept_s: float = 12e-6  # what is kept of an agent in an interval, however long that is
    lane_agent_s: float = 0.3e-9  # of an evaluation in lanes: a drift and a kick of one agent
    lane_pull_s: float = 1.4e-9  # of it, for each pair of an agent and one that attracts it
    lane_record_s: float = 3.4e-9  # to look at an agent's new state: distance, energy, density


COSTS: Final = NBodyCosts()
_BLOCK: Final = 8  # agents, which are computed side by side
_RADAU_FORCES: Final = 40  # evaluations of the forces in a step of gauss-radau-15, about


def step_seconds(agents: int, massive: int, integrator: str) -> float:
    """Return the seconds of a step, with the reduction of its records.

    Of the first intervals more is kept, which is not counted: it is little of a long trajectory.
    """
    blocks = -(-agents // _BLOCK)
    pulls_s = blocks * massive * COSTS.pull_s
    if integrator in FORCES:
        step_s = FORCES[integrator] * (COSTS.force_s + agents * COSTS.agent_s + pulls_s)
    else:
        step_s = COSTS.radau_s + blocks * COSTS.radau_block_s + _RADAU_FORCES * pulls_s
    kept_s = COSTS.kept_s / interval_of(agents, massive, integrator)
    return step_s + agents * (COSTS.record_s + kept_s)


def lane_step_seconds(agents: int, massive: int, integrator: str) -> float:
    """Return the seconds of a step of one member of an ensemble, in lanes.

    An integrator that chooses its steps has no lanes: it takes as long as by itself.
    """
    if integrator not in FORCES:
        return step_seconds(agents, massive, integrator)
    pulls_s = massive * (agents - 1) * COSTS.lane_pull_s
    force_s = agents * COSTS.lane_agent_s + pulls_s
    return FORCES[integrator] * force_s + agents * COSTS.lane_record_s


def carry_size(integrator: str, agents: int) -> int:
    """Return how many numbers a checkpoint has beside its records.

    These are the carries of x of all agents, of y, z, vx, vy and vz. For `gauss-radau-15` follow,
    of the last step, the coefficients b_0 of x of all agents, of y and z, b_1, ..., b_6; the
    predicted coefficients e in the same order; the carry of the time; and the length of the step.
    """
    return 6 * agents if integrator in FORCES else (6 + 2 * 7 * 3) * agents + 2


def _log2_below(number: Fraction) -> int:
    """Return floor(log2(number)) of a number of at least 1."""
    return floor(number).bit_length() - 1


def _log2_above(number: Fraction) -> int:
    """Return ceil(log2(number)) of a number of at least 1."""
    return (ceil(number) - 1).bit_length()
