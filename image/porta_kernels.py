# ruff: noqa: INP001 -- a file that the image is built with, in no package
"""Where numba finds the kernels that are compiled into the image.

numba needs a folder that it can write to, and the image's is read-only. So the first process of a
container copies the kernels for its processor (porta_cpu; 6 MB) to `NUMBA_CACHE_DIR`. The copy
appears atomically, even if several processes start at the same time. `NUMBA_CACHE_LOCATOR_CLASSES`
names the class.
"""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import porta_cpu
from numba.core.caching import UserProvidedCacheLocator

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Copied"]


class Copied(UserProvidedCacheLocator):  # type: ignore[misc] # numba is not annotated
    """numba's own locator, on a copy of the kernels in the image."""

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> Any:  # noqa: ANN401 - numba's
        """Make the copy, once in a process, then locate the cache as numba does."""
        _copy_to(Path(os.environ["NUMBA_CACHE_DIR"]))
        return super().from_function(py_func, py_file)


@functools.cache
def _copy_to(folder: Path) -> None:
    processor = os.environ.get("NUMBA_CPU_NAME")
    if folder.exists() or not processor or not (porta_cpu.BUILT_IN / processor).is_dir():
        return
    new = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
    shutil.copytree(
        porta_cpu.BUILT_IN / processor, new, dirs_exist_ok=True, copy_function=shutil.copyfile
    )
    new.chmod(0o700)
    try:
        new.rename(folder)
    except OSError:  # another process was first
        shutil.rmtree(new)
