"""Computes in this process: one run on one core, an ensemble on all of them."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from porta.execution.computed import ComputedMembers, ComputedRun
    from porta.sources import Report
    from sim.scenario import PropagationRequest

__all__ = ["InProcess"]

_COMPILING = "compiling, once on this machine"


@dataclass(frozen=True, slots=True)
class InProcess:
    """This process, with so many threads for an ensemble; None for one for each core."""

    threads: int | None = None

    def propagation(self, request: PropagationRequest, report: Report) -> ComputedRun:
        """Compute one run, which is a chain of steps; raises SimError."""
        from porta.execution.computed import ComputedRun
        from sim import jit
        from sim.engine.computed import compute

        report.begin(request.steps, "propagating")
        with jit.announced(lambda: report.say(_COMPILING)):
            found = compute(request, on_progress=report.reach)
        report.reach(request.steps)
        answer = request.subject.request(found.propagation.steps)
        return ComputedRun(answer, found.propagation, found.stopped)

    def ensemble(self, request: PropagationRequest, report: Report) -> ComputedMembers:
        """Compute an ensemble; Ctrl-C ends it after the blocks that are under way."""
        from porta.execution.computed import ComputedMembers
        from sim import jit
        from sim.ensemble.computed import compute

        report.begin(request.members, "propagating")
        ended = threading.Event()
        try:
            with jit.announced(lambda: report.say(_COMPILING)):
                found = compute(
                    request,
                    threads=self.threads or os.cpu_count() or 1,
                    on_progress=report.reach,
                    cancelled=ended,
                )
        finally:
            ended.set()
        return ComputedMembers(found)
