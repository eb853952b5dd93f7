"""Exports: batches of records go in, the bytes of a file come out, piece by piece.

Guarantees:

- Memory is constant: a piece of the file is at most a few megabytes, whatever its length.
- Every number reads back to the same double, in every format.
- Equal records give equal bytes, however they are divided into batches.
- The order is the order of computation, also after thinning, which keeps real records only.

Nothing here knows Dask: the web streams exports from slices that it remakes itself.
"""

from __future__ import annotations

from sim.export.decimation import MAX_POINTS, thin
from sim.export.formats import FORMATS, Format, export

__all__ = ["FORMATS", "MAX_POINTS", "Format", "export", "thin"]
