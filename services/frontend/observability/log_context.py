"""The context of log lines: which propagation and run they belong to.

Each line that is logged for a run, in any task or thread, has the run's digest and epoch. Each
line that is logged for a request has the request's id (`web/http/request_id.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from structlog.contextvars import bind_contextvars, clear_contextvars

if TYPE_CHECKING:
    from frontend.domain.run import Lease
    from sim.scenario import PropagationRequest

__all__ = ["about", "executing"]


def about(request: PropagationRequest) -> None:
    """Add the propagation and its run to the lines that this context logs from now on."""
    bind_contextvars(propagation=request.id, run=request.digest)


def executing(lease: Lease, target: int) -> None:
    """Add the run, and nothing else, to the lines of this task and of the tasks that it starts."""
    clear_contextvars()
    bind_contextvars(run=lease.digest, epoch=lease.epoch, target=target)
