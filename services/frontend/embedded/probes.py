"""Asking a server whether it is there; each question is short, and no answer is an answer."""

from __future__ import annotations

import http.client
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Answer", "get", "redis_answers"]

PATIENCE_S: Final = 0.25  # others wait for their turn meanwhile
BODY_LIMIT: Final = 4_096
OK: Final = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP."""

    status: int
    body: str

    @property
    def ok(self) -> bool:
        """Whether it was a plain success."""
        return self.status == OK


def get(address: str, path: str) -> Answer | None:
    """Ask `host:port` for a path; None if nobody answered in time."""
    connection = http.client.HTTPConnection(address, timeout=PATIENCE_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return Answer(response.status, response.read(BODY_LIMIT).decode("utf-8", "replace"))
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def redis_answers(path: Path) -> bool:
    """Tell whether a Redis server at a unix socket answers, and has loaded what it keeps."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(PATIENCE_S)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False
