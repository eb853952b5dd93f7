# ruff: noqa: INP001 -- a file that the image is built with, in no package
"""Has numba use the best kernels of the image that this machine can run.

The image has kernels for several processors, each in a folder of `kernels`. Python imports this
module at every start (`porta_cpu.pth`), before numba reads its environment. What the user has set
stays. A result's bits don't depend on the choice (sim.jit); an ensemble's time does: with v2 it is
almost twice that of v3.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BUILT_IN", "NEEDED", "chosen", "environment_of", "flags_of_this_machine"]

BUILT_IN = Path(sys.prefix) / "kernels"
_V3 = {"abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave"}
# The flags that each needs, the best first, as Linux calls them: the x86-64 psABI, table 3.1
# (https://gitlab.com/x86-psABIs/x86-64-ABI). Any machine has the last ones: numpy needs x86-64-v2.
NEEDED = {
    "x86-64-v4": _V3 | {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
    "x86-64-v3": _V3,
    "x86-64-v2": set[str](),
    "generic": set[str](),
}
# LLVM prefers vectors of 256 bits on v4, with which ensembles are a third slower (sim.jit).
_FEATURES = {"x86-64-v4": "-prefer-256-bit"}


def environment_of(name: str) -> dict[str, str]:
    """Return what makes numba compile for a processor, and load what was compiled for it."""
    return {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": _FEATURES.get(name, "")}


def chosen(built_in: Path, flags: set[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return what to set for the best kernels that are built in; nothing if the user has chosen."""
    if {"NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES"} & set(environ):
        return {}
    for name, needed in NEEDED.items():
        if needed <= flags and (built_in / name).is_dir():
            return environment_of(name)
    return {}


def flags_of_this_machine(cpuinfo: Path = Path("/proc/cpuinfo")) -> set[str]:
    """Return the flags of the first processor; all have the same."""
    try:
        with cpuinfo.open(encoding="utf-8") as lines:
            return next(
                (set(line.split()[2:]) for line in lines if line.startswith("flags")), set()
            )
    except OSError:
        return set()


os.environ.update(chosen(BUILT_IN, flags_of_this_machine(), os.environ))
