"""Verifies a run from its stretches: what is archived of it, and what is told of its result.

Stretches that are there are held to one another, and recomputed: all of them, or a sample, each
from the checkpoint that it begins with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from sim.calibration import chain_speed
from sim.cost_model import opened_seconds
from sim.engine import Propagation, Stretch, initial_checkpoint, pass_over
from sim.errors import IntegrityError, VerificationError
from sim.verification.outcome import Difference, Verification
from sim.verification.remade import opened, refuse_too_much

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sim.scenario import PropagationRequest
    from sim.verification.effort import Effort

__all__ = ["Archived", "told_differences", "verify_propagation", "verify_run"]


@dataclass(frozen=True, slots=True)
class Archived:
    """A stretch as it is stored: its intervals, and what reads its bytes, None if it is lost."""

    first: int
    count: int
    read: Callable[[], bytes | None]


def verify_propagation(
    propagation: Propagation, request: PropagationRequest, effort: Effort
) -> Verification:
    """Verify a propagation that is held in memory; raises VerificationError.

    It is compared with one that is computed from its request: the checkpoints, and all that is told
    of it.
    """
    refuse_too_much(request, effort, request.id)
    archived = [
        Archived(one.first, one.count, lambda one=one: one.to_bytes())  # type: ignore[misc]
        for one in propagation.stretches
        if not one.least_level
    ]
    if len(archived) < len(propagation.stretches):
        archived = []
    return verify_run(request, propagation.summary(), archived, effort, what=request.id)


def verify_run(
    request: PropagationRequest,
    told: Mapping[str, Any],
    archived: Sequence[Archived],
    effort: Effort,
    *,
    what: str,
) -> Verification:
    """Verify what is told of a result, and the stretches that it rests on, as they follow.

    `told` is a manifest's `result`. Raises VerificationError where nothing can be recomputed.
    """
    refuse_too_much(request, effort, what)
    run = _Run(request, archived, effort, what)
    return run.verified(told)


class _Run:
    """A run, beside what is stored of it."""

    def __init__(
        self,
        request: PropagationRequest,
        archived: Sequence[Archived],
        effort: Effort,
        what: str,
    ) -> None:
        self._request = request
        self._archived = archived
        self._effort = effort
        self._what = what
        self._differences: list[Difference] = []

    def verified(self, told: Mapping[str, Any]) -> Verification:
        trajectory, steps = self._request.trajectory, self._request.steps
        takes_s = opened_seconds(trajectory.scenario, steps) / chain_speed()
        is_all = self._effort.takes_all(takes_s) or (
            not self._archived and takes_s <= self._effort.chain_s
        )
        if not is_all and not self._archived:
            raise VerificationError(
                self._what,
                "has no stretches any more, from which a sample could be recomputed: use --all.",
            )
        looked_at = self._stretches(everything=is_all)
        if not self._differences:
            self._differences += told_differences(told, self._opened().summary())
        there_are = trajectory.intervals_for(steps)
        looked_at = there_are if is_all else min(looked_at, there_are)
        share = self._effort.share(looked_at, max(looked_at, there_are), "interval")
        if is_all:
            share = self._effort.share(steps, steps, "step")
        return Verification(
            what=self._what,
            id=self._request.id,
            share=share,
            is_all=is_all,
            differences=tuple(self._differences),
        )

    def _stretches(self, *, everything: bool) -> int:
        """Recompute all stretches or a sample; return how many intervals were looked at."""
        chosen = set(range(len(self._archived)))
        if not everything:
            interval_s = opened_seconds(
                self._request.trajectory.scenario, self._request.trajectory.interval
            )
            longest = max(one.count for one in self._archived)
            count = self._effort.count(longest * interval_s / chain_speed(), len(self._archived))
            chosen = set(self._effort.sampled(range(len(self._archived)), count, self._request.id))
        start, looked_at, first = initial_checkpoint(self._request.trajectory.dispersed), 0, 0
        for place, one in enumerate(self._archived):
            name, data = f"the stretch from interval {one.first:,} on", one.read()
            try:
                stretch = self._read(data)
            except IntegrityError as error:
                self._found(name, f"can't be read: {error.what}")
                return looked_at
            if stretch.checkpoint(0) != start or stretch.first != first:
                self._found(name, "does not begin where the one before it ends")
                return looked_at
            if place in chosen:
                remade = pass_over(self._request.trajectory, start, stretch.count)
                looked_at += stretch.count
                if remade.to_bytes() != data:
                    self._found(name, _differing(stretch, remade))
                    return looked_at
            start, first = stretch.tail, stretch.first + stretch.count
            self._effort.on_progress((place + 1) / len(self._archived))
        return looked_at

    def _read(self, data: bytes | None) -> Stretch:
        if data is None:
            raise IntegrityError("it is missing")
        return Stretch.from_bytes(self._request.trajectory, data)

    def _found(self, where: str, problem: str) -> None:
        self._differences.append(Difference(where=where, stored=problem, recomputed="as it was"))

    def _opened(self) -> Propagation:
        """Return the propagation from what was looked at, or from nothing."""
        if not self._archived or self._effort.everything:
            return opened(self._request, self._request.steps, self._what)
        stretches = [self._read(one.read()) for one in self._archived]
        return Propagation.open(self._request.trajectory, self._request.steps, stretches)


def _differing(stored: Stretch, remade: Stretch) -> str:
    """Return in words what is different in a stretch."""
    names = [
        name
        for name in ("steps", "rings", "carries", "series", "clocks", "path")
        if getattr(stored, name).tobytes() != getattr(remade, name).tobytes()
    ]
    return f"has other {', '.join(names)}" if names else "has other bytes"


def told_differences(told: Mapping[str, Any], remade: Mapping[str, Any]) -> list[Difference]:
    """Return where what is told of a result first differs from what is recomputed."""
    found = orjson.loads(orjson.dumps(remade, option=orjson.OPT_SERIALIZE_NUMPY))
    place = _first_path(told, found)
    if place is None:
        return []
    path, stored, recomputed = place
    where = f"{'.'.join(path) or 'the result'} of its manifest"
    return [Difference(where=where, stored=_text(stored), recomputed=_text(recomputed))]


def _first_path(stored: Any, remade: Any) -> tuple[list[str], Any, Any] | None:  # noqa: ANN401 - JSON
    """Return where two JSON values differ first: the path, and both values there."""
    if isinstance(stored, dict) and isinstance(remade, dict):
        for name in sorted(stored.keys() | remade.keys()):
            within = _first_path(stored.get(name), remade.get(name))
            if within is not None:
                return [name, *within[0]], *within[1:]
        return None
    is_same = type(stored) is type(remade) and stored == remade
    return None if is_same else ([], stored, remade)


def _text(value: object) -> str:
    return orjson.dumps(value).decode()
