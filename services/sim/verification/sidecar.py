"""What stands beside a file of text: held to the bytes of the file, and to its own seal."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from sim.export.metadata import SEAL, seal_of, sidecar_path
from sim.strictjson import canonical_json
from sim.verification.outcome import WITHOUT_SEAL, Difference

if TYPE_CHECKING:
    from sim.verification.stored import TextFile

__all__ = ["sidecar_finding"]

_OF_NO_FILE: Final = (
    "Its sidecar does not have the size and the SHA-256 of the file, as those that Porta writes "
    "have: the file was held to its request alone."
)


def sidecar_finding(stored: TextFile) -> Difference | str:
    """Return what is different in the sidecar of a file, or a note on what it can't tell, or "".

    What it says of the request is held to that elsewhere.
    """
    said = stored.metadata
    if "file" not in said:  # as /api/v1/propagations/ID/metadata is, which is of no file
        return _OF_NO_FILE
    with stored.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        found = {"bytes": file.tell(), "sha256": digest}
    if said["file"] != found:
        return Difference(
            where="bytes and SHA-256 of the file, which its sidecar has",
            stored=f"{said['file']}",
            recomputed=f"{found}",
        )
    if SEAL not in said:
        return WITHOUT_SEAL.format("Its sidecar")
    seal = seal_of(said)
    due = canonical_json({**said, SEAL: seal}).encode() + b"\n"
    with sidecar_path(stored.path).open("rb") as file:
        if file.read(len(due) + 1) == due:
            return ""
    return Difference(where="the seal of its sidecar", stored=str(said[SEAL]), recomputed=seal)
