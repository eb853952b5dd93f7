"""Exports: batches of records in, the bytes of a file out, piece by piece.

Guarantees:

- Memory is constant: a piece of a file is at most a few megabytes, whatever the file's length.
- Every number reads back to the same double, in every format.
- Equal records give equal bytes, however they are divided into batches.
- Records are in the order of computation, also after `thin`, which returns only real records.

Nothing here uses Dask: the web streams exports from slices that it computes itself.
"""

from __future__ import annotations

from sim.export.decimation import BYTES_PER_POINT, MAX_POINTS, thin
from sim.export.formats import FORMATS, Format, export
from sim.export.reread import Reread, of_agent
from sim.export.states import export_states
from sim.export.whole_file import whole_file

__all__ = [
    "BYTES_PER_POINT",
    "FORMATS",
    "MAX_POINTS",
    "Format",
    "Reread",
    "export",
    "export_states",
    "of_agent",
    "thin",
    "whole_file",
]
