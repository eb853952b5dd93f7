"""Compilation of the kernel by numba, to machine code that rounds as Python does, cached on disk.

Guarantees:

- No fast-math: LLVM neither reorders nor contracts operations. Division by zero follows IEEE 754.
  Compiled functions release the GIL.
- Importing this module does not fail if no folder is writable. The cache is in NUMBA_CACHE_DIR if
  that is set, and no other folder is looked for. Else it is in the user's cache folder, else in a
  temporary folder that only the user can write (code is loaded from it), else there is none.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from llvmlite import binding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = [
    "announced",
    "compilable",
    "compiled",
    "implements",
    "inlined",
    "inner",
    "leaf",
    "wide_vectors",
]

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
    """Return a digest of the sources of all kernels and of their models.

    numba compiles again if the file of a function has changed, but not if that of a function that
    it calls has: https://numba.readthedocs.io/en/stable/user/5minguide.html#caching
    """
    digest = hashlib.sha256()
    here = Path(__file__).parent
    # What kernels call of plain Python, beside their own:
    plain = [here / f"{name}.py" for name in ("elementary", "normals", "osculating")]
    for source in sorted([*here.glob("kernel/*.py"), *here.glob("models/**/*.py"), *plain]):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _cache_folder() -> str:
    """Return the default cache folder; '' for none."""
    return next((str(folder / _sources()) for folder in _folders() if _is_ours(folder)), "")


def _folders() -> Iterator[Path]:
    cache = os.environ.get("XDG_CACHE_HOME", "")
    with suppress(RuntimeError):  # neither HOME nor the system knows a home of this user
        home = Path(cache) if cache.startswith("/") else Path("~/.cache").expanduser()
        yield home / "porta" / "numba"
    with suppress(FileNotFoundError):  # there is no temporary folder that can be written
        yield Path(tempfile.gettempdir()) / f"porta-{os.getuid()}"


def _is_usable(folder: str) -> bool:
    """Return whether numba can cache in this folder, which it creates if it is missing.

    It is not created here: the image's locator copies its kernels to a folder that is missing.
    """
    if not folder:
        return False
    path = Path(folder).absolute()
    existing = next(each for each in (path, *path.parents) if os.path.exists(each))  # noqa: PTH110 - Path.exists may raise
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)


# numba reads its environment when it is imported. Without this it fails at the first kernel if it
# can write neither beside the sources nor to HOME.
if "NUMBA_CACHE_DIR" not in os.environ:
    os.environ["NUMBA_CACHE_DIR"] = _cache_folder()

_CACHED: Final = _is_usable(os.environ["NUMBA_CACHE_DIR"])


def wide_vectors(name: str, features: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return what to set so that numba uses vectors of 512 bits on a processor that has them.

    On many of these LLVM prefers 256 bits, with which the lanes of ensembles are a third slower. No
    bit depends on the width: there is no fast-math. What the user has set stays.
    """
    chosen = {"NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", "NUMBA_ENABLE_AVX"} & set(environment)
    if chosen or "+avx512f" not in features.split(","):
        return {}
    return {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": f"{features},-prefer-256-bit"}


os.environ.update(
    wide_vectors(binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten(), os.environ)
)

import numba  # noqa: E402 - see above
import numba.extending  # noqa: E402 - see above
from numba.core import event  # noqa: E402 - see above


def compiled(function: _Function) -> _Function:
    """Return a function that is compiled, or loaded from disk, at its first call."""
    return cast("_Function", numba.njit(nogil=True, cache=_CACHED, error_model="numpy")(function))


def inner(function: _Function) -> _Function:
    """Return a function for calls from compiled functions only; it is cached as part of these.

    It has no entry point for Python, which would take a third of the compilation time. It may make
    arrays, also where a `leaf` calls it: else it would inherit that one's option.
    """
    options: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": True}
    return cast("_Function", numba.njit(nogil=True, error_model="numpy", **options)(function))


def compilable(*functions: Callable[..., object]) -> None:
    """Have compiled calls of these plain functions call them compiled; others do not change.

    So what is written once runs as it is in processes that load no kernel, and compiled.
    """
    for function in functions:
        numba.extending.register_jitable(nogil=True, error_model="numpy")(function)


def leaf(function: _Function) -> _Function:
    """Return a function as `inner` does, for one that makes no array: it counts no references.

    Counting those of its arguments takes longer than the work of a short function with many arrays.
    """
    options: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
    return cast("_Function", numba.njit(nogil=True, error_model="numpy", **options)(function))


def inlined(function: _Function) -> _Function:
    """Return a function as `leaf` does, whose body stands in its callers.

    LLVM would call a long one, and makes no vector instructions of loops with calls.
    """
    options: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
    options["forceinline"] = True
    return cast("_Function", numba.njit(nogil=True, error_model="numpy", **options)(function))


def implements(
    generic: Callable[..., object], system: type, *, as_leaf: bool = False
) -> Callable[[_Function], _Function]:
    """Have compiled calls of `generic` with such a system, a NamedTuple, call what is decorated.

    `as_leaf`: it is compiled as a `leaf` is.

    So a loop is written once for all models, and compiled for each with the model's own functions
    in it. (numba does not cache functions that take compiled functions as arguments.)
    """

    def register(function: _Function) -> _Function:
        def chosen(*given: Any) -> Any:  # noqa: ANN401 - numba's protocol
            return function if getattr(given[0], "instance_class", None) is system else None

        options: Any = {"nogil": True, "error_model": "numpy", "_nrt": not as_leaf}
        numba.extending.overload(generic, jit_options=options, strict=False)(chosen)
        return function

    return register


class _Announcement(event.Listener):
    """Calls a function when the first compilation begins."""

    def __init__(self, announce: Callable[[], object]) -> None:
        self._announce: Callable[[], object] | None = announce

    def on_start(self, event: object) -> None:  # noqa: ARG002 - numba's signature
        announce, self._announce = self._announce, None
        if announce is not None:
            announce()

    def on_end(self, event: object) -> None:
        pass


@contextmanager
def announced(announce: Callable[[], object]) -> Iterator[None]:
    """Call `announce` once if in the context's body a function is compiled, not only loaded.

    It is called before the compilation, which takes seconds.
    """
    with event.install_listener("numba:compile", _Announcement(announce)):
        yield
