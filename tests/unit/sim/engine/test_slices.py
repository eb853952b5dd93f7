from __future__ import annotations

from functools import cache

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sim import NANO, Trajectory
from sim.engine import initial_checkpoint, make_slice, slice_from_bytes, slice_to_bytes
from sim.errors import IntegrityError
from tests.unit.sim.engine.damage import DAMAGE, damaged
from tests.unit.sim.engine.samples import stretches_of

TRAJECTORY = Trajectory(NANO, seed=7)


def test_a_slice_that_does_not_end_in_its_checkpoint_is_refused() -> None:
    stretch, other = (stretches_of(Trajectory(seed=seed), 1)[0] for seed in (0, 1))
    start, interval = stretch.checkpoints[0], stretch.trajectory.interval
    assert make_slice(stretch.trajectory, start, interval, stretch.tail).num_rows > interval
    with pytest.raises(IntegrityError):
        make_slice(stretch.trajectory, start, interval, other.tail)


def test_a_slice_is_bound_to_its_bytes_and_its_place() -> None:
    trajectory = Trajectory()
    batch = make_slice(trajectory, initial_checkpoint(NANO), 100, None)
    data = slice_to_bytes(trajectory, 4, batch)
    assert slice_from_bytes(trajectory, 4, data).equals(batch)
    for altered in (data[:-1], data[:60] + bytes([data[60] ^ 1]) + data[61:], b""):
        with pytest.raises(IntegrityError):
            slice_from_bytes(trajectory, 4, altered)
    with pytest.raises(IntegrityError):
        slice_from_bytes(trajectory, 5, data)
    with pytest.raises(IntegrityError):
        slice_from_bytes(Trajectory(seed=1), 4, data)


@cache
def slice_bytes() -> bytes:
    batch = make_slice(TRAJECTORY, initial_checkpoint(NANO), 1_000, None)
    return slice_to_bytes(TRAJECTORY, 0, batch)


@given(DAMAGE)
def test_a_damaged_slice_is_refused(damage: tuple[str, float, bytes]) -> None:
    altered = damaged(slice_bytes(), *damage)
    assume(altered != slice_bytes())
    with pytest.raises(IntegrityError):
        slice_from_bytes(TRAJECTORY, 0, altered)


@given(st.binary(max_size=2_000))
def test_bytes_that_never_were_a_slice_are_refused(noise: bytes) -> None:
    with pytest.raises(IntegrityError):
        slice_from_bytes(TRAJECTORY, 0, noise)
