"""What `porta serve` asks of its guardian, and what the guardian tells it, as lines of JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Event", "Kind", "Lines", "Plan"]

Kind = Literal["started", "ready", "waiting", "restarted", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which servers are embedded in which data folder; `lock` is the descriptor of its lock."""

    data: str
    lock: int
    host: str
    port: int
    redis: bool
    gateway: bool
    porta: bool

    def to_text(self) -> str:
        """Write it as one argument."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Plan:
        """Read it again."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a part, or to all; `detail` is a sentence, or a JSON object."""

    kind: Kind
    part: str = ""
    detail: str = ""
    pid: int | None = None

    def to_line(self) -> bytes:
        """Write it as one line."""
        return json.dumps(asdict(self)).encode() + b"\n"


class Lines:
    """Events out of a stream of bytes, whole lines only."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Event]:
        """Give the events that are complete with `data`."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            value = cast("dict[str, object]", json.loads(line))
            yield Event(**value)  # type: ignore[arg-type] # written by Event.to_line
