"""Verifies a folder of Parquet parts: what its manifest says, and the records of each part."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet

from sim.errors import DamagedError, VerificationError
from sim.export.folder import MANIFEST, PART, Part, manifest_bytes, part_name
from sim.export.metadata import SEAL, Chosen, Metadata
from sim.verification.files import verify_file
from sim.verification.outcome import (
    MOST_DIFFERENCES,
    WITHOUT_SEAL,
    Difference,
    Verification,
)
from sim.verification.remade import RemadeRecords, refuse_too_much
from sim.verification.results import told_differences
from sim.verification.stated import read_metadata
from sim.verification.stored import read_json

if TYPE_CHECKING:
    from pathlib import Path

    from sim.engine import Propagation
    from sim.verification.effort import Effort

__all__ = ["verify_folder"]


@dataclass(frozen=True, slots=True)
class _Folder:
    path: Path
    metadata: Metadata
    parts: list[Part]
    complete: bool
    manifest: Any


def verify_folder(path: Path, effort: Effort) -> Verification:
    """Verify a folder that an export has written; raises VerificationError where that can't be."""
    folder = _read(path)
    refuse_too_much(folder.metadata.request, effort, str(path))
    remade = RemadeRecords(metadata=folder.metadata, effort=effort, what=str(path))
    takes_all = effort.takes_all(remade.seconds)
    differences = [*_missing(folder), *_checksum(folder, remade)]
    chosen = folder.parts
    if not takes_all:
        reached = remade.propagation.steps
        interval = folder.metadata.request.trajectory.interval
        within = [p for p in folder.parts if p.interval * interval + p.iterations <= reached]
        part_s = remade.seconds / max(1, len(folder.parts))
        chosen = effort.sampled(
            within, effort.count(part_s, len(within)), folder.metadata.request.id
        )
    for done, part in enumerate(chosen, 1):
        if len(differences) >= MOST_DIFFERENCES:
            break
        differences += _of_part(folder, part, effort, remade.propagation)
        effort.on_progress(done / len(chosen))
    differences += _manifest(folder)  # what says most comes first
    return Verification(
        what=str(path),
        id=folder.metadata.request.id,
        share=_share(folder, chosen, effort, is_all=takes_all),
        is_all=takes_all,
        differences=tuple(differences),
        notes=() if SEAL in folder.manifest else (WITHOUT_SEAL.format(MANIFEST),),
    )


def _share(folder: _Folder, chosen: list[Part], effort: Effort, *, is_all: bool) -> str:
    if is_all:
        rows = sum(part.rows for part in folder.parts)
        return effort.share(rows, rows, "record")
    return effort.share(len(chosen), max(len(chosen), len(folder.parts)), "part")


def _read(path: Path) -> _Folder:
    what, found = str(path), read_json(path / MANIFEST)
    try:
        said, complete = found["provenance"], bool(found["complete"])
        parts = [Part(**part) for part in found["parts"]]
        are_parts = all(_is_part(part) for part in parts)
    except (KeyError, TypeError):
        raise VerificationError(
            what,
            f"has a {MANIFEST} without provenance: an earlier Porta wrote it, or another program. "
            "Export it again with --overwrite.",
        ) from None
    if not are_parts or not isinstance(found.get(SEAL, ""), str):
        raise VerificationError(what, f"has a {MANIFEST} whose parts or seal can't be so.")
    return _Folder(path, read_metadata(what, said), parts, complete, found)


def _is_part(part: Part) -> bool:
    numbers: list[Any] = [part.interval, part.iterations, part.rows, part.bytes]
    texts: list[Any] = [part.name, part.sha256]
    return (
        all(type(number) is int and number >= 0 for number in numbers)
        and all(isinstance(text, str) for text in texts)
        and PART.fullmatch(part.name) is not None
    )


def _missing(folder: _Folder) -> list[Difference]:
    """Return whether parts are missing, or too many."""
    steps, request = sum(part.iterations for part in folder.parts), folder.metadata.request
    length, at = request.trajectory.interval, 0
    for part in folder.parts:
        if part.interval * length != at:
            break
        at += part.iterations
    differences = []
    if not folder.complete or at != request.steps or steps != request.steps:
        stored = f"{'' if folder.complete else 'an incomplete export: '}{at:,} steps in a row"
        differences.append(
            Difference(where="the parts", stored=stored, recomputed=f"{request.steps:,} steps")
        )
    known = {part.name for part in folder.parts}
    there = {one.name for one in folder.path.glob("*.parquet")}
    if there - known:
        name = min(there - known)
        differences.append(
            Difference(where=f"the part {name}", stored="a file", recomputed="no such part")
        )
    return differences


def _checksum(folder: _Folder, remade: RemadeRecords) -> list[Difference]:
    stated = folder.metadata.checksum
    if not remade.is_whole or (stated is None and not folder.complete):
        return []
    recomputed = remade.propagation.checkpoints_checksum
    if stated == recomputed:
        return []
    where = f"the checksum in {MANIFEST}"
    return [Difference(where=where, stored=str(stated), recomputed=recomputed)]


def _manifest(folder: _Folder) -> list[Difference]:
    """Return where the manifest is not what an export of these parts has written."""
    said, parts = folder.metadata, sorted(folder.parts, key=lambda part: part.interval)
    if folder.complete:
        parts = [replace(part, name=part_name(at)) for at, part in enumerate(parts)]
    due = manifest_bytes(
        Metadata(request=said.request, checksum=said.checksum, porta=said.porta),
        parts,
        complete=folder.complete,
        is_sealed=SEAL in folder.manifest,
    )
    with (folder.path / MANIFEST).open("rb") as file:
        if file.read(len(due) + 1) == due:
            return []
    outside = Difference(
        where=f"{MANIFEST}, outside its values", stored="other bytes", recomputed="these"
    )
    found = told_differences(folder.manifest, json.loads(due)) or [outside]
    return [replace(one, where=one.where.replace("its manifest", MANIFEST)) for one in found]


def _of_part(
    folder: _Folder, part: Part, effort: Effort, propagation: Propagation
) -> list[Difference]:
    """Return the first difference in a part: its bytes are as noted, its records as remade."""
    path = folder.path / part.name
    chosen = Chosen(interval=part.interval, iterations=part.iterations)
    try:
        if not path.is_file() and path.exists():  # a pipe would be waited for
            raise DamagedError(str(path), "is no file.")
        with path.open("rb") as file:
            digest, size = hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
        due = Metadata(request=folder.metadata.request, chosen=chosen)
        whole = replace(effort, everything=True, on_progress=lambda _: None)
        of_part = verify_file(path, whole, expected=due, propagation=propagation)
    except (OSError, VerificationError) as error:
        return [Difference(where=part.name, stored=str(error), recomputed="a part")]
    found = [
        Difference(where=f"{part.name}, {one.where}", stored=one.stored, recomputed=one.recomputed)
        for one in of_part.differences[:1]
    ]
    if not found and (digest, size) != (part.sha256, part.bytes):
        where = f"the SHA-256 of {part.name} in {MANIFEST}"
        found = [Difference(where=where, stored=part.sha256, recomputed=digest)]
    if not found and (rows := pa.parquet.read_metadata(path).num_rows) != part.rows:
        where = f"the rows of {part.name} in {MANIFEST}"
        found = [Difference(where=where, stored=str(part.rows), recomputed=str(rows))]
    return found
