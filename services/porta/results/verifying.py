"""Verifies results that are at hand: computes them again, and compares.

By default all of it if that takes about a second, else a sample; the outcome says which share.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from porta.arguments import allowed
from porta.errors import porta_errors
from porta.results.saving import save_ensemble

if TYPE_CHECKING:
    from porta.sources import EnsembleSource, RunSource
    from sim.verification import Effort, Verification

__all__ = ["verify_ensemble", "verify_run"]


def verify_run(source: RunSource, *, everything: bool) -> Verification:
    """Verify a run: its checkpoints, and what is told of it."""
    from sim.verification.results import verify_propagation

    with porta_errors():
        return verify_propagation(
            source.propagation, source.request, _effort(everything=everything)
        )


def verify_ensemble(source: EnsembleSource, *, everything: bool) -> Verification:
    """Verify an ensemble: the rows of its members and, if all are computed, its summary.

    The rows go through a file of their own, so that memory stays bounded.
    """
    from sim.verification import verify_file
    from sim.verification.paths import named, temporary_folder

    request = source.request
    what = f"the ensemble {request.id}"
    with porta_errors(), temporary_folder(what) as folder:
        path = save_ensemble(source, folder / "members.parquet", sidecar=False)
        with named(path, what):
            found = verify_file(path, _effort(everything=everything))
    return replace(found, what=what, id=request.id)


def _effort(*, everything: bool) -> Effort:
    from sim.verification import Effort

    return Effort(everything=everything, most_work=allowed(os.environ).max_work)
