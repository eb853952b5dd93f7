from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sim.engine.checkpoint import initial_checkpoint
from sim.ensemble.block import compute_block
from sim.ensemble.members import (
    bytes_of_member,
    chosen,
    initial_members,
    members_digest,
    nominal_member,
    pack_members,
    put_back,
    unpack_members,
)
from sim.ensemble.nominal import nominal_of
from sim.errors import IntegrityError
from tests.unit.sim.ensemble.ensembles import REQUESTS

if TYPE_CHECKING:
    from sim.kernel.lanes import Members
    from sim.scenario import PropagationRequest

FIRST, COUNT = 3, 6


def at_end(request: PropagationRequest) -> Members:
    return compute_block(request, nominal_of(request), FIRST, COUNT).members(request)


@pytest.mark.parametrize("name", REQUESTS)
def test_members_start_as_their_trajectories_do(name: str) -> None:
    request = REQUESTS[name]
    members = initial_members(request, FIRST, COUNT)
    for i in range(COUNT):
        start = initial_checkpoint(request.trajectory.of_member(FIRST + i).dispersed)
        np.testing.assert_array_equal(members.ring[..., i], start.records)
        np.testing.assert_array_equal(members.carry[:, i], start.carry)
        assert members.number[i] == FIRST + i
    assert (members.outcome == 0).all()
    assert (members.steps == 0).all()


def test_the_nominal_member_is_not_dispersed() -> None:
    request = REQUESTS["binary"]
    start = initial_checkpoint(request.trajectory.scenario)
    np.testing.assert_array_equal(nominal_member(request).ring[..., 0], start.records)


def test_chosen_members_are_copies_that_can_be_put_back() -> None:
    members = initial_members(REQUESTS["nano"], 0, 5)
    places = np.array([1, 4])
    part = chosen(members, places)
    assert part.number.tolist() == [1, 4]
    assert all(array.flags.c_contiguous for array in part)
    part.good[:] = 9
    assert members.good.tolist() == [0] * 5
    put_back(members, places, part)
    assert members.good.tolist() == [0, 9, 0, 0, 9]


@pytest.mark.parametrize("name", REQUESTS)
def test_members_come_back_from_their_bytes(name: str) -> None:
    request = REQUESTS[name]
    members = at_end(request)
    data = pack_members(request, members, request.steps)
    read, steps = unpack_members(request, FIRST, COUNT, data)
    assert steps == request.steps
    for array, other in zip(read, members, strict=True):
        assert (array.dtype, array.shape) == (other.dtype, other.shape)
        assert array.tobytes() == other.tobytes()
    assert sum(array.nbytes for array in members) == COUNT * bytes_of_member(request)
    digest = members_digest(request, members, request.steps)
    assert digest == members_digest(request, read, steps)


@pytest.mark.parametrize(("first", "count"), [(FIRST + 1, COUNT), (FIRST, COUNT - 1)])
def test_other_members_are_refused(first: int, count: int) -> None:
    request = REQUESTS["nano"]
    data = pack_members(request, at_end(request), request.steps)
    with pytest.raises(IntegrityError, match="members"):
        unpack_members(request, first, count, data)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("number", 9),
        ("steps", -1),
        ("steps", 10**9),
        ("ring", np.nan),
        ("ring", np.inf),
        ("outcome", -1),
        ("outcome", 4),
        ("outcome", 1),
        ("good", 699),
        ("good", -1),
        ("closest", -1.0),
        ("closest", np.nan),
        ("closest_at", 700),
        ("closest_at", -2),
        ("closest_at", -1),
        ("escape_at", 700),
        ("escape_at", -2),
        ("escape_at", 5),
        ("escape_time", 5.0),
        ("escape_time", np.inf),
    ],
)
def test_values_that_members_can_t_have_are_refused(name: str, value: float) -> None:
    request = REQUESTS["nano"]
    members = at_end(request)
    assert members.escape_at[0, 0] == -1
    changed = getattr(members, name).copy()
    if name == "ring":
        changed[0, 0, 3, 0] = value
    else:
        changed[..., 0] = value
    wrong = members._replace(**{name: changed})
    with pytest.raises(IntegrityError, match="members"):
        unpack_members(request, FIRST, COUNT, pack_members(request, wrong, request.steps))


def test_members_of_another_trajectory_or_of_more_steps_are_refused() -> None:
    request = REQUESTS["nano"]
    data = pack_members(request, at_end(request), request.steps)
    shorter = dataclasses.replace(request, steps=699)
    other = dataclasses.replace(request, trajectory=dataclasses.replace(request.trajectory, seed=4))
    for wrong in (shorter, other, REQUESTS["three"]):
        with pytest.raises(IntegrityError, match="members"):
            unpack_members(wrong, FIRST, COUNT, data)
    longer = dataclasses.replace(request, steps=10**6)
    assert unpack_members(longer, FIRST, COUNT, data)[1] == 700
