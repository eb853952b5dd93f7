"""How the kernel is compiled: to machine code that rounds as Python does, kept on disk.

Guarantees:

- No fast-math: LLVM neither reorders nor contracts what the source says. Division by zero is
  IEEE-754's. Compiled functions release the GIL.
- Importing this never fails for want of a folder that can be written to: compiled code is kept
  where NUMBA_CACHE_DIR says, else in the user's cache folder, else in a temporary one that is
  the user's alone (code is loaded from it), else not at all.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["compiled", "inner"]

_Function = TypeVar("_Function", bound="Callable[..., object]")


def _is_ours(folder: Path) -> bool:
    """Make the folder if need be; return whether we can write to it, and nobody else can."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = folder.lstat()
    except OSError:
        return False
    shared = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    mine = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    return mine and not shared and os.access(folder, os.W_OK | os.X_OK)


def _sources() -> str:
    """Return a name for the kernel's sources as they are.

    numba compiles again when the file of a function has changed, but not when that of another
    has which it calls: https://numba.readthedocs.io/en/stable/user/5minguide.html#caching
    """
    digest = hashlib.sha256()
    for source in sorted((Path(__file__).parent / "engine" / "kernel").glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _cache_folder() -> str:
    """Return where compiled code is kept when nobody has said where; '' for nowhere."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    home = Path(cache) if cache.startswith("/") else Path("~/.cache").expanduser()
    folders = (home / "porta" / "numba", Path(tempfile.gettempdir()) / f"porta-{os.getuid()}")
    return next((str(folder / _sources()) for folder in folders if _is_ours(folder)), "")


# Before numba is imported, which reads its environment then, and fails at the first kernel if
# it can write neither beside the sources nor to HOME.
os.environ.setdefault("NUMBA_CACHE_DIR", _cache_folder())

import numba  # noqa: E402 - see above


def compiled(function: _Function) -> _Function:
    """Return the function compiled at its first call, or loaded from disk."""
    kept = bool(os.environ["NUMBA_CACHE_DIR"])
    return cast("_Function", numba.njit(nogil=True, cache=kept, error_model="numpy")(function))


def inner(function: _Function) -> _Function:
    """Return the function compiled for other compiled functions only, and kept as a part of them.

    Without an entry for Python, which takes a third of the time to compile.
    """
    options: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast("_Function", numba.njit(nogil=True, error_model="numpy", **options)(function))
