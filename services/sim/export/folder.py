"""A folder of Parquet parts: which export it holds, which parts of it, and whether that is all.

Guarantees:

- One process at a time writes to a folder: it holds a lock, which the system releases when the
  process ends, however it ends.
- `_manifest.json` says which request the folder is of, and for each part its intervals, rows, bytes
  and SHA-256. `complete` is false from the start until every part is there.
- It has a seal of its own, so that a change of any byte of it shows.
- Its `provenance` is what a single file of the same records says of itself
  (`sim.export.metadata`), with the propagation's checksum once all parts are there.
- Parts that an earlier export of the same request left are kept if their checksums are right.
- Nothing is deleted but what an export has written.

The name of the manifest begins with an underscore, so that readers of Parquet folders pass it by.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Final

from sim.errors import OutputError, RequestError
from sim.export.metadata import SEAL, Metadata, seal_of
from sim.export.whole_file import UNFINISHED, whole_file
from sim.records import schema_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sim.scenario import PropagationRequest

__all__ = ["ExportFolder", "Part", "manifest_bytes", "part_name"]

MANIFEST: Final = "_manifest.json"
LOCK: Final = ".porta.lock"
KIND: Final = "porta export"
PART: Final = re.compile(r"part-[0-9]{6,}\.parquet")
SAVED_EVERY_S: Final = 1.0  # a kill costs the parts of a second, and thousands of parts little


def part_name(number: int) -> str:
    """Return the name of a part; in the order of names, parts are in the order of computation."""
    return f"part-{number:06}.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of an export, and the iterations from the start of an interval on that it holds."""

    name: str
    interval: int
    iterations: int
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class _Manifest:
    """The manifest of a folder, as it was found."""

    request: Mapping[str, object]
    parts: list[Part]
    complete: bool
    checksum: str | None = None

    @classmethod
    def from_bytes(cls, data: bytes) -> _Manifest:
        """Read it; raises ValueError, KeyError or TypeError for anything else."""
        found = json.loads(data)
        if found["kind"] != KIND:
            raise ValueError(found["kind"])
        parts = [Part(**part) for part in found["parts"]]
        if not all(PART.fullmatch(part.name) for part in parts):
            raise ValueError(found["parts"])
        checksum = dict(found.get("provenance", {})).get("checksum")
        return cls(dict(found["request"]), parts, bool(found["complete"]), checksum)

    def in_words(self, other: Mapping[str, object]) -> str:
        """Return what it is the export of, for whoever asks with another request."""
        steps = self.request.get("steps")
        words = f"{steps} step{'s' * (steps != 1)}, seed {self.request.get('seed')}"
        if member := self.request.get("member"):
            words = f"{words}, member {member}"
        is_same = self.request.get("scenario") == other.get("scenario")
        return words if is_same else f"{words}, another scenario"


