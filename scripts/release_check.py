#!/usr/bin/env python3

"""Checks a release as its users get it: from the sdist, without the repository and its lock.

    make release-check

It builds the sdist, and from that the wheel; installs the wheel by itself and with each extra into
new environments, resolved anew, and asks of each what the extra is for; and runs the tour on
`porta serve`, from an empty directory. That is done with every Python of those that Porta supports
that is on this machine. For the others it shows that there are wheels for everything.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HOUSE: Final = Path(__file__).parents[1]
UV: Final = Path(sys.executable).with_name("uv")
CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")  # as in the Makefile
PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")
FROM_A_CLONE: Final = ("infra",)  # extras that are of use in a clone only
ENDS_S: Final = 30
NOTEBOOK_S: Final = 300

IMPORTED: Final = """
import porta
propagation = porta.propagate(1000)
assert propagation.table().num_rows > 1000, propagation
print(propagation)
"""
NO_COMMAND_LINE: Final = """
import subprocess, sys
done = subprocess.run([sys.argv[1], "web"], capture_output=True, text=True)
assert done.returncode == 1 and "porta[frontend]" in done.stderr, done
"""
PLOTTED: Final = """
import matplotlib
matplotlib.use("Agg")
import porta
porta.propagate(1000).plot().figure.savefig("orbit.png")
"""
TOUR: Final = """
import sys
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=int(sys.argv[2])).execute()
print(sum(cell.cell_type == "code" for cell in notebook.cells), "cells of the tour have run")
"""


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment with the wheel in it, an empty directory to work in, and a cache."""

    bin: Path
    work: Path
    cache: Path

    @property
    def environ(self) -> dict[str, str]:
        """The variables of what runs in it; the cache keeps the compiled kernels."""
        return outside() | {"XDG_CACHE_HOME": str(self.cache)}

    def run(self, *command: str, **environ: str) -> str:
        """Run a command of the environment; its output is shown where it fails."""
        done = subprocess.run(  # noqa: S603 -- commands of this file
            (str(self.bin / command[0]), *command[1:]),
            cwd=self.work,
            env={**self.environ, **environ},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{' '.join(command[:2])} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def python(self, code: str, *arguments: str, **environ: str) -> str:
        """Run Python code."""
        return self.run("python", "-c", code, *arguments, **environ)


def main() -> None:
    """Check everything, in the order of a release; exits with 1 at the first fault."""
    with tempfile.TemporaryDirectory(prefix="porta-release-") as name:
        folder = Path(name)
        wheel = built(folder)
        say(f"built {wheel.name}, from the sdist")
        extras = [extra for extra in declared_extras() if extra not in FROM_A_CLONE]
        for version in PYTHONS:
            python = found(version)
            if python is None:
                resolve(wheel, version)
                say(
                    f"Python {version} is not on this machine; every requirement has a wheel for it"
                )
                continue
            for extra in ("", *extras):
                with installed(wheel, extra, python, folder) as environment:
                    check(environment, extra)
                say(f"Python {version}: porta{f'[{extra}]' if extra else ''} works")


def built(folder: Path) -> Path:
    """Build the sdist, and the wheel from what it holds; return the wheel."""
    hatchling("sdist", HOUSE, folder / "dist")
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "source", filter="data")
    (source,) = (folder / "source").iterdir()
    hatchling("wheel", source, folder / "dist")
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


def hatchling(target: str, source: Path, folder: Path) -> None:
    """Build one target; the build backend is that of this environment."""
    call((sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)), source)


def declared_extras() -> list[str]:
    """Return the names of the extras."""
    declared = tomllib.loads((HOUSE / "pyproject.toml").read_text(encoding="utf-8"))
    return list(declared["project"]["optional-dependencies"])


def found(version: str) -> str | None:
    """Return a Python of this machine; uv downloads none for it."""
    done = uv("python", "find", "--no-python-downloads", "--system", version, check=False)
    return done.stdout.strip() or None


def resolve(wheel: Path, version: str) -> None:
    """Resolve everything that the wheel may need, with wheels only; exits where that can't be."""
    asked = wheel.parent / "asked.in"
    asked.write_text(f"porta[all] @ {wheel.as_uri()}\n", encoding="utf-8")
    only = ("--only-binary", ":all:", "--python-version", version)
    uv("pip", "compile", *only, "--quiet", "-o", str(wheel.parent / f"{version}.txt"), str(asked))


@contextmanager
def installed(wheel: Path, extra: str, python: str, folder: Path) -> Iterator[Environment]:
    """Make an environment with the wheel and one extra, always at the same path.

    So the kernels, which numba keeps by the paths of their sources, are compiled once.
    """
    home, work = folder / "environment", folder / "work"
    work.mkdir()
    uv("venv", "--quiet", "--clear", "--python", python, str(home))
    asked = f"porta[{extra}] @ {wheel.as_uri()}" if extra else str(wheel)
    more = ("nbclient",) if extra == "all" else ()
    uv("pip", "install", "--quiet", "--python", str(home / "bin" / "python"), asked, *more)
    try:
        yield Environment(home / "bin", work, folder / "cache")
    finally:
        shutil.rmtree(work)


def check(environment: Environment, extra: str) -> None:
    """Ask of an environment what it is for."""
    environment.python(IMPORTED)
    match extra:
        case "":
            environment.python(NO_COMMAND_LINE, str(environment.bin / "porta"))
        case "frontend":
            environment.run("porta", "propagate", "1000", "--output", "orbit.parquet")
        case "local":
            with serving(environment):
                pass
        case "plot" | "notebook":
            environment.python(PLOTTED)
        case "all":
            check_tour(environment)


def check_tour(environment: Environment) -> None:
    """Run the tour as `porta serve --notebook` opens it, on its Gateway."""
    with serving(environment, "--notebook"):
        data = environment.work / "data"
        config = str(data / "run" / "dask.yaml")
        tour = str(data / "notebooks" / "tour.ipynb")
        print(environment.python(TOUR, tour, str(NOTEBOOK_S), DASK_CONFIG=config), end="")  # noqa: T201 -- what a script is for


@contextmanager
def serving(environment: Environment, *options: str) -> Iterator[None]:
    """Run `porta serve`, from when it says that it is ready; exits where it doesn't."""
    command = (
        *(str(environment.bin / "porta"), "serve", "--port", free_port(), "--data", "data"),
        *options,
    )
    with subprocess.Popen(  # noqa: S603 -- the wheel's own command
        command, cwd=environment.work, env=environment.environ, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None  # noqa: S101 -- it was started with a pipe
            if "Porta is at" not in process.stdout.readline():
                sys.exit("porta serve did not start")
            yield
        finally:
            process.terminate()
            process.wait(ENDS_S)


def free_port() -> str:
    """Return a port that is free at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


def outside() -> dict[str, str]:
    """Return the environment without what would lead back to the repository."""
    left_out = ("PYTHONPATH", "VIRTUAL_ENV", "PORTA_", "DASK_", "REDIS_")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


def uv(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Call uv, without settings of the user's."""
    certificates = ("--system-certs",) if CERTIFICATES.exists() else ()
    return call((str(UV), "--no-config", *certificates, *arguments), HOUSE, check=check)


def call(
    command: Sequence[str], folder: Path, *, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a command; exits with what it said where it fails."""
    done = subprocess.run(  # noqa: S603 -- commands of this file
        command, cwd=folder, env=outside(), capture_output=True, text=True, check=False
    )
    if check and done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done


def say(sentence: str) -> None:
    """Print what has been shown."""
    print(sentence, flush=True)  # noqa: T201 -- what a script is for


if __name__ == "__main__":
    main()
