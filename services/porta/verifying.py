"""Verifies what was written: computes again what a file, a folder or a crate says that it is.

By default all of it if that takes about a second, else a sample; the outcome says which share.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from porta.arguments import allowed
from porta.errors import ArgumentTypeError, in_python, porta_errors
from porta.numbers import whole

if TYPE_CHECKING:
    from sim.verification import Verification

__all__ = ["verify"]


def verify(
    path: str | os.PathLike[str],
    *,
    all: bool = False,  # noqa: A002 - as `porta verify --all`
    seed: int | None = None,
) -> Verification:
    """Verify what Porta has written: a file, a folder of parts, or an RO-Crate.

    It is computed again from what it says of itself, and compared: `print` the result for what was
    found, and by which share; `ok` is whether all of that was right. A sample is drawn anew each
    time, and says its `seed`, which draws the same one again. Raises VerificationError for what
    can't be verified, since it is no such file for example, or takes more than PORTA_MAX_WORK.
    """
    if not isinstance(path, str | os.PathLike):
        raise ArgumentTypeError(
            "path", f"path must be that of a file or folder, not of type {type(path).__name__}."
        )
    from sim.verification import Effort
    from sim.verification import verify as verify_path

    effort = Effort(everything=all, most_work=allowed(os.environ).max_work)
    if seed is not None:
        effort = replace(effort, seed=whole("seed", seed))
    with porta_errors():
        found = verify_path(Path(path), effort)
    return replace(found, notes=tuple(map(in_python, found.notes)))
