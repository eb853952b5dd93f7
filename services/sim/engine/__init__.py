"""The engine: integrates trajectories, and answers what is asked of the result.

kernel              the compiled integrator: numbers and arrays in, numbers and arrays out
checkpoint          the state from which a trajectory continues
downsampling        extremes in bins and samples of the path, at any level
diagnostics         statistics of the orbits, summed in order
system_diagnostics  energy, momentum, angular momentum and barycentre of all agents together
osculation          the osculating orbits of all agents at one time
interval_pass       one pass of the kernel, from a checkpoint to the next
array_file          named arrays as bytes
stretch             consecutive intervals that one task has integrated, and their bytes
slices              the records of an interval, computed again from its checkpoint
archive             checkpoints and reduced data of a propagation, by interval
interval_rows       how many rows each interval has among chosen records
path_error          bounds on how far a path leaves the lines between its samples
polyline            paths that are within half a pixel of every record
columns             columns of numbers, as JSON documents hold them
figure_data         what a page draws, as columns of numbers
window              the figure of a window of time, from the archive or from records
element_bands       ranges of semi-major axis and eccentricity
series_data         what charts over time draw, as columns of numbers
series              the series of a window of time, from the archive or computed again
tracks              the states of agents at common iterations, for a viewer of orbits
propagation         the first n iterations of a trajectory, opened from stretches
"""

from __future__ import annotations

from sim.engine.checkpoint import Checkpoint, initial_checkpoint
from sim.engine.figure_data import SHOWN_AGENTS, Frame, Overview
from sim.engine.propagation import Propagation, warm
from sim.engine.series_data import SERIES, SeriesDocument
from sim.engine.slices import SliceCache, make_slice, slice_from_bytes, slice_to_bytes
from sim.engine.stretch import Stretch, checksum, pass_over
from sim.engine.tracks import MOST_POINTS, SAMPLING_S, Tracks

__all__ = [
    "MOST_POINTS",
    "SAMPLING_S",
    "SERIES",
    "SHOWN_AGENTS",
    "Checkpoint",
    "Frame",
    "Overview",
    "Propagation",
    "SeriesDocument",
    "SliceCache",
    "Stretch",
    "Tracks",
    "checksum",
    "initial_checkpoint",
    "make_slice",
    "pass_over",
    "slice_from_bytes",
    "slice_to_bytes",
    "warm",
]
