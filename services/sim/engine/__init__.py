"""The engine: passes over trajectories, and what is asked of the result.

kernel       the compiled loop: numbers and arrays in, numbers and arrays out
checkpoint   all that a trajectory needs to go on
overview     extremes in bins and samples of the path, at any level
diagnostics  what the orbits were like, added up in order
stretch      the pass over a row of intervals, and its bytes
slices       the records of an interval, remade from its checkpoint
kept         checkpoints, overview and diagnostics of n iterations, by interval
window       what is drawn of a window: from what is kept, or passed over once more
lines        paths as lines that are within half a pixel of every record
sureness     whether a line through kept samples is as good
view         what a page draws, as columns of numbers
propagation  n iterations, opened from stretches, and all that is asked of them
"""

from __future__ import annotations

from sim.engine.checkpoint import Checkpoint, initial_checkpoint
from sim.engine.figure_data import SHOWN_AGENTS, Frame, Overview
from sim.engine.propagation import Propagation, warm
from sim.engine.slices import SliceCache, make_slice, slice_from_bytes, slice_to_bytes
from sim.engine.stretch import Stretch, checksum, pass_over

__all__ = [
    "SHOWN_AGENTS",
    "Checkpoint",
    "Frame",
    "Overview",
    "Propagation",
    "SliceCache",
    "Stretch",
    "checksum",
    "initial_checkpoint",
    "make_slice",
    "pass_over",
    "slice_from_bytes",
    "slice_to_bytes",
    "warm",
]
