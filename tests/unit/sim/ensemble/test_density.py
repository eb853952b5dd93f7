from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.ensemble.density import SIZES, Density
from sim.ensemble.packing import canonical_bytes, pack
from sim.errors import IntegrityError
from sim.kernel.population import CELLS

places = st.lists(st.tuples(st.integers(0, 3), st.integers(0, CELLS)), max_size=20)


def density_of(places: list[tuple[int, int]], spans: int = 4) -> Density:
    """Of positions in spans and cells; CELLS is outside."""
    canvas = np.zeros((spans, CELLS + 2), np.uint32)
    for span, cell in places:
        canvas[span, cell] += 1
    return Density.counted(2.0, spans, 0, canvas)


def cells_of(density: Density) -> dict[int, int]:
    return dict(zip(density.cells.tolist(), density.counts.tolist(), strict=True))


@given(places)
def test_positions_are_counted_in_their_spans(places: list[tuple[int, int]]) -> None:
    density = density_of(places)
    inside = Counter(span * CELLS + cell for span, cell in places if cell < CELLS)
    assert cells_of(density) == inside
    assert density.inside == inside.total()
    assert density.outside.tolist() == [places.count((span, CELLS)) for span in range(4)]


def test_later_spans_are_counted_where_they_are() -> None:
    canvas = np.zeros((2, CELLS + 2), np.uint32)
    canvas[1, 5] = canvas[0, CELLS] = 3
    density = Density.counted(2.0, 8, 5, canvas)
    assert cells_of(density) == {6 * CELLS + 5: 3}
    assert density.outside.tolist() == [0, 0, 0, 0, 0, 3, 0, 0]


@given(places, places)
def test_merging_adds_and_survives_bytes(
    a: list[tuple[int, int]], b: list[tuple[int, int]]
) -> None:
    one, two, both = density_of(a), density_of(b), density_of(a + b)
    assert one.merged(two).content_digest == both.content_digest
    assert two.merged(one).to_bytes() == both.to_bytes()
    read = Density.from_bytes(both.to_bytes())
    assert read.content_digest == both.content_digest
    assert (read.half_width, read.spans) == (2.0, 4)
    assert cells_of(read) == cells_of(both)


@given(places)
def test_longer_spans_hold_what_their_parts_held(places: list[tuple[int, int]]) -> None:
    longer = density_of(places).in_longer_spans(1, 3)
    expected = density_of([(span >> 1, cell) for span, cell in places], 3)
    assert longer.content_digest == expected.content_digest


def test_pictures_are_counted_coarser_and_by_span() -> None:
    density = density_of([(0, 0), (0, 1), (1, 513), (1, CELLS - 1), (2, 4), (0, CELLS)])
    fine = density.picture()
    assert fine[0, 0] == fine[0, 1] == fine[1, 1] == fine[0, 4] == fine[511, 511] == 1
    for size in SIZES:
        picture = density.picture(size=size)
        assert picture.shape == (size, size)
        assert picture.sum() == 5
    assert density.picture(size=256)[0, 0] == 3
    assert density.picture(1)[1, 1] == density.picture(1)[511, 511] == 1
    assert density.picture(1).sum() == 2
    with pytest.raises(ValueError, match="side is one of"):
        density.picture(size=100)


def test_other_pictures_are_not_merged() -> None:
    with pytest.raises(ValueError, match="same picture"):
        Density.empty(2.0, 4).merged(Density.empty(3.0, 4))
    with pytest.raises(ValueError, match="same picture"):
        Density.empty(2.0, 4).merged(Density.empty(2.0, 5))


@pytest.mark.parametrize(
    ("width", "steps", "counts", "outside"),
    [
        ([], [1], [1], [0]),
        ([-1.0], [1], [1], [0]),
        ([np.nan], [1], [1], [0]),
        ([2.0], [1], [1], []),
        ([2.0], [1], [1], [0] * 9),
        ([2.0], [CELLS], [1], [0]),
        ([2.0], [1, 0], [1, 1], [0]),
        ([2.0], [1, 2**32 - 1], [1, 1], [0]),
        ([2.0], [1], [0], [0]),
        ([2.0], [1], [1, 1], [0]),
    ],
)
def test_bytes_of_no_density_are_refused(
    width: list[float], steps: list[int], counts: list[int], outside: list[int]
) -> None:
    arrays: dict[str, np.ndarray] = {
        "half_width": np.array(width, np.float64),
        "steps": np.array(steps, np.uint32),
        "counts": np.array(counts, np.uint64),
        "outside": np.array(outside, np.uint64),
    }
    with pytest.raises(IntegrityError):
        Density.from_bytes(pack(canonical_bytes("density", {}, arrays)))


def test_a_density_of_600_million_positions_is_packed_below_3_megabytes() -> None:
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[-1:1:512j, -1:1:512j]
    mean = 600 * np.exp(-3 * (rows**2 + columns**2))
    canvas = np.zeros((8, CELLS + 2), np.uint32)
    canvas[:, :CELLS] = rng.poisson(mean.ravel(), (8, CELLS))
    density = Density.counted(2.0, 8, 0, canvas)
    assert density.inside > 3e8
    assert len(density.to_bytes()) < 3e6
