"""Claims about starting on somebody's behalf."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from frontend.domain.resource import Status
from frontend.errors import NotFound, QuotaExceeded
from frontend.web import commands
from sim import PropagationRequest, Trajectory
from tests.guarded import bearer

if TYPE_CHECKING:
    from tests.guarded import Guarded


def test_what_is_refused_leaves_no_run_behind(guarded: Guarded) -> None:
    with guarded.app.test_request_context("/", headers=bearer(guarded.bob)):
        for seed in range(2):
            commands.start(PropagationRequest(200_000, Trajectory(seed=seed)))
        with pytest.raises(QuotaExceeded):
            commands.start(PropagationRequest(200_000, Trajectory(seed=2)))
    assert len(guarded.services.runs.under_way()) == 2


def test_what_is_there_is_given_at_no_cost(guarded: Guarded) -> None:
    with guarded.app.test_request_context("/", headers=bearer(guarded.bob)):
        for steps in (500, 501, 502):
            assert commands.start(PropagationRequest(steps)).status is Status.COMPLETE


def test_what_nobody_asked_for_cannot_be_removed(guarded: Guarded) -> None:
    with (
        guarded.app.test_request_context("/", headers=bearer(guarded.bob)),
        pytest.raises(NotFound, match="501"),
    ):
        commands.remove(PropagationRequest(501))
