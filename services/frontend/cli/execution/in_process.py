"""Computes a propagation in this process, without Redis and without Dask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frontend.cli.progress_bar import Progress
from sim.engine import computed
from sim.ensemble.computed import compute

if TYPE_CHECKING:
    from sim.engine import Propagation
    from sim.ensemble.computed import ComputedEnsemble
    from sim.scenario import PropagationRequest

__all__ = ["ensemble", "propagation"]


def ensemble(request: PropagationRequest, *, keep_members: bool) -> ComputedEnsemble:
    """Return an ensemble, computed on all cores of this machine."""
    with Progress.of(request.members, "propagating") as bar:
        return compute(request, keep_members=keep_members, on_progress=bar.reach)


def propagation(request: PropagationRequest) -> Propagation:
    """Return the propagation, computed stretch by stretch so that progress can be shown.

    Of an order, that which it comes to.
    """
    with Progress.of(request.steps, "propagating") as bar:
        # No figure is drawn, so nothing is held for one: a thousand agents take gigabytes.
        found = computed.compute(request, held_bytes=0, on_progress=bar.reach)
        bar.reach(request.steps)
    return found.propagation
