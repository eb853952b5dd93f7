"""Whatever bytes are where a stretch or a slice should be, they are read or refused as damaged."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim import NANO, Trajectory
from sim.engine import (
    Stretch,
    initial_checkpoint,
    make_slice,
    pass_over,
    slice_from_bytes,
    slice_to_bytes,
)
from sim.errors import IntegrityError

TRAJECTORY = Trajectory(NANO, seed=7)


@cache
def stretch_bytes() -> bytes:
    return pass_over(TRAJECTORY, initial_checkpoint(NANO), 1).to_bytes()


@cache
def slice_bytes() -> bytes:
    batch = make_slice(TRAJECTORY, initial_checkpoint(NANO), 1_000, None)
    return slice_to_bytes(TRAJECTORY, 0, batch)


DAMAGE = st.tuples(st.sampled_from(("over", "cut", "in")), st.floats(0, 1), st.binary(max_size=64))
UNTIMED = settings(deadline=None)  # the first call compiles


def damaged(whole: bytes, kind: str, where: float, patch: bytes) -> bytes:
    """Bytes that were something once: overwritten, cut off, or with something put in."""
    at = int(where * len(whole))
    match kind:
        case "over":
            return whole[:at] + patch + whole[at + len(patch) :]
        case "cut":
            return whole[:at]
        case _:
            return whole[:at] + patch + whole[at:]


@UNTIMED
@given(DAMAGE)
def test_a_damaged_stretch_is_refused_or_has_states_that_can_be(
    damage: tuple[str, float, bytes],
) -> None:
    """Its own checksum is the chain's; this is what holds of a worker's before there is one."""
    try:
        stretch = Stretch.from_bytes(TRAJECTORY, damaged(stretch_bytes(), *damage))
    except IntegrityError:
        return
    assert np.isfinite(stretch.path).all()
    assert (np.diff(stretch.steps, axis=0) >= 0).all()


@UNTIMED
@given(DAMAGE)
def test_a_damaged_slice_is_refused(damage: tuple[str, float, bytes]) -> None:
    altered = damaged(slice_bytes(), *damage)
    assume(altered != slice_bytes())
    with pytest.raises(IntegrityError):
        slice_from_bytes(TRAJECTORY, 0, altered)


@UNTIMED
@given(st.binary(max_size=2_000))
def test_bytes_that_never_were_either_are_refused(noise: bytes) -> None:
    with pytest.raises(IntegrityError):
        Stretch.from_bytes(TRAJECTORY, noise)
    with pytest.raises(IntegrityError):
        slice_from_bytes(TRAJECTORY, 0, noise)
