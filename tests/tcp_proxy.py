"""A TCP proxy that loses replies of a server, or holds calls, as a test decides."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from tests.redis_servers import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK: Final = 65_536


class Fate(Enum):
    """What the proxy does with a call."""

    GO_ON = "it and its reply go on"
    LOSE_REPLY = "it is carried out, and its connection breaks before the reply is there"
    HOLD = "it does not arrive, and its connection stays open"


@dataclass
class TcpProxy:
    """Connections to `upstream`; `judge` decides the fate of what a client sends."""

    upstream: tuple[str, int]
    port: int = field(default_factory=free_port)
    judge: Callable[[bytes], Fate] = lambda _call: Fate.GO_ON

    def serve(self, listening: socket.socket) -> None:
        """Accept connections until the socket is closed."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = listening.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with (
            client,
            contextlib.suppress(OSError),
            socket.create_connection(self.upstream) as server,
        ):
            lost = threading.Event()
            back = threading.Thread(target=_replies, args=(server, client, lost), daemon=True)
            back.start()
            while call := client.recv(CHUNK):
                fate = self.judge(call)
                if fate is Fate.HOLD:
                    client.recv(1)  # until the client is gone
                    return
                if fate is Fate.LOSE_REPLY:
                    lost.set()
                server.sendall(call)


def _replies(server: socket.socket, client: socket.socket, lost: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while reply := server.recv(CHUNK):
            if lost.is_set():
                break
            client.sendall(reply)
    for one in (client, server):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def proxy(upstream: tuple[str, int]) -> Iterator[TcpProxy]:
    """Run a proxy on a loopback port of its own."""
    between = TcpProxy(upstream)
    with socket.create_server(("127.0.0.1", between.port)) as listening:
        threading.Thread(target=between.serve, args=(listening,), daemon=True).start()
        yield between
