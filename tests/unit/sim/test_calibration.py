"""Claims about the speed that this machine is found to have."""

from __future__ import annotations

import time

import pytest

from sim.calibration import chain_speed, lane_speed, speed_for
from sim.cost_model import member_seconds, opened_seconds
from sim.engine import Propagation
from sim.ensemble.block import compute_block
from sim.ensemble.nominal import nominal_of
from sim.scenario import NANO, PropagationRequest, Trajectory

OTHER_S = 4.0  # times as long, at most, as a machine that others use may make it


def test_the_speed_tells_how_long_a_chain_takes() -> None:
    steps = 1_000_000
    Propagation.open(Trajectory(seed=1), 1_000)
    begun = time.thread_time()
    Propagation.open(Trajectory(seed=1), steps)
    taken_s = time.thread_time() - begun
    told_s = opened_seconds(NANO, steps) / chain_speed()
    assert told_s / OTHER_S < taken_s < told_s * OTHER_S


def test_the_speed_tells_how_long_members_in_lanes_take() -> None:
    request = PropagationRequest(20_000, Trajectory(seed=1), members=256)
    nominal = nominal_of(request)
    compute_block(request, nominal, 0, 1)
    begun = time.thread_time()
    compute_block(request, nominal, 0, request.members)
    taken_s = time.thread_time() - begun
    told_s = request.members * member_seconds(request) / lane_speed()
    assert told_s / OTHER_S < taken_s < told_s * OTHER_S


def test_it_is_found_once() -> None:
    found = chain_speed(), lane_speed()
    begun = time.perf_counter()
    for _ in range(1_000):
        assert (chain_speed(), lane_speed()) == found
    assert time.perf_counter() - begun < 1.0


@pytest.mark.parametrize(("members", "speed"), [(1, chain_speed), (2, lane_speed)])
def test_an_ensemble_has_the_speed_of_lanes(members: int, speed: object) -> None:
    assert callable(speed)
    assert speed_for(PropagationRequest(500, members=members)) == speed()
