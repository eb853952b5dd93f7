from __future__ import annotations

import pytest

from sim.errors import LimitError
from sim.limits import Limits
from sim.scenario import NANO, PropagationRequest, Trajectory

LIMITS = Limits(max_steps=1_000_000, max_work=10_000_000)


@pytest.mark.parametrize("steps", [0, -1, 1_000_001])
def test_steps_outside_the_limits_are_refused_with_the_largest_allowed(steps: int) -> None:
    with pytest.raises(LimitError, match="1,000,000"):
        LIMITS.check_steps(steps)


def test_a_request_within_the_limits_is_returned() -> None:
    request = PropagationRequest(1_000_000, Trajectory(seed=3))
    assert LIMITS.check(request) is request


def test_too_much_work_is_refused_with_what_would_fit() -> None:
    with pytest.raises(LimitError, match="at most 1,000 members would fit, and with so many"):
        LIMITS.check(PropagationRequest(10_000, members=1_001))


def test_a_time_beyond_the_limits_is_refused_before_anything_is_computed() -> None:
    LIMITS.check_time(NANO, 1e4)
    with pytest.raises(LimitError, match="ask for an earlier time"):
        LIMITS.check_time(NANO, 1e9)
