"""What the compiled kernels of all models share: the loops around a model's own iterations.

Guarantees:

- The loops hold no Python object and no lock, so they release the GIL. All arrays belong to the
  caller. Working memory is allocated once per call.
- Code is compiled once and cached on disk (`sim.jit`).

stepper    the functions that a model's kernel brings
layout     inputs, outputs, and the memory that holds records during a call
reduce     extremes and diagnostics of a chunk
simplify   paths of a window as polylines with few corners
integrate  the entry point `pass_over`: reduces the records of a pass
records    the entry point `emit`: writes the records
seeking    the entry point `seek`: finds where a window begins and ends
partial_steps  the entry point `step_to`: states at times between records
"""

from __future__ import annotations

from sim.kernel.integrate import pass_over
from sim.kernel.layout import (
    COLLISION,
    DIVERGENCE,
    ELEMENTS,
    OK,
    STANDSTILL,
    Floats,
    Integers,
    System,
    Tally,
)
from sim.kernel.partial_steps import step_to
from sim.kernel.records import emit
from sim.kernel.seeking import seek
from sim.kernel.simplify import NO_POLYLINES, Polylines

__all__ = [
    "COLLISION",
    "DIVERGENCE",
    "ELEMENTS",
    "NO_POLYLINES",
    "OK",
    "STANDSTILL",
    "Floats",
    "Integers",
    "Polylines",
    "System",
    "Tally",
    "emit",
    "pass_over",
    "seek",
    "step_to",
]
