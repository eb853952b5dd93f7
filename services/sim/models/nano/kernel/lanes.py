"""The lanes of `nano`: the systems of an ensemble's members, as the kernel takes them.

lanes_pair    two agents of which one or both attract: all lanes at once
lanes_steps   their steps, by vector instructions
lanes_draws   their time steps, drawn ahead
lanes_many    any number of agents: each lane in turn, by the loops for one trajectory
lanes_follow  closest approach and escape from the rows of those loops
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sim.models.nano.kernel.lanes_steps import LANES
from sim.models.nano.kernel.system import Parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.kernel.layout import Floats, Integers
    from sim.models.nano.scenario import NanoScenario

__all__ = ["AHEAD_BLOCKS", "CHUNK", "ManyLanes", "PairLanes", "lane_system_of"]

CHUNK: Final = 16  # iterations: the most in a call, and those between two samples of the density
AHEAD_BLOCKS: Final = 16  # of time steps, drawn at once
_MANY: Final = 4  # lanes of any number of agents; they gain nothing from one another
_PAIR: Final = 2
_ORDINARY: Final = 2.0**100
_MARGIN: Final = 2.0**-48  # relative; a product or a quotient is off by 2**-53
_LATE: Final = 2.0**52  # of epsilon


class PairLanes(NamedTuple):
    """Members of two agents; whatever is analysed has a primary that attracts it."""

    lanes: int
    analysed: Integers  # [A]
    analysed_gravity: Floats  # [A]
    sample_every: int
    mu: Floats  # [2]
    is_read: Integers  # [2] whether the other agent reads its records
    follows: Integers  # [2] whether it is analysed
    interval: int  # iterations between the checkpoints of a trajectory
    parameters: Parameters  # of member 0
    # The lanes. LLVM does not know the number and so makes vector instructions of loops over them;
    # it would unroll one of known length.
    wide: int
    half: int  # the blocks of time steps that are drawn at once, halved
    below: Floats  # [2] the mu that attracts the agent, less what rounding can change
    above: Floats  # [2] and more
    late: float  # from this time on a clock may stand still


class ManyLanes(NamedTuple):
    """Members of any number of agents."""

    lanes: int
    analysed: Integers  # [A]
    analysed_gravity: Floats  # [A]
    sample_every: int
    mu: Floats  # [M]
    massive: Integers  # [G] the agents with mu != 0
    primary: Integers  # [M]; -1: none
    is_read: Integers  # [M] whether other agents read its records
    interval: int  # iterations between the checkpoints of a trajectory
    parameters: Parameters  # of member 0


def lane_system_of(
    scenario: NanoScenario,
    seed: int,
    analysed: Sequence[int],
    dispersed: Sequence[int],  # noqa: ARG001 - all members have clocks, so states, of their own
    members: int = 1,  # noqa: ARG001 - lanes without a member cost little here
) -> PairLanes | ManyLanes:
    """Return the system of an ensemble's members; each of the `analysed` has a primary."""
    if _is_vectorised(scenario, analysed):
        return _pair_lanes(scenario, seed, analysed)
    return _many_lanes(scenario, seed, analysed)


def _is_vectorised(scenario: NanoScenario, analysed: Sequence[int]) -> bool:
    """Whether all lanes can be computed at once, and numbers are too ordinary to overflow."""
    if len(scenario.agents) != _PAIR or not scenario.massive:
        return False
    if scenario.read_by_others != scenario.massive:  # a massless primary's records are not kept
        return False
    numbers = [scenario.agents[a].mu for a in scenario.massive]
    numbers += [scenario.epsilon, scenario.dt_min + scenario.dt_span]
    numbers += [state.time_step for state in scenario.initial_states]
    return all(1 / _ORDINARY < abs(number) < _ORDINARY for number in numbers) and all(
        scenario.gravity[a] != 0.0 for a in analysed
    )


def _pair_lanes(scenario: NanoScenario, seed: int, analysed: Sequence[int]) -> PairLanes:
    attracting = np.array([agent.mu for agent in scenario.agents[::-1]], np.float64)
    margin = _MARGIN * np.abs(attracting)
    return PairLanes(
        lanes=LANES,
        analysed=np.array(analysed, np.int64),
        analysed_gravity=_gravity(scenario, analysed),
        sample_every=CHUNK,
        mu=attracting[::-1].copy(),
        is_read=_is_read(scenario),
        follows=np.isin(np.arange(_PAIR), analysed).astype(np.int64),
        interval=scenario.interval,
        parameters=_parameters(scenario, seed),
        wide=LANES,
        half=AHEAD_BLOCKS // 2,
        below=attracting - margin,
        above=attracting + margin,
        late=_LATE * scenario.epsilon,
    )


def _many_lanes(scenario: NanoScenario, seed: int, analysed: Sequence[int]) -> ManyLanes:
    return ManyLanes(
        lanes=_MANY,
        analysed=np.array(analysed, np.int64),
        analysed_gravity=_gravity(scenario, analysed),
        sample_every=CHUNK,
        mu=np.array([agent.mu for agent in scenario.agents], np.float64),
        massive=np.array(scenario.massive, np.int64),
        primary=np.array(scenario.orbited_rows, np.int64),
        is_read=_is_read(scenario),
        interval=scenario.interval,
        parameters=_parameters(scenario, seed),
    )


def _gravity(scenario: NanoScenario, analysed: Sequence[int]) -> Floats:
    return np.array([scenario.gravity[a] for a in analysed], np.float64)


def _is_read(scenario: NanoScenario) -> Integers:
    read = np.isin(np.arange(len(scenario.agents)), scenario.read_by_others)
    return read.astype(np.int64)


def _parameters(scenario: NanoScenario, seed: int) -> Parameters:
    """Return the scalars of member 0."""
    return Parameters(
        scenario.dt_min, scenario.dt_span, scenario.epsilon, np.uint64(seed), np.uint64(0)
    )
