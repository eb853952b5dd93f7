"""TLS for tests: authorities that exist for a test, and servers behind their certificates."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import redis
import trustme
from testcontainers.core.container import DockerContainer

from tests.processes import eventually
from tests.redis_servers import OWNER_LABEL, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority; `file` is what clients trust."""

    file: Path
    of_server: Path
    key: Path


def authority(folder: Path, *names: str) -> Authority:
    """Make an authority, with a certificate for servers of these names."""
    folder.mkdir(exist_ok=True)
    made = trustme.CA()
    server = made.issue_cert(*names)
    result = Authority(folder / "ca.pem", folder / "server.pem", folder / "key.pem")
    made.cert_pem.write_to_path(result.file)
    server.cert_chain_pems[0].write_to_path(result.of_server)
    server.private_key_pem.write_to_path(result.key)
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755)  # also for the user of a container
    return result


@contextlib.contextmanager
def redis_over_tls(image: str, served: Authority) -> Iterator[str]:
    """Run a Redis that accepts only TLS, in a container; yield its URL."""
    port, inside = free_port(), "/tls"
    command = [
        *("redis-server", "--port", "0", "--tls-port", "6379", "--tls-auth-clients", "no"),
        *("--tls-cert-file", f"{inside}/{served.of_server.name}"),
        *("--tls-key-file", f"{inside}/{served.key.name}"),
        *("--tls-ca-cert-file", f"{inside}/{served.file.name}", "--protected-mode", "no"),
    ]
    container = (
        DockerContainer(image)
        .with_bind_ports(6379, port)
        .with_command(command)
        .with_volume_mapping(str(served.file.parent), inside, "ro")
        .with_kwargs(labels={OWNER_LABEL: str(os.getpid())})
    )
    with container:
        eventually(lambda: _answers(port, served))
        yield f"rediss://{HOST}:{port}/0"


def _answers(port: int, served: Authority) -> bool:
    url = f"rediss://{HOST}:{port}/0"
    with (
        contextlib.suppress(redis.ConnectionError, redis.TimeoutError),
        contextlib.closing(redis.Redis.from_url(url, ssl_ca_certs=str(served.file))) as client,
    ):
        return bool(client.ping())
    return False


@contextlib.contextmanager
def terminated(served: Authority, port: int) -> Iterator[int]:
    """Terminate TLS on a port of its own, and forward to `port`; yield the former."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(served.of_server, served.key)
    with socket.create_server((HOST, 0)) as listening:
        thread = threading.Thread(target=_take, args=(listening, context, port), daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def _take(listening: socket.socket, context: ssl.SSLContext, port: int) -> None:
    while True:
        try:
            taken, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(taken, context, port), daemon=True).start()


def _serve(taken: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with (
        contextlib.suppress(OSError),
        taken,
        context.wrap_socket(taken, server_side=True) as outside,
        socket.create_connection((HOST, port)) as inside,
    ):
        back = threading.Thread(target=_pass_on, args=(inside, outside), daemon=True)
        back.start()
        _pass_on(outside, inside)
        back.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
