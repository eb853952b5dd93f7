"""Results as files: the suffix says which format, and a file is whole or not there.

The bytes are those that the command line and a server write of the same request.
"""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from porta.errors import ArgumentError, ArgumentTypeError, OutputError, porta_errors

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date

    import pyarrow as pa

    from porta.results.selection import Selection
    from porta.sources import EnsembleSource, RunSource
    from sim.export.metadata import Metadata

__all__ = ["save_ensemble", "save_members", "save_run"]

_WHERE: Final = "path"


def save_run(source: RunSource, path: object, selection: Selection, *, sidecar: bool) -> Path:
    """Write records, or states at times, to a file, or all of a run to a crate."""
    from sim.export import FORMATS, Reread, export, export_states

    if _is_crate(path):
        if not selection.is_all or sidecar:
            raise ArgumentError(
                _WHERE, "A crate has all records and says itself what it is: give its name alone."
            )
        return _save_run_crate(source, _path(path))
    if _is_folder(path):
        if not selection.is_all or sidecar:
            raise ArgumentError(
                _WHERE, "A folder has all records and says itself what it is: give its name alone."
            )
        from porta.results.parts import save_parts

        save_parts(source, _path(path))
        return _path(path)
    formats = {form.suffix: form.name for form in FORMATS.values()}
    target, name = _target(path, formats, ", or end with / for a folder")
    write = export if selection.times is None else export_states
    with porta_errors():
        FORMATS[name].check(source.request.trajectory.scenario)
        schema = selection.schema(source)
        batches = Reread(lambda: selection.batches(source))
        _write(target, write(batches, FORMATS[name], schema))
        _write_sidecar(target, selection.metadata(source), schema, wanted=sidecar)
    return target


def save_ensemble(source: EnsembleSource, path: object, *, sidecar: bool) -> Path:
    """Write all members to a file, or all of an ensemble to a crate."""
    if not _is_crate(path):
        return save_members(source, path, {}, "", sidecar=sidecar)
    if sidecar:
        raise ArgumentError(_WHERE, "A crate says itself what it is: leave out sidecar.")
    from sim.crates.making import crate_of_ensemble
    from sim.crates.writing import write_crate

    rows = source.rows(where={}, sort="")
    target = _path(path)
    with porta_errors():
        write_crate(target, crate_of_ensemble(source.request, source.document(), rows, _today()))
    return target


def save_members(
    source: EnsembleSource,
    path: object,
    where: Mapping[str, Collection[str]],
    sort: str,
    *,
    sidecar: bool,
) -> Path:
    """Write rows of members to a file."""
    from sim.ensemble.table import table_schema
    from sim.export import FORMATS
    from sim.export.metadata import described
    from sim.export.tables import TABLES

    if _is_crate(path):
        raise ArgumentError(_WHERE, "A crate has all of an ensemble: save the ensemble itself.")
    target, name = _target(path, {FORMATS[name].suffix: name for name in TABLES})
    with porta_errors():
        metadata = _of_members(source, where, sort)
        schema = described(table_schema(source.request.trajectory.scenario), metadata)
        _write(target, TABLES[name](source.rows(where=where, sort=sort), schema))
        _write_sidecar(target, metadata, schema, wanted=sidecar)
    return target


def _of_members(
    source: EnsembleSource, where: Mapping[str, Collection[str]], sort: str
) -> Metadata:
    """Return what a file of members says of itself."""
    from sim.export.metadata import Chosen, Metadata
    from sim.strictjson import canonical_json

    summary = canonical_json(source.document()).encode()
    chosen = Chosen(
        kind="members",
        where={name: tuple(sorted(words)) for name, words in where.items()},
        sort=sort or None,
    )
    return Metadata(
        request=source.request, chosen=chosen, checksum=hashlib.sha256(summary).hexdigest()
    )


def _target(path: object, formats: dict[str, str], also: str = "") -> tuple[Path, str]:
    """Return where to write, and the name of the format that the suffix means.

    `also` is what else could be chosen, in words.
    """
    target = _path(path)
    if target.suffix not in formats:
        raise ArgumentError(
            _WHERE,
            f"The suffix of {str(target)!r} is none of {', '.join(formats)}; choose one{also}.",
        )
    if not target.parent.is_dir():
        raise ArgumentError(_WHERE, f"There is no folder {str(target.parent)!r} to write to.")
    return target, formats[target.suffix]


def _path(path: object) -> Path:
    if not isinstance(path, str | os.PathLike):
        raise ArgumentTypeError(
            _WHERE, f"{_WHERE} must be the path of a file, not of type {type(path).__name__}."
        )
    return Path(path)


def _write(target: Path, pieces: Iterable[bytes]) -> None:
    from sim.export import whole_file

    try:
        with whole_file(target) as file:
            for piece in pieces:
                file.write(piece)
    except OSError as error:
        raise OutputError(f"{target} can't be written: {error.strerror}.") from error


def _write_sidecar(target: Path, metadata: Metadata, schema: pa.Schema, *, wanted: bool) -> None:
    """Write beside a file what it is of, if that is wanted."""
    from sim.export.metadata import sidecar_of, sidecar_path

    if wanted:
        with target.open("rb") as file:
            _write(sidecar_path(target), [sidecar_of(file, metadata, schema.names)])


def _is_folder(path: object) -> bool:
    """Whether a folder of parts is meant: its name ends with a slash, or it is there, without one.

    A folder whose name has a suffix is meant only with a slash.
    """
    target = _path(path)
    return str(path).endswith("/") or (not target.suffix and target.is_dir())


def _is_crate(path: object) -> bool:
    from sim.crates.writing import is_crate

    return is_crate(str(_path(path)))


def _save_run_crate(source: RunSource, path: Path) -> Path:
    from sim.crates.making import crate_of_run
    from sim.crates.writing import write_crate

    with porta_errors():
        write_crate(path, crate_of_run(source.request, source.propagation, _today()))
    return path


def _today() -> date:
    """Return the day, which an RO-Crate must have; SOURCE_DATE_EPOCH takes its place where set."""
    return datetime.now(UTC).date()
