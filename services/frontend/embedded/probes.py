"""Probes of the embedded servers: each is short, and a failed connection is not an error."""

from __future__ import annotations

import http.client
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Answer", "get", "redis_answers"]

TIMEOUT_S: Final = 0.25  # the supervisor probes one server after the other
BODY_LIMIT: Final = 4_096
OK: Final = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response."""

    status: int
    body: str

    @property
    def ok(self) -> bool:
        """Whether the status is 200."""
        return self.status == OK


def get(address: str, path: str) -> Answer | None:
    """GET a path from `host:port`; None if no response came in time."""
    connection = http.client.HTTPConnection(address, timeout=TIMEOUT_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return Answer(response.status, response.read(BODY_LIMIT).decode("utf-8", "replace"))
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def redis_answers(path: Path) -> bool:
    """Return whether the Redis server at a unix socket answers, and has loaded its data."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(TIMEOUT_S)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False
