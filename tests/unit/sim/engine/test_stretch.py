from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import Propagation, Trajectory
from sim.engine import Stretch, initial_checkpoint, pass_over
from sim.errors import IntegrityError, PropagationFailed
from tests.unit.sim.engine.damage import DAMAGE, damaged
from tests.unit.sim.engine.samples import stretches_of
from tests.unit.sim.scenarios import DIVERGENCE, TEN, THREE

STRETCH = stretches_of(Trajectory(), 1)[0].to_bytes()
DAMAGED = Trajectory(seed=7)


def test_a_stretch_reads_back_from_its_bytes_with_the_same_bits() -> None:
    for stretch in stretches_of(Trajectory(THREE, 5), 2, 1):
        data = stretch.to_bytes()
        again = Stretch.from_bytes(stretch.trajectory, data)
        assert again.to_bytes() == data
        assert again.tail == stretch.tail
        assert again.checkpoints == stretch.checkpoints


@pytest.mark.parametrize("least_level", [3, 6, 12, 40])
def test_a_coarsened_stretch_is_smaller_and_has_the_same_checkpoints_and_coarser_bins(
    least_level: int,
) -> None:
    (stretch, _) = stretches_of(Trajectory(TEN, 5), 3, 1)
    coarser = stretch.coarsened(least_level)
    assert coarser.nbytes < stretch.nbytes
    assert coarser.checkpoints == stretch.checkpoints
    assert coarser.tail == stretch.tail
    for interval in range(3):
        (bins,) = coarser.bins(interval, interval + 1)
        (fine,) = stretch.bins(interval, interval + 1)
        merged = fine.coarser(bins.level)
        assert bins.level == max(fine.level, min(least_level, 11))
        assert np.array_equal(bins.series, merged.series, equal_nan=True)
        assert np.array_equal(bins.clocks, merged.clocks)
        (path,) = coarser.paths(interval, interval + 1)
        (fine_path,) = stretch.paths(interval, interval + 1)
        assert np.array_equal(path.states, fine_path.coarser(path.level).states)
    assert coarser.coarsened(least_level) is coarser
    with pytest.raises(ValueError, match="coarsened"):
        coarser.to_bytes()


@given(at=st.integers(0), flip=st.integers(1, 255))
def test_altered_bytes_of_a_stretch_are_an_integrity_error_or_the_same_numbers(
    at: int, flip: int
) -> None:
    data = bytearray(STRETCH)
    data[at % len(data)] ^= flip
    try:
        read = Stretch.from_bytes(Trajectory(), bytes(data))
    except IntegrityError:
        return
    assert (read.first, read.count) == (0, 1)  # what else it may be is its checksum's to tell


@pytest.mark.parametrize("data", [b"", b"ARROW1", STRETCH[:-20], STRETCH[20:]])
def test_half_a_stretch_is_an_integrity_error(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        Stretch.from_bytes(Trajectory(), data)


def test_the_stretch_of_another_trajectory_is_an_integrity_error() -> None:
    with pytest.raises(IntegrityError):
        Stretch.from_bytes(Trajectory(seed=1), STRETCH)


def test_a_stretch_ends_where_its_trajectory_does() -> None:
    stretch = pass_over(Trajectory(DIVERGENCE), initial_checkpoint(DIVERGENCE), 3)
    assert stretch.count == 0
    assert stretch.failure is not None
    again = Stretch.from_bytes(stretch.trajectory, stretch.to_bytes())
    assert again.failure == stretch.failure
    good = stretch.failure.iteration
    assert Propagation.open(stretch.trajectory, good, [again]).steps == good
    with pytest.raises(PropagationFailed):
        Propagation.open(stretch.trajectory, 5 * stretch.trajectory.interval, [again])


@cache
def stretch_bytes() -> bytes:
    return pass_over(DAMAGED, initial_checkpoint(DAMAGED.scenario), 1).to_bytes()


@given(DAMAGE)
def test_a_damaged_stretch_is_refused_or_has_states_that_can_be(
    damage: tuple[str, float, bytes],
) -> None:
    """Its own checksum is the chain's; this is what holds of a worker's before there is one."""
    try:
        stretch = Stretch.from_bytes(DAMAGED, damaged(stretch_bytes(), *damage))
    except IntegrityError:
        return
    assert np.isfinite(stretch.path).all()
    assert (np.diff(stretch.steps, axis=0) >= 0).all()


@given(st.binary(max_size=2_000))
def test_bytes_that_never_were_a_stretch_are_refused(noise: bytes) -> None:
    with pytest.raises(IntegrityError):
        Stretch.from_bytes(DAMAGED, noise)
