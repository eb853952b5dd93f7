"""Ports that stay reserved until their server listens on them.

A bound socket that does not listen keeps the system from giving its port to another program. On
Linux a server with SO_REUSEADDR (all embedded servers set it) can bind and listen beside it. So a
port stays reserved from start to end, also while a server that died is restarted. On other
systems the port is released just before its server starts.
"""

from __future__ import annotations

import errno
import os
import socket
import sys

from frontend.embedded.errors import PortTaken

__all__ = ["LOOPBACK", "Port", "hold"]

LOOPBACK = "127.0.0.1"
SHARED_WITH_LISTENER = sys.platform == "linux"


class Port:
    """A reserved port on one address."""

    def __init__(self, host: str, held: socket.socket) -> None:
        self.host = host
        self.number: int = held.getsockname()[1]
        self._held = held

    @property
    def address(self) -> str:
        """The address as `host:port`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.number}"

    def hand_over(self) -> None:
        """Let the server that is about to start listen on the port."""
        if not SHARED_WITH_LISTENER:
            self.release()

    def release(self) -> None:
        """Give up the port."""
        self._held.close()


def hold(host: str = LOOPBACK, number: int = 0) -> Port:
    """Reserve a port, or a free one if `number` is 0; raises PortTaken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        held = socket.socket(family, kind, protocol)
    except OSError as error:
        raise PortTaken(host, number, error.strerror or str(error)) from error
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind(address)
    except OSError as error:
        held.close()
        raise PortTaken(host, number, _reason(error)) from error
    return Port(host, held)


def _reason(error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return "another program listens there"
        case errno.EADDRNOTAVAIL:
            return "this machine does not have that address"
        case errno.EACCES:
            return "you may not use that port"
        case number:
            return os.strerror(number) if number else str(error)
