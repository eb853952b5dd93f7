from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sim.ensemble.grid import span_level
from sim.ensemble.members import initial_members
from sim.ensemble.passing import blank_canvas, lane_system, pass_over_batches, segments
from sim.kernel.population import CELLS
from tests.unit.sim.ensemble.ensembles import REQUESTS


@pytest.mark.parametrize(
    ("first", "last", "agents", "members", "every"),
    [
        (0, 1_000, 1, 100, 16),
        (0, 1_000, 16, 100, 1),
        (300, 1_000, 16, 100, 16),
        (0, 1, 1, 1, 1),
        (0, 10**9, 1, 16_384, 16),
        (5, 10**9, 16, 16_384, 1),
    ],
)
def test_segments_follow_one_another_with_few_pictures_and_samples(
    first: int, last: int, agents: int, members: int, every: int
) -> None:
    cut = list(segments(first, last, last, agents, members, every))
    level = span_level(last)
    assert (cut[0].first, cut[-1].last) == (first, last)
    assert all(a.last == b.first for a, b in pairwise(cut))
    for segment in cut:
        assert segment.spans * agents <= 32
        assert segment.first >> level == segment.first_span
        assert (segment.last - 1) >> level == segment.first_span + segment.spans - 1
        assert (segment.last - segment.first) // every * members < 2**32
    assert len(cut) < 10_000


def test_members_that_have_ended_are_left_alone() -> None:
    request = REQUESTS["nano"]
    members = initial_members(request, 0, 10)
    members.outcome[[2, 7]] = 1
    before = [np.take(array, [2, 7], axis=-1) for array in members]
    (segment,) = segments(0, 20, 20, 1, 10, 16)
    canvas = blank_canvas(np.ones(1), segment, 20)
    batches = pass_over_batches(
        lane_system(request, (), members.number.size), members, segment, np.array([0, 20]), canvas
    )
    (batch,) = batches
    assert batch.places.tolist() == [0, 1, 3, 4, 5, 6, 8, 9]
    assert batch.values.shape == (2, 1, 3, 8)
    assert canvas.cells[..., : CELLS + 1].sum() == 8  # after iteration 16
    for array, old in zip(members, before, strict=True):
        np.testing.assert_array_equal(np.take(array, [2, 7], axis=-1), old)
    assert (members.steps[:, 0] > 0).all()
