"""The container images, built once a session, and their commands confined as on Kubernetes.

They are built on a base that the engine has: `PORTA_TEST_IMAGE_BASE`, the official Python image,
or what scripts/debian-base-image makes. With `PORTA_TEST_DOCKER=required` one must be there.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import subprocess
import tempfile
import uuid
from pathlib import Path
from platform import machine
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).parents[1]
BASES: Final = ("python:3.12-slim-bookworm", "porta-base:debian")
CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
# What the build secrets hold beside what they are needed for, to look for it in the image.
MARKS: Final = {"PIP_CONFIG_FILE": "porta-mark-of-pip", "CA": "porta-mark-of-certificates"}
VERSION: Final = "0.0.0"
BUILD_S: Final = 1_600.0
# Two of the three processors: kernels for one take some two minutes of a core.
LEVELS: Final = ("x86-64-v2", "x86-64-v3")
FEWER: Final = ("--build-arg", f"KERNELS={' '.join(LEVELS)}") if machine() == "x86_64" else ()
ENDED_S: Final = 300.0
# What Kubernetes gives it: no root, nothing to write to but /tmp, no capability.
CONFINED: Final = (
    *("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"),  # noqa: S108 -- in the container
    *("--security-opt", "no-new-privileges"),
)


def run(*command: str, within_s: float = ENDED_S, environ: Mapping[str, str] | None = None) -> str:
    """Run a command that must succeed; return what it prints, errors too."""
    done = subprocess.run(  # noqa: S603 -- the tests' own commands
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=within_s,
        check=False,
        cwd=ROOT,
        env={**os.environ, **(environ or {})},
    )
    assert done.returncode == 0, done.stdout[-3_000:]
    return done.stdout.strip()


def inspected(kind: str, name: str) -> dict[str, Any]:
    """Return what the engine knows of an image or a container."""
    (found,) = json.loads(run("docker", kind, "inspect", name))
    return dict(found)


@functools.cache
def built(target: str) -> str:
    """Return the tag of a target of the Dockerfile, newly built unless nothing has changed."""
    tag = f"porta-test-{target}:{VERSION}"
    with tempfile.TemporaryDirectory() as folder:
        environ = {"BASE": _base(), **_secrets(Path(folder))}
        build = ("scripts/build-image", target, tag, "--network", "host", *FEWER)
        run(*build, within_s=BUILD_S, environ=environ)
    return tag


def said(image: str, *command: str, environ: Mapping[str, str] | None = None) -> str:
    """Return what a command prints in a container of its own."""
    return run("docker", "run", "--rm", "--network=host", *_options(environ), image, *command)


@contextlib.contextmanager
def started(
    image: str,
    *command: str,
    network: str = "host",
    environ: Mapping[str, str] | None = None,
    options: tuple[str, ...] = (),
) -> Iterator[str]:
    """Start a container, by default with the image's own command; it is gone afterwards."""
    name = f"porta-test-{uuid.uuid4().hex[:8]}"
    options = ("--detach", "--name", name, *options, *_options(environ))
    run("docker", "run", f"--network={network}", *options, image, *command)
    try:
        yield name
    finally:
        run("docker", "rm", "--force", "--volumes", name)


def becomes_healthy(container: str, within_s: float) -> bool:
    """Wait until the image's own check says that the container is healthy."""

    def look() -> bool:
        state = inspected("container", container)["State"]
        assert state["Running"], run("docker", "logs", container)
        return bool(state["Health"]["Status"] == "healthy")

    return eventually(look, within_s=within_s)


def _options(environ: Mapping[str, str] | None) -> tuple[str, ...]:
    return (*CONFINED, *(f"--env={name}={value}" for name, value in (environ or {}).items()))


def _base() -> str:
    asked = os.environ.get("PORTA_TEST_IMAGE_BASE")
    for candidate in (asked,) if asked else BASES:
        with contextlib.suppress(AssertionError, FileNotFoundError):
            run("docker", "image", "inspect", candidate)
            return candidate
    reason = "no base to build images on (scripts/debian-base-image makes one)"
    if os.environ.get("PORTA_TEST_DOCKER") == "required":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _secrets(folder: Path) -> dict[str, str]:
    """Write the build secrets: what this machine needs, each with its mark."""
    needed = {"PIP_CONFIG_FILE": os.environ.get("PIP_CONFIG_FILE"), "CA": str(CERTIFICATES)}
    secrets: dict[str, str] = {}
    for name, mark in MARKS.items():
        origin = Path(needed[name] or os.devnull)
        if name == "CA" and not origin.exists():
            continue
        secrets[name] = str(folder / name)
        (folder / name).write_text(f"# {mark}\n{origin.read_text(encoding='utf-8')}")
    return secrets
