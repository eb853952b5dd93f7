"""What ties log lines together: which propagation and run they are about.

Every line on behalf of a run, in whatever task or thread, carries the run's digest and epoch;
every line on behalf of a request its id (`web/http/request_id.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from structlog.contextvars import bind_contextvars, clear_contextvars

if TYPE_CHECKING:
    from frontend.domain.run import Lease
    from sim.scenario import PropagationRequest

__all__ = ["about", "executing"]


def about(wanted: PropagationRequest) -> None:
    """Let what is logged from here on say which propagation it is about, and of which run."""
    bind_contextvars(propagation=wanted.id, run=wanted.trajectory.digest)


def executing(lease: Lease, target: int) -> None:
    """Let what is logged from here on, in this task and those it starts, say for which run."""
    clear_contextvars()
    bind_contextvars(run=lease.digest, epoch=lease.epoch, target=target)
