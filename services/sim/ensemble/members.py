"""Members of an ensemble as arrays: their start, their exact end, and their bytes.

Guarantees: members are canonical. Numbers that no later step can read are zero, as in a checkpoint
of one trajectory; of a member that goes on, `good` is the number of iterations so far; of one that
has ended, everything is as it was after its last good iteration, as the engine for one trajectory
has it. So equal members have equal bits, however they were divided into blocks.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sim.engine.checkpoint import initial_checkpoint
from sim.ensemble.packing import canonical_bytes, digest_of, pack, unpack
from sim.errors import IntegrityError
from sim.kernel import DIVERGENCE, OK, STANDSTILL
from sim.kernel.lanes import Members

if TYPE_CHECKING:
    from sim.kernel import Integers
    from sim.scenario import PropagationRequest, Scenario

__all__ = [
    "NEVER",
    "bytes_of_member",
    "canonical_members",
    "chosen",
    "initial_members",
    "members_digest",
    "nominal_member",
    "pack_members",
    "put_back",
    "unpack_members",
]

_KIND: Final = "members"
NEVER: Final = -1  # in place of an iteration
_SLACK_BYTES: Final = 4096  # of a header
_DTYPES: Final = {
    "number": "u8",
    "steps": "i8",
    "ring": "f8",
    "carry": "f8",
    "outcome": "i8",
    "good": "i8",
    "closest": "f8",
    "closest_at": "i8",
    "escape_at": "i8",
    "escape_time": "f8",
}


def initial_members(request: PropagationRequest, first: int, count: int) -> Members:
    """Return members first, first + 1, ... at their start, as the request disperses them."""
    trajectory = request.trajectory
    members = _undispersed(trajectory.scenario, len(request.analysed), first, count)
    if trajectory.dispersion:
        coordinates = trajectory.dispersion.coordinates(
            trajectory.scenario, trajectory.seed, first, count
        )
        members.ring[:, 0, 3:] = coordinates
    return members


def nominal_member(request: PropagationRequest) -> Members:
    """Return member 0 at its start, without a dispersion: a block of one."""
    return _undispersed(request.trajectory.scenario, len(request.analysed), 0, 1)


def _undispersed(scenario: Scenario, analysed: int, first: int, count: int) -> Members:
    start = initial_checkpoint(scenario)
    return Members(
        number=np.arange(first, first + count, dtype=np.uint64),
        steps=_for_each(start.steps, count),
        ring=_for_each(start.records, count),
        carry=_for_each(start.carry, count),
        outcome=np.full(count, OK, np.int64),
        good=np.zeros(count, np.int64),
        closest=np.full((analysed, count), math.inf),
        closest_at=np.full((analysed, count), NEVER, np.int64),
        escape_at=np.full((analysed, count), NEVER, np.int64),
        escape_time=np.full((analysed, count), math.nan),
    )


def _for_each(array: Any, count: int) -> Any:  # noqa: ANN401 - floats or integers
    """Return an array with a last axis along which it is repeated."""
    return np.ascontiguousarray(np.repeat(array[..., np.newaxis], count, axis=-1))


def chosen(members: Members, which: Integers) -> Members:
    """Return copies of some members, by their places; the loops take only such arrays."""
    return Members._make(np.take(array, which, axis=-1) for array in members)


def put_back(members: Members, which: Integers, part: Members) -> None:
    """Write what `chosen` has returned, and a pass has changed, back to its places."""
    for array, changed in zip(members, part, strict=True):
        array[..., which] = changed


def canonical_members(scenario: Scenario, members: Members, steps: int) -> None:
    """Clear what no step can read, after `steps` iterations; say so much of those that go on."""
    others = [a for a in range(len(scenario.agents)) if a not in scenario.read_by_others]
    members.ring[others, 1:] = 0.0
    members.ring[others, 0, 0] = 0.0
    members.good[members.outcome == OK] = steps


def bytes_of_member(request: PropagationRequest) -> int:
    """Return the bytes that one member takes in memory."""
    return sum(
        math.prod(shape) * np.dtype(_DTYPES[name]).itemsize
        for name, shape in _shapes(request, 1).items()
    )


def _shapes(request: PropagationRequest, count: int) -> dict[str, tuple[int, ...]]:
    scenario, analysed = request.trajectory.scenario, len(request.analysed)
    agents, model = len(scenario.agents), scenario.model
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(_DTYPES, (analysed, count))
    shapes |= {
        "number": (count,),
        "steps": (agents, count),
        "ring": (agents, model.depth, len(model.columns), count),
        "carry": (scenario.carry_size, count),
        "outcome": (count,),
        "good": (count,),
    }
    return shapes


def pack_members(request: PropagationRequest, members: Members, steps: int) -> bytes:
    """Return members after `steps` iterations as bytes, for `unpack_members`."""
    return pack(_canonical(request, members, steps))


def members_digest(request: PropagationRequest, members: Members, steps: int) -> str:
    """Return the SHA-256, in hex, of members' canonical bytes."""
    return digest_of(_canonical(request, members, steps))


