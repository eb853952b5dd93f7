"""Messages between `porta serve` and its supervisor: a plan one way, events the other, as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Event", "Kind", "Lines", "Plan"]

Kind = Literal["started", "ready", "waiting", "restarted", "repaired", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to embed, for which data directory; `lock` is the file descriptor of its lock."""

    data: str
    lock: int
    host: str
    port: int
    redis: bool
    gateway: bool
    porta: bool
    notebook: bool = False

    def to_text(self) -> str:
        """Return it as one command line argument."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Plan:
        """Read what `to_text` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened to a managed process, or to all; `detail` is a sentence, or a JSON object."""

    kind: Kind
    process: str = ""
    detail: str = ""
    pid: int | None = None

    def to_line(self) -> bytes:
        """Return it as one line."""
        return json.dumps(asdict(self)).encode() + b"\n"


class Lines:
    """Decodes events from a stream of bytes; keeps an incomplete line for the next call."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Event]:
        """Yield the events that are complete with `data`."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            value = cast("dict[str, object]", json.loads(line))
            yield Event(**value)  # type: ignore[arg-type] # written by Event.to_line
