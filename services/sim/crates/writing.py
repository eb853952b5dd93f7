"""Writes a crate: a folder or a zip with request, result, checkpoints and table.

Guarantees:

- It appears when all of it is written, and never in the place of anything.
- All its files but the description depend on the request and on versions alone. The description has
  a date, which RO-Crate requires (`datePublished`): that of SOURCE_DATE_EPOCH where it is set, else
  the one that is given. A zip has no other times, and its files are in one order.

https://reproducible-builds.org/docs/source-date-epoch/
"""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from sim.crates.contents import (
    CHECKPOINTS,
    DESCRIPTION,
    ENSEMBLE,
    ENVIRONMENT,
    MANIFEST,
    MEMBERS,
    RECORDS,
    REQUEST,
    seal_of,
)
from sim.crates.environment import environment_of
from sim.errors import OutputError, RequestError
from sim.export.whole_file import unfinished_path, whole_file
from sim.strictjson import canonical_json
from sim.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from sim.scenario import PropagationRequest

__all__ = ["CrateContents", "check_crate", "is_crate", "write_crate", "zip_crate"]

ZIP: Final = ".zip"
CRATE: Final = ".crate"
PROFILE: Final = "1.3"  # that of the context that the package rocrate brings along
LICENSE: Final = "None is stated here: it is for those who publish the crate to choose one."
_TIME: Final = (1980, 1, 1, 0, 0, 0)  # the first that a zip can have
_PARQUET: Final = "application/vnd.apache.parquet"
_JSON: Final = "application/json"
_TITLES: Final = {
    REQUEST: ("Request", "What Porta was asked for: what POST /api/v1/propagations takes."),
    MANIFEST: ("Result", "What is told of the result, with the checksum to recompute it by."),
    ENVIRONMENT: ("Environment", "The versions of Porta, its model and what computes."),
    CHECKPOINTS: (
        "Checkpoints",
        "The states at the intervals' starts and at the end, from which the records follow.",
    ),
    RECORDS: ("Records", "The trajectory: a row for each step of each agent."),
    ENSEMBLE: ("Ensemble", "Quantiles, survival and outcomes of the members, agent by agent."),
    MEMBERS: ("Members", "The table of members: a row for each member and agent at its end."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CrateContents:
    """What a crate is of: a request, what is told of its result, and its tables.

    `files` are Parquet or JSON by the names of `sim.crates.contents`, each as pieces. `day` is when
    the result was computed.
    """

    request: PropagationRequest
    result: Mapping[str, Any]
    files: Mapping[str, Iterable[bytes]]
    day: date


def is_crate(name: str) -> bool:
    """Whether an output's name asks for a crate.

    >>> is_crate("orbit.crate/"), is_crate("orbit.crate.zip"), is_crate("orbit/")
    (True, True, False)
    """
    return name.rstrip("/").removesuffix(ZIP).endswith(CRATE)


def check_crate(path: Path) -> None:
    """Refuse what `write_crate` would refuse, before anything is computed; raises RequestError."""
    _refuse_to_replace(path)
    _needed()
    _stated_day()


def write_crate(path: Path, contents: CrateContents) -> None:
    """Write a crate as a folder or, where the name ends so, as a zip.

    Raises RequestError for what `check_crate` refuses; OutputError.
    """
    check_crate(path)
    with _as_output_errors(path), _unfinished(path) as folder:
        _write_files(folder, contents)
        _describe(folder, contents)
        _refuse_to_replace(path)  # writing may have taken long
        if path.suffix == ZIP:
            zip_crate(folder, path)
        else:
            folder.replace(path)


def _refuse_to_replace(path: Path) -> None:
    if os.path.lexists(path):  # also a link to nothing, which would be written through
        raise RequestError(str(path), "is there already; choose another name, or remove it.")
    if not path.parent.is_dir():
        raise RequestError(str(path.parent), "is no directory to write to.")


def _needed() -> Any:  # noqa: ANN401 - a module
    try:
        from rocrate import rocrate
    except ImportError:
        raise RequestError(
            "A crate", "needs the package rocrate: install Porta with its extra, porta[crate]."
        ) from None
    return rocrate


@contextmanager
def _unfinished(path: Path) -> Iterator[Path]:
    folder = unfinished_path(path.parent)
    folder.mkdir()
    try:
        yield folder
    finally:
        with suppress(OSError):
            shutil.rmtree(folder)


@contextmanager
def _as_output_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(str(path), error.strerror or str(error)) from error


def _write_files(folder: Path, contents: CrateContents) -> None:
    model = contents.request.trajectory.scenario.model
    request = contents.request.to_json()
    manifest = {
        "id": contents.request.id,
        "model": model.version,
        "request": request,
        "result": contents.result,
    }
    for name, document in (
        (REQUEST, request),
        (MANIFEST, manifest),
        (ENVIRONMENT, environment_of(model)),
    ):
        (folder / name).write_bytes(canonical_json(document).encode() + b"\n")
    for name, pieces in contents.files.items():
        with (folder / name).open("xb") as file:
            file.writelines(pieces)


def _describe(folder: Path, contents: CrateContents) -> None:
    """Write the description of what is in the folder, each file with its size and SHA-256."""
    crate = _needed().ROCrate(version=PROFILE)
    crate.name = f"Porta {contents.request.id}"
    crate.description = _described(contents.request)
    crate.root_dataset["datePublished"] = (_stated_day() or contents.day).isoformat()
    crate.license = LICENSE
    names = sorted(path.name for path in folder.iterdir())
    files = {
        name: crate.add_file(folder / name, name, properties=_of_file(folder / name))
        for name in names
    }
    _add_action(crate, files, contents.request)
    crate.root_dataset["identifier"] = seal_of(crate.metadata.generate())
    crate.write(folder)


def _described(request: PropagationRequest) -> str:
    what = f"An ensemble of {request.members:,} members" if request.is_ensemble else "A run"
    model = request.trajectory.scenario.model
    return (
        f"{what} of {request.steps:,} steps, computed by Porta {VERSION} with the model "
        f"{model.name}, version {model.version}. The request determines every bit of it: porta "
        "verify computes it again. The date of publication is that of SOURCE_DATE_EPOCH where it "
        "was set, else the day on which the result was computed."
    )


def _of_file(path: Path) -> dict[str, str]:
    title, description = _TITLES[path.name]
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "name": title,
        "description": description,
        "encodingFormat": _PARQUET if path.suffix == ".parquet" else _JSON,
        "contentSize": str(path.stat().st_size),
        "sha256": digest,
    }


def _add_action(
    crate: Any,  # noqa: ANN401 - of a package without types
    files: Mapping[str, Any],
    request: PropagationRequest,
) -> None:
    """Add what has made what: of the request, with these versions, the other files."""
    from rocrate.model import ContextEntity

    properties = {"@type": "CreateAction", "name": f"The propagation {request.id}"}
    action = crate.add(ContextEntity(crate, "#propagation", properties=properties))
    action["instrument"] = files[ENVIRONMENT]
    action["object"] = files[REQUEST]
    made = files.keys() - {ENVIRONMENT, REQUEST}
    action["result"] = [files[name] for name in sorted(made)]


def _stated_day() -> date | None:
    """Return the day of SOURCE_DATE_EPOCH, None where it is not set; raises RequestError."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return None
    try:
        return datetime.fromtimestamp(int(epoch), UTC).date()
    except (ValueError, OverflowError, OSError):
        raise RequestError(
            "SOURCE_DATE_EPOCH", f"must be a number of seconds since 1970, not {epoch[:40]!r}."
        ) from None


def zip_crate(folder: Path, path: Path) -> None:
    """Write a crate's files as one, uncompressed: the tables are compressed already.

    The bytes depend on those of the files alone. Raises OSError.
    """
    with whole_file(path) as file, zipfile.ZipFile(file, "w") as archive:
        names = sorted(one.name for one in folder.iterdir())
        names.sort(key=lambda name: name != DESCRIPTION)  # first, for those who list it
        for name in names:
            entry = zipfile.ZipInfo(name, _TIME)
            entry.external_attr = 0o644 << 16
            with (
                (folder / name).open("rb") as source,
                archive.open(entry, "w", force_zip64=True) as target,
            ):
                shutil.copyfileobj(source, target)
