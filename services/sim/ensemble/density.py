"""The density of an agent's positions about its primary, in the x-y plane, by spans of time.

Guarantees: a density holds counts alone, so densities of members merge to the same one in any order
and any grouping, and their canonical bytes are then equal. `from_bytes` checks what it reads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sim.ensemble.grid import MAX_SPANS
from sim.ensemble.packing import canonical_bytes, digest_of, pack, unpack
from sim.errors import IntegrityError
from sim.kernel.bins import Keys, Totals, are_in_order, merge_counts
from sim.kernel.population import CELLS, SIDE

if TYPE_CHECKING:
    from sim.kernel import Integers

__all__ = ["SIZES", "Density"]

SIZES: Final = (SIDE, SIDE // 2, SIDE // 4)
"""The sides of its picture, from fine to coarse."""
_KIND: Final = "density"
_DTYPES: Final = {"half_width": "f8", "steps": "u4", "counts": "u8", "outside": "u8"}
_MOST_BYTES: Final = MAX_SPANS * (CELLS * 12 + 8) + 4096


@dataclass(frozen=True, slots=True, eq=False)
class Density:
    """How often positions of one agent were in each cell of a picture, from -W to W.

    `half_width` is W, `cells` uint32[K] rises and is `(span*512 + row)*512 + column`, with row 0 at
    y = -W; `counts` uint64[K] are above 0. `outside` uint64[spans] are those in no cell.
    """

    half_width: float
    spans: int
    cells: Keys
    counts: Totals
    outside: Totals

    @classmethod
    def empty(cls, half_width: float, spans: int) -> Density:
        """Return a density without positions."""
        none = np.zeros(0, np.uint64)
        return cls(half_width, spans, none.astype(np.uint32), none, np.zeros(spans, np.uint64))

    @classmethod
    def counted(
        cls, half_width: float, spans: int, first_span: int, cells: np.ndarray[Any, Any]
    ) -> Density:
        """Return what a pass has counted in its spans: `sim.kernel.population.Canvas.cells`."""
        outside = np.zeros(spans, np.uint64)
        outside[first_span : first_span + len(cells)] = cells[:, CELLS]
        found, counts = list[Any](), list[Any]()
        for span, each in enumerate(cells, first_span):
            used = np.flatnonzero(each[:CELLS] != 0)  # of bools ten times as fast
            found.append((used + span * CELLS).astype(np.uint32))
            counts.append(each[used].astype(np.uint64))
        return cls(half_width, spans, np.concatenate(found), np.concatenate(counts), outside)

    @property
    def inside(self) -> int:
        """How many positions are in a cell."""
        return int(self.counts.sum())

    @property
    def nbytes(self) -> int:
        """The size of its arrays, in bytes."""
        return self.cells.nbytes + self.counts.nbytes + self.outside.nbytes

    def merged(self, other: Density) -> Density:
        """Return the density of the members of both; raises ValueError for other pictures."""
        if (self.half_width, self.spans) != (other.half_width, other.spans):
            raise ValueError("Only densities of the same picture and spans can be merged.")
        cells, counts = _merged(self.cells, self.counts, other.cells, other.counts)
        outside = self.outside + other.outside
        return Density(self.half_width, self.spans, cells, counts, outside)

    def in_longer_spans(self, shift: int, spans: int) -> Density:
        """Return it with 2**shift of its spans in one, of so many."""
        outside = np.zeros(spans, np.uint64)
        cells, counts = self.cells[:0], self.counts[:0]
        of_span = np.searchsorted(self.cells, np.arange(self.spans + 1) * CELLS)
        for span, (start, stop) in enumerate(pairwise(of_span.tolist())):
            moved = self.cells[start:stop] - np.uint32((span - (span >> shift)) * CELLS)
            cells, counts = _merged(cells, counts, moved, self.counts[start:stop])
            outside[span >> shift] += self.outside[span]
        return Density(self.half_width, spans, cells, counts, outside)

    def picture(self, span: int | None = None, size: int = SIDE) -> Totals:
        """Return the counts of one span (None: of all), uint64[size, size]; row 0 is at y = -W.

        `size` is one of `SIZES`.
        """
        if size not in SIZES:
            raise ValueError(f"A picture's side is one of {SIZES}.")
        whole = np.zeros(CELLS, np.uint64)
        chosen = slice(None) if span is None else slice(*self._range_of(span))
        np.add.at(whole, self.cells[chosen] % np.uint32(CELLS), self.counts[chosen])
        by = SIDE // size
        summed: Totals = whole.reshape(size, by, size, by).sum(axis=(1, 3), dtype=np.uint64)
        return summed

    def _range_of(self, span: int) -> tuple[int, int]:
        start, stop = np.searchsorted(self.cells, [span * CELLS, (span + 1) * CELLS])
        return int(start), int(stop)

    @property
    def _canonical(self) -> bytes:
        arrays = {
            "half_width": np.array([self.half_width]),
            "steps": np.diff(self.cells, prepend=np.uint32(0)),
            "counts": self.counts,
            "outside": self.outside,
        }
        return canonical_bytes(_KIND, {}, arrays)

    @property
    def content_digest(self) -> str:
        """SHA-256, in hex, of what it holds, which does not depend on how it is compressed."""
        return digest_of(self._canonical)

    def to_bytes(self) -> bytes:
        """Return it as bytes, for `from_bytes`."""
        return pack(self._canonical)

    @classmethod
    def from_bytes(cls, data: bytes) -> Density:
        """Read what `to_bytes` returned; raises IntegrityError for what no density is."""
        header, arrays = unpack(data, _KIND, _DTYPES, _MOST_BYTES)
        width, outside, counts = arrays["half_width"], arrays["outside"], arrays["counts"]
        spans = outside.size
        if header or width.size != 1 or not 1 <= spans <= MAX_SPANS:
            raise IntegrityError("a density's spans or width can't be so")
        half_width = float(width[0])
        if math.isnan(half_width) or half_width < 0.0:
            raise IntegrityError("a density's width can't be so")
        cells = np.cumsum(arrays["steps"], dtype=np.uint64)
        offsets = np.array([0, cells.size])
        if counts.size != cells.size or (cells >= spans * CELLS).any() or (counts == 0).any():
            raise IntegrityError("a density's cells can't be so")
        if not are_in_order(offsets, cells.astype(np.uint32), spans * CELLS):
            raise IntegrityError("a density's cells are not in order")
        return cls(half_width, spans, cells.astype(np.uint32), counts, outside)


def _merged(cells_a: Keys, counts_a: Totals, cells_b: Keys, counts_b: Totals) -> tuple[Any, Any]:
    if cells_a.size == 0:
        return cells_b, counts_b
    room = cells_a.size + cells_b.size
    cells, counts, offsets = np.empty(room, np.uint32), np.empty(room, np.uint64), _slice(0)
    end = merge_counts(
        _slice(cells_a.size), cells_a, counts_a,
        _slice(cells_b.size), cells_b, counts_b,
        offsets, cells, counts,
    )  # fmt: skip
    return cells[:end].copy(), counts[:end].copy()


def _slice(size: int) -> Integers:
    return np.array([0, size], np.int64)
