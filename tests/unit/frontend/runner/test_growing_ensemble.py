"""Claims about what a result of an ensemble's run may keep while it grows."""

from __future__ import annotations

from frontend.runner.growing_ensemble import Account
from sim.scenario import PropagationRequest, Trajectory
from tests.ensemble_results import blocks_of

REQUEST = PropagationRequest(50, Trajectory(seed=3), 40)


def test_blocks_are_kept_while_there_is_room_and_all_are_accounted_for() -> None:
    blocks = blocks_of(REQUEST, size=10)
    sizes = [sum(map(len, block.parts.values())) for block in blocks]
    account = Account(budget=sizes[0] + sizes[1])
    assert [account.add(block) for block in blocks] == [True, True, False, False]
    assert account.budget == 0
    assert account.members == REQUEST.members
    assert account.core_s == sum(block.seconds for block in blocks)


def test_a_block_without_room_takes_none_so_that_a_smaller_one_may_have_it() -> None:
    small, large = blocks_of(PropagationRequest(50, Trajectory(seed=3), 30), size=20)
    if sum(map(len, small.parts.values())) > sum(map(len, large.parts.values())):
        small, large = large, small
    account = Account(budget=sum(map(len, small.parts.values())))
    assert not account.add(large)
    assert account.add(small)


def test_a_rate_is_finite_from_the_first_moment() -> None:
    assert Account(budget=0).elapsed_s > 0
