"""What a file says of itself: of which request it is, and what it takes to compute it again.

Guarantees:

- It is canonical JSON, and depends on the request, the selection and Porta's version alone: no
  time and no host. Parquet and Arrow files hold it in their schema's metadata under `porta`; of
  text, a file beside it does (`sidecar_of`), with the SHA-256 of the text and a seal of its own.
- `Metadata.from_json` raises RequestError or ScenarioError for anything that `to_json` does not
  return, and builds nothing that is larger than what it reads.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, get_args

from sim.errors import RequestError
from sim.export.meanings import Kind, meanings
from sim.scenario import PropagationRequest, Subject, canonical_json
from sim.strictjson import fields_of
from sim.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from io import BufferedReader
    from pathlib import Path

    import pyarrow as pa

    from sim.kernel import Floats

__all__ = [
    "FORMAT",
    "KEY",
    "MEMBERS",
    "RECORDS",
    "SIDECAR",
    "Chosen",
    "Metadata",
    "chosen_times",
    "described",
    "read_request",
    "seal_of",
    "sidecar_of",
    "sidecar_path",
]

FORMAT: Final = 1
"""The version of the metadata's own form; another one is refused."""
KEY: Final = b"porta"
"""Under which a schema's metadata has it."""
SIDECAR: Final = ".meta.json"
"""The end of the name of the file beside a file of text."""

SEAL: Final = "seal"
"""Under which a document that no other file has the digest of, has a digest of all else in it."""

_FIELDS: Final = frozenset(
    {"format", "porta", "model", "request", "id", "selection", "checksum", "columns"}
)
_WHOLE: Final = frozenset({"every", "max_points", "limit", "interval", "iterations"})
_NUMBERS: Final = frozenset({"t0", "t1"})
_TEXTS: Final = frozenset({"sort", "cursor"})
_SHA256: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which rows a file has: all of a kind, unless it says less.

    Of `records`: those that overlap the window `t0` to `t1`, `every` so-manyth of each agent, at
    most `max_points`, or so many `iterations` from an `interval` on, as a part of a folder has. Of
    `states` their `times`: how many, and the SHA-256 of their bytes. Of `members` those `where` a
    column has one of some values, in the order of `sort`, up to a `limit` from a `cursor` on.
    """

    kind: Kind = "records"
    t0: float | None = None
    t1: float | None = None
    every: int | None = None
    max_points: int | None = None
    interval: int | None = None
    iterations: int | None = None
    times: tuple[int, str] | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str | None = None
    limit: int | None = None
    cursor: str | None = None

    def to_json(self) -> dict[str, object]:
        """Return what is chosen, without what is not."""
        named = {
            name: value
            for name in sorted(_WHOLE | _NUMBERS | _TEXTS)
            if (value := getattr(self, name)) is not None
        }
        chosen: dict[str, object] = {"kind": self.kind, **named}
        if self.times is not None:
            chosen["times"] = {"count": self.times[0], "sha256": self.times[1]}
        if self.where:
            chosen["where"] = {name: list(values) for name, values in self.where.items()}
        return chosen

    @classmethod
    def from_json(cls, value: object) -> Chosen:
        """Read what `to_json` returned; raises ScenarioError and RequestError."""
        optional = _WHOLE | _NUMBERS | _TEXTS | {"times", "where"}
        fields = fields_of(value, "selection", frozenset({"kind"}), optional=optional)
        if fields["kind"] not in get_args(Kind):
            raise RequestError("selection.kind", f"must be one of {', '.join(get_args(Kind))}.")
        for names, kinds, what in (
            (_WHOLE, (int,), "a whole number above 0"),
            (_NUMBERS, (int, float), "a number"),
            (_TEXTS, (str,), "a text"),
        ):
            for name in names & fields.keys():
                number = fields[name]
                is_right = isinstance(number, kinds) and not isinstance(number, bool)
                least = 0 if name == "interval" else 1
                if not is_right or (names is _WHOLE and number < least):
                    raise RequestError(f"selection.{name}", f"must be {what}.")
        read = {name: fields[name] for name in fields if name not in {"times", "where"}}
        return cls(**read, times=_times_of(fields), where=_where_of(fields))


def _times_of(fields: Mapping[str, Any]) -> tuple[int, str] | None:
    match fields.get("times"):
        case None:
            return None
        case {"count": int(count), "sha256": str(digest)} if count > 0 and len(digest) == _SHA256:
            return count, digest
    raise RequestError("selection.times", "must have a count above 0, and a SHA-256 in hex.")


def _where_of(fields: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    where = fields.get("where", {})
    if not isinstance(where, dict) or not all(
        isinstance(values, list) and all(isinstance(one, str) for one in values)
        for values in where.values()
    ):
        raise RequestError("selection.where", "must have a list of texts for each column.")
    return {name: tuple(values) for name, values in where.items()}


RECORDS: Final = Chosen()
"""All records."""
MEMBERS: Final = Chosen(kind="members")
"""All members."""


def chosen_times(times: Floats) -> Chosen:
    """Return the choice of the states at some times, float64[T]."""
    return Chosen(kind="states", times=(times.size, hashlib.sha256(times.tobytes()).hexdigest()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Of which request a file is, and which rows of its result it has.

    `checksum` is the propagation's, as its manifest has it; of an ensemble the SHA-256 of its
    summary. None where it is not known yet when the file is written, as in a folder's parts.
    `porta` is the version that has written the file, `model` the version of the model.
    """

    request: PropagationRequest
    chosen: Chosen = RECORDS
    checksum: str | None = None
    porta: str = VERSION
    model: str = ""

    def __post_init__(self) -> None:
        if not self.model:
            object.__setattr__(self, "model", self.request.trajectory.scenario.model.version)

    def to_json(self, names: list[str]) -> dict[str, object]:
        """Return it as JSON, with the meanings of the columns with these names."""
        scenario = self.request.trajectory.scenario
        return {
            "format": FORMAT,
            "porta": self.porta,
            "model": {"name": scenario.model.name, "version": self.model},
            "request": self.request.to_json(),
            "id": self.request.id,
            "selection": self.chosen.to_json(),
            "checksum": self.checksum,
            "columns": meanings(self.chosen.kind, names, scenario.units),
        }

    def canonical(self, names: list[str]) -> bytes:
        """Return its canonical JSON, as a file holds it."""
        return canonical_json(self.to_json(names)).encode()

    @classmethod
    def from_json(cls, value: object) -> Metadata:
        """Read parsed JSON; raises RequestError and ScenarioError.

        What follows from the request (its id, its columns) is not read: a reader compares the whole
        with `to_json`.
        """
        optional = frozenset({"file", SEAL})
        fields = fields_of(value, "metadata", _FIELDS, optional=optional)
        if fields["format"] != FORMAT:
            raise RequestError("metadata.format", f"must be {FORMAT}; read it by a newer Porta.")
        porta, checksum = fields["porta"], fields["checksum"]
        if not isinstance(porta, str) or not (checksum is None or isinstance(checksum, str)):
            raise RequestError("metadata", "must have texts as porta and as checksum.")
        model = fields_of(fields["model"], "metadata.model", frozenset({"name", "version"}))
        if not isinstance(model["version"], str):
            raise RequestError("metadata.model.version", "must be a text.")
        _check_file(fields)
        return cls(
            request=read_request(fields["request"]),
            chosen=Chosen.from_json(fields["selection"]),
            checksum=checksum,
            porta=porta,
            model=model["version"],
        )


