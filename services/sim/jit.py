"""Compilation of the kernel by numba, to machine code that rounds as Python does, cached on disk.

Guarantees:

- No fast-math: LLVM neither reorders nor contracts operations. Division by zero follows IEEE 754.
  Compiled functions release the GIL.
- Importing this module does not fail if no folder is writable. The cache is in NUMBA_CACHE_DIR,
  else in the user's cache folder, else in a temporary folder that only the user can write (code is
  loaded from it), else there is none.
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
    """Create the folder if necessary; return whether this user, and no other, can write to it."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = folder.lstat()
    except OSError:
        return False
    shared = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    mine = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    return mine and not shared and os.access(folder, os.W_OK | os.X_OK)


def _sources() -> str:
    """Return a digest of the kernel's sources.

    numba compiles again if the file of a function has changed, but not if that of a function that
    it calls has: https://numba.readthedocs.io/en/stable/user/5minguide.html#caching
    """
    digest = hashlib.sha256()
    for source in sorted((Path(__file__).parent / "engine" / "kernel").glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _cache_folder() -> str:
    """Return the default cache folder; '' for none."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    home = Path(cache) if cache.startswith("/") else Path("~/.cache").expanduser()
    folders = (home / "porta" / "numba", Path(tempfile.gettempdir()) / f"porta-{os.getuid()}")
    return next((str(folder / _sources()) for folder in folders if _is_ours(folder)), "")


# numba reads its environment when it is imported. Without this it fails at the first kernel if it
# can write neither beside the sources nor to HOME.
os.environ.setdefault("NUMBA_CACHE_DIR", _cache_folder())

import numba  # noqa: E402 - see above


def compiled(function: _Function) -> _Function:
    """Return a function that is compiled, or loaded from disk, at its first call."""
    cached = bool(os.environ["NUMBA_CACHE_DIR"])
    return cast("_Function", numba.njit(nogil=True, cache=cached, error_model="numpy")(function))


def inner(function: _Function) -> _Function:
    """Return a function for calls from compiled functions only; it is cached as part of these.

    It has no entry point for Python, which would take a third of the compilation time.
    """
    options: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast("_Function", numba.njit(nogil=True, error_model="numpy", **options)(function))