def _canonical(request: PropagationRequest, members: Members, steps: int) -> bytes:
    first, count = int(members.number[0]), members.number.size
    header = {"first": first, "count": count, "steps": steps} | _belonging(request)
    return canonical_bytes(
        _KIND, header, {name: array.ravel() for name, array in members._asdict().items()}
    )


def _belonging(request: PropagationRequest) -> dict[str, object]:
    """Return what says whose members they are: the same for any numbers of members and steps."""
    return {
        "trajectory": request.trajectory.of_member(0).digest,
        "analysed": list(request.analysed),
    }


def unpack_members(
    request: PropagationRequest, first: int, count: int, data: bytes
) -> tuple[Members, int]:
    """Return members first, first + 1, ... of packed bytes, and after how many iterations.

    Raises IntegrityError for bytes that are not theirs: of another trajectory, of other numbers,
    or with what no members have.
    """
    shapes = _shapes(request, count)
    most = count * bytes_of_member(request) + _SLACK_BYTES
    header, flat = unpack(data, _KIND, _DTYPES, most)
    steps = header.pop("steps", None)
    if header != {"first": first, "count": count} | _belonging(request):
        raise IntegrityError("members: they belong to another trajectory, or are others")
    if type(steps) is not int or not 0 < steps <= request.steps:
        raise IntegrityError("members: their number of steps is wrong")
    for name, shape in shapes.items():
        if flat[name].size != math.prod(shape):
            raise IntegrityError(f"members: {name} has another size")
    members = Members(**{name: flat[name].reshape(shape) for name, shape in shapes.items()})
    _check(members, first, steps)
    return members, steps


def _check(members: Members, first: int, steps: int) -> None:
    """Raise IntegrityError for values that members can't have."""
    ended, newest = members.outcome != OK, members.ring[:, 0, 1:]
    never_close, never_out = members.closest_at == NEVER, members.escape_at == NEVER
    claims = {
        "number": np.array_equal(members.number - np.uint64(first), np.arange(ended.size)),
        "steps": ((members.steps >= 0) & (members.steps <= members.good)).all(),
        "ring": np.isfinite(newest).all() and not np.isnan(members.ring).any(),
        "outcome": (ended | (members.outcome == OK)).all()
        and (members.outcome >= OK).all()
        and (members.outcome <= max(DIVERGENCE, STANDSTILL)).all(),
        "good": (members.good >= 0).all()
        and (members.good[ended] < steps).all()
        and (members.good[~ended] == steps).all(),
        "closest": (members.closest >= 0.0).all() and np.isinf(members.closest[never_close]).all(),
        "closest_at": (members.closest_at >= NEVER).all()
        and (members.closest_at < np.maximum(members.good, 1)).all(),
        "escape_at": (members.escape_at >= NEVER).all()
        and (members.escape_at < np.maximum(members.good, 1)).all(),
        "escape_time": np.array_equal(np.isnan(members.escape_time), never_out)
        and not np.isinf(members.escape_time).any(),
    }
    for name, holds in claims.items():
        if not holds:
            raise IntegrityError(f"members: {name} can't be so")