def _check_file(fields: Mapping[str, Any]) -> None:
    """Raise RequestError for what a sidecar can't say of its file, or of itself."""
    if not isinstance(fields.get(SEAL, ""), str):
        raise RequestError(f"metadata.{SEAL}", "must be a text.")
    match fields.get("file", {"bytes": 0, "sha256": ""}):
        case {"bytes": size, "sha256": str(), **others} if type(size) is int and not others:
            return
    raise RequestError("metadata.file", "must have its bytes, a whole number, and its sha256.")


def read_request(value: object) -> PropagationRequest:
    """Read what `PropagationRequest.to_json` returned; raises RequestError and ScenarioError."""
    if not isinstance(value, dict) or "steps" not in value:
        raise RequestError("request", "must be an object that has steps.")
    subject = Subject.from_json({name: part for name, part in value.items() if name != "steps"})
    return subject.request(value["steps"])


def described(schema: pa.Schema, metadata: Metadata) -> pa.Schema:
    """Return a schema whose files say of themselves what the metadata says."""
    return schema.with_metadata({KEY: metadata.canonical(schema.names)})


def sidecar_of(file: BufferedReader, metadata: Metadata, names: list[str]) -> bytes:
    """Return what stands beside a file: its metadata, size and SHA-256 of its bytes, and a seal."""
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    document = {**metadata.to_json(names), "file": {"bytes": file.tell(), "sha256": digest}}
    return canonical_json({**document, SEAL: seal_of(document)}).encode() + b"\n"


def seal_of(document: Mapping[str, object]) -> str:
    """Return a digest of all of a document but its seal: a change to any of it shows."""
    rest = {name: value for name, value in document.items() if name != SEAL}
    return f"sha256:{hashlib.sha256(canonical_json(rest).encode()).hexdigest()}"


def sidecar_path(path: Path) -> Path:
    """Return where the sidecar of a file is: beside it, its name with `.meta.json`."""
    return path.with_name(path.name + SIDECAR)
