"""Verification: computes again what a file, a folder, a crate or a result says that it is.

outcome    what was found out: which share was looked at, and the first differences
effort     how much is recomputed: all of it, or as much as takes about a second
paths      paths that are looked at, and temporary files
stored     files as they are stored, read in bounded memory
arrow_blocks  what the blocks of an Arrow file say of themselves, before they are unpacked
stated     what files say of themselves, held to what follows from it
sidecar    what stands beside a file of text, held to that file and to its own seal
remade     the rows that a file should have, computed again
members    the table of an ensemble's members, computed again
comparing  tables, bit by bit
lines      text, line by line
files      one file
folder     a folder of Parquet parts
crate      an RO-Crate, a folder or a zip
results    a propagation or an ensemble that is held in memory, or was stored

>>> from pathlib import Path
>>> verify(Path("orbit.parquet"))
Traceback (most recent call last):
sim.errors.VerificationError: orbit.parquet can't be read: No such file or directory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.crates.contents import DESCRIPTION
from sim.errors import RequestError, ScenarioError, VerificationError
from sim.export.folder import MANIFEST
from sim.verification.crate import is_crate, verify_crate
from sim.verification.effort import Effort
from sim.verification.files import verify_file
from sim.verification.folder import verify_folder
from sim.verification.outcome import Difference, Verification
from sim.verification.paths import exists, is_folder

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Difference", "Effort", "Verification", "verify", "verify_file", "verify_folder"]


def verify(path: Path, effort: Effort | None = None) -> Verification:
    """Verify a file, a folder of parts, or a crate; raises VerificationError where that can't be.

    By default all of it if that takes about a second, else a sample.
    """
    effort = effort or Effort()
    try:
        return _verified(path, effort)
    except (RequestError, ScenarioError) as error:
        raise VerificationError(
            str(path), f"says of itself what can't be computed: {error}"
        ) from None


def _verified(path: Path, effort: Effort) -> Verification:
    if is_crate(path):
        return verify_crate(path, effort)
    if not is_folder(path):
        return verify_file(path, effort)
    if exists(path / MANIFEST):
        return verify_folder(path, effort)
    raise VerificationError(
        str(path),
        f"has neither {MANIFEST} nor {DESCRIPTION}: it is no folder that Porta has exported.",
    )