class ExportFolder:
    """A folder that this process has locked, for the export of one request."""

    def __init__(self, path: Path, request: PropagationRequest) -> None:
        self.path = path
        self.request = request
        self.complete = False
        self._parts: dict[str, Part] = {}
        self._checksum: str | None = None
        self._saved_at = 0.0

    @classmethod
    @contextmanager
    def locked(
        cls,
        path: Path,
        request: PropagationRequest,
        *,
        overwrite: bool = False,
        on_verified: Callable[[int, int], None] | None = None,
    ) -> Iterator[ExportFolder]:
        """Yield the folder, made if necessary, with the parts that are there and intact.

        With `overwrite`, the parts of any export are removed first. `on_verified` receives how many
        parts are verified, and of how many. Raises RequestError if another process writes to the
        folder, or if it holds something other than this request's export; OutputError if it can't
        be written.
        """
        with _as_output_errors(path):
            path.mkdir(parents=True, exist_ok=True)
        with _lock(path) as is_new:
            folder = cls(path, request)
            try:
                with _as_output_errors(path):
                    folder._open(overwrite=overwrite, on_verified=on_verified)
            except RequestError:
                if is_new:  # nothing is left in a folder of others
                    (path / LOCK).unlink(missing_ok=True)
                raise
            try:
                yield folder
            finally:
                with suppress(OSError):  # an error of the body says more
                    folder._sweep()
                    folder._save()

    @property
    def parts(self) -> list[Part]:
        """The parts that are there, in order."""
        return sorted(self._parts.values(), key=lambda part: part.interval)

    def has(self, name: str, interval: int, iterations: int) -> bool:
        """Return whether the part of that name is there, with just these iterations."""
        part = self._parts.get(name)
        return part is not None and (part.interval, part.iterations) == (interval, iterations)

    def add(self, unfinished: str, part: Part) -> None:
        """Give a file that a worker has written in this folder the name of its part."""
        with _as_output_errors(self.path):
            (self.path / unfinished).replace(self.path / part.name)
            self._parts[part.name] = part
            if time.monotonic() > self._saved_at + SAVED_EVERY_S:
                self._save()

    def finish(self, parts: int, checksum: str | None = None) -> None:
        """Say in the manifest that all parts are there, and how many: further ones are removed.

        `checksum` is that of the propagation, which is known by then.
        """
        self._checksum = checksum
        surplus = self._parts.keys() - {part_name(number) for number in range(parts)}
        with _as_output_errors(self.path):
            for name in surplus:  # another version of Porta divided this request differently
                (self.path / name).unlink(missing_ok=True)
                del self._parts[name]
            self.complete = True
            self._save()

    def _open(self, *, overwrite: bool, on_verified: Callable[[int, int], None] | None) -> None:
        found = self._manifest(any_request=overwrite)
        self._refuse_other_files(known=found is not None or overwrite)
        self._sweep()
        if overwrite:
            (self.path / MANIFEST).unlink(missing_ok=True)
            for name in self._named(PART):
                (self.path / name).unlink()
        elif found is not None:
            self._keep(found, on_verified)
        self._save()

    def _keep(self, found: _Manifest, on_verified: Callable[[int, int], None] | None) -> None:
        """Keep the parts that are as the manifest says."""
        for verified, part in enumerate(found.parts, 1):
            if self._is_intact(part):
                self._parts[part.name] = part
            if on_verified is not None:
                on_verified(verified, len(found.parts))
        self.complete = found.complete and len(self._parts) == len(found.parts)
        self._checksum = found.checksum if self.complete else None

    def _manifest(self, *, any_request: bool) -> _Manifest | None:
        """Return the manifest, None if there is none; raises RequestError for another's."""
        try:
            found = _Manifest.from_bytes((self.path / MANIFEST).read_bytes())
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            raise RequestError(
                str(self.path), f"has a {MANIFEST} that Porta did not write; choose another folder."
            ) from None
        mine = _request_json(self.request)
        if not any_request and found.request != mine:
            raise RequestError(
                str(self.path),
                f"holds the export of another request ({found.in_words(mine)}); choose "
                "another folder, or use --overwrite.",
            )
        return found

    def _refuse_other_files(self, *, known: bool) -> None:
        """Refuse Parquet files of others: readers of the folder would take them for its parts."""
        ours = self._named(PART) if known else []
        others = sorted({path.name for path in self.path.glob("*.parquet")} - set(ours))
        if others:
            advice = "" if known or not all(map(PART.fullmatch, others)) else ", or use --overwrite"
            raise RequestError(
                str(self.path),
                f"holds Parquet files already that this export did not write ({others[0]}); choose "
                f"another folder{advice}.",
            )

    def _is_intact(self, part: Part) -> bool:
        path = self.path / part.name
        try:
            if path.stat().st_size != part.bytes:
                return False
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == part.sha256
        except FileNotFoundError:
            return False

    def _named(self, pattern: re.Pattern[str]) -> list[str]:
        return [name for name in os.listdir(self.path) if pattern.fullmatch(name)]  # noqa: PTH208 - names only

    def _sweep(self) -> None:
        """Remove what killed workers left; those that still write will fail."""
        for name in self._named(UNFINISHED):
            (self.path / name).unlink(missing_ok=True)

    def _save(self) -> None:
        metadata = Metadata(request=self.request, checksum=self._checksum)
        with whole_file(self.path / MANIFEST) as file:
            file.write(manifest_bytes(metadata, self.parts, complete=self.complete))
        self._saved_at = time.monotonic()


def manifest_bytes(
    metadata: Metadata, parts: Sequence[Part], *, complete: bool, is_sealed: bool = True
) -> bytes:
    """Return the manifest of a folder with these parts, in order.

    `metadata` is what a single file of the same records would say of itself. Earlier versions of
    Porta wrote no seal.
    """
    columns = schema_of(metadata.request.trajectory.scenario.model).names
    document: dict[str, object] = {
        "kind": KIND,
        "complete": complete,
        "request": _request_json(metadata.request),
        "provenance": metadata.to_json(columns),
        "rows": sum(part.rows for part in parts),
        "parts": [asdict(part) for part in parts],
    }
    if is_sealed:
        document[SEAL] = seal_of(document)
    return json.dumps(document, indent=1).encode()


def _request_json(request: PropagationRequest) -> dict[str, object]:
    model = request.trajectory.scenario.model
    return {"id": request.id, "model": model.version, **request.to_json()}


@contextmanager
def _lock(path: Path) -> Iterator[bool]:
    """Hold the lock of a folder, and yield whether its file is new; raises RequestError."""
    with _as_output_errors(path):
        is_new = not (path / LOCK).exists()
        file = (path / LOCK).open("ab")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RequestError(
                str(path), "is being written to by another process; choose another folder."
            ) from None
        except OSError as error:
            raise OutputError(str(path), f"it can't be locked ({error.strerror})") from error
        if not _is_the_file(path / LOCK, file):  # its last holder has just removed it
            raise RequestError(str(path), "was being written to by another process; try again.")
        yield is_new


def _is_the_file(path: Path, file: IO[bytes]) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    return False


@contextmanager
def _as_output_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(str(path), error.strerror or str(error)) from error
