# ruff: noqa: INP001 -- a file that the image is built with, in no package
"""Compile every kernel for each processor, into a folder of its own: `compile_kernels.py FOLDER`.

    compile_kernels.py FOLDER [PROCESSOR...]

Propagations, exports and ensembles of each kind compile the kernels for the first processor, which
this machine has in any case. For the others the same kernels are compiled with the same types of
arguments, and nothing runs: this machine may not have those processors.
"""

from __future__ import annotations

import gc
import importlib
import math
import os
import pickle
import platform
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import porta_cpu

if TYPE_CHECKING:
    from sim.scenario import Scenario

PROCESSORS: Final = {"x86_64": ("x86-64-v2", "x86-64-v3", "x86-64-v4")}
ELSEWHERE: Final = ("generic",)
SEEN: Final = "signatures.pickle"  # beside the folders, while they are made


def main(folder: Path, names: tuple[str, ...]) -> None:
    """Compile for the first processor, then for the others at the same time."""
    first, *others = names
    _end([_begin(folder, first, "by running")])
    _end([_begin(folder, name, "by signature") for name in others])
    (folder / SEEN).unlink()


def _begin(folder: Path, name: str, how: str) -> subprocess.Popen[bytes]:
    environ = {"NUMBA_CACHE_DIR": str(folder / name), **porta_cpu.environment_of(name)}
    command = (sys.executable, __file__, how, str(folder / SEEN))
    return subprocess.Popen(command, env=os.environ | environ)  # noqa: S603 -- this file


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    codes = [process.wait() for process in processes]
    if any(codes):
        raise SystemExit("some kernels could not be compiled")


def compile_by_running(seen: Path) -> None:
    """Run each compiled function once; write down which there are, with which types."""
    from sim.engine import warm
    from sim.ensemble.warming import warm_ensembles
    from sim.presets import preset
    from sim.scenario import NANO, Agent, State

    warm()
    warm_ensembles()
    moon = Agent(name="Moon", mu=0.001, state=State(0.0, 0.01, 0.0, 2.0, 0.7, 0.0))
    three = replace(NANO, agents=(*NANO.agents, moon))
    for scenario in (NANO, three, preset("outer-solar-system").scenario):
        _propagate(scenario)
    modules = [name for name in sys.modules if name.startswith("sim.")]
    signatures = {name: kernel.signatures for name, kernel in _kernels().items()}
    seen.write_bytes(pickle.dumps((modules, signatures)))


def compile_by_signature(seen: Path) -> None:
    """Compile the functions that were written down, without a call of any."""
    modules, signatures = pickle.loads(seen.read_bytes())  # noqa: S301 -- written by this file
    for name in modules:
        importlib.import_module(name)
    kernels = _kernels()
    for name, types in signatures.items():
        for each in types:
            kernels[name].compile(each)


def _kernels() -> dict[str, Any]:
    """Return the functions that numba caches, by their names."""
    from numba.core.caching import NullCache
    from numba.core.dispatcher import Dispatcher

    found: list[Any] = [one for one in gc.get_objects() if isinstance(one, Dispatcher)]
    cached = (one for one in found if not isinstance(one._cache, NullCache))  # noqa: SLF001 -- no other way to tell
    return {f"{one.py_func.__module__}.{one.py_func.__qualname__}": one for one in cached}


def _propagate(scenario: Scenario) -> None:
    """Propagate, look at it, and export it in every format."""
    from sim.engine import Propagation
    from sim.export import FORMATS, export, thin
    from sim.records import schema_of
    from sim.scenario import Trajectory

    propagation = Propagation.open(Trajectory(scenario), steps=70_000)
    propagation.overview(None, None, 800, "inertial")
    propagation.overview(0.0, 1.0, 800, "primary")
    propagation.summary()
    schema = schema_of(scenario.model)
    for file_format in FORMATS.values():
        if file_format.refusal(scenario):  # it is for scenarios that say more of themselves
            continue
        pieces = export(propagation.slices(-math.inf, 10.0), file_format, schema)
        size = sum(len(piece) for piece in pieces)
        if not size:
            raise SystemExit(f"the {file_format.name} export is empty")
    for _batch in thin(propagation.slices, 100, agents=len(scenario.agents)):
        pass


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["by running", path]:
            compile_by_running(Path(path))
        case ["by signature", path]:
            compile_by_signature(Path(path))
        case [path, *names]:
            main(Path(path), tuple(names) or PROCESSORS.get(platform.machine(), ELSEWHERE))
