"""Which way is chosen is told by what only that way does; clusters are in test_cli.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

from frontend.cli.execution import choice
from frontend.errors import FrontendError
from frontend.settings import Settings
from sim.engine import Propagation
from sim.scenario import NANO, PropagationRequest, Trajectory

REQUEST = PropagationRequest(120_000, Trajectory(seed=4))
NOWHERE = "127.0.0.1:1"


@pytest.mark.parametrize(
    "settings", [Settings(), Settings(redis_addr=NOWHERE), Settings(scheduler=f"tcp://{NOWHERE}")]
)
def test_auto_computes_here_unless_redis_and_dask_are_both_configured(settings: Settings) -> None:
    alone = Propagation.open(REQUEST.trajectory, REQUEST.steps)
    assert choice.propagation(settings, REQUEST, "auto").summary() == alone.summary()


def test_inline_computes_here_whatever_is_configured() -> None:
    settings = Settings(redis_addr=NOWHERE, scheduler=f"tcp://{NOWHERE}")
    assert choice.propagation(settings, REQUEST, "inline").steps == REQUEST.steps


def test_auto_goes_through_a_runner_where_redis_and_dask_are_configured(redis_url: str) -> None:
    settings = Settings(redis_url=redis_url, scheduler=f"tcp://{NOWHERE}", inline_work=10_000)
    with pytest.raises(FrontendError, match="No runner is alive"):
        choice.propagation(settings, REQUEST, "auto")


def test_a_trajectory_that_ends_is_an_error_of_the_frontend_with_its_sentence() -> None:
    planet, satellite = NANO.agents
    meeting = replace(NANO, agents=(planet, replace(satellite, state=planet.state)))
    with pytest.raises(FrontendError, match="at step 1"):
        choice.propagation(Settings(), PropagationRequest(500, Trajectory(meeting)), "inline")
