"""What a request would cost, told before anything is started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.calibration import speed_for
from sim.cost_model import work
from sim.estimates import estimate

if TYPE_CHECKING:
    from frontend.propagations.service import Propagations
    from frontend.settings import Settings
    from sim.scenario import PropagationRequest

__all__ = ["Cost", "cost_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a request would take; nothing is started for it."""

    __pydantic_config__: ClassVar[dict[str, bool]] = {"use_attribute_docstrings": True}

    id: str
    """The id that the request has."""
    steps: int
    """Steps; of an order the most that are tried."""
    members: int
    """Members of the ensemble; 1 where it is one trajectory."""
    work: float
    """Its work, in steps of two agents: limits and quotas are in these."""
    stored: bool
    """Whether its result is there already, so that nothing has to be computed."""
    at_once: bool
    """Whether it needs no cluster: it is there, or little work."""
    workers: int
    """Workers that would start; 0 where none would."""
    seconds: float
    """Seconds from the request to the result, with the start of the workers."""
    core_seconds: float
    """Seconds of computation, on all cores together."""
    more_workers_help: bool
    """Whether it would take less time if more workers were allowed."""


def cost_of(propagations: Propagations, settings: Settings, request: PropagationRequest) -> Cost:
    """Return what a request would cost here, as if nothing but its result were stored."""
    is_stored = propagations.stored(request) is not None
    at_once = is_stored or propagations.inline_basis(request) is not None
    expected = estimate(
        request,
        max_workers=settings.max_workers,
        workers=0 if at_once else None,
        slice_budget_bytes=0 if at_once else settings.slice_budget,
        speed=1.0 if is_stored else speed_for(request),
    )
    return Cost(
        id=request.id,
        steps=request.steps,
        members=request.members,
        work=work(request.steps, request.trajectory.scenario, request.members),
        stored=is_stored,
        at_once=at_once,
        workers=expected.workers,
        seconds=0.0 if is_stored else expected.seconds,
        core_seconds=0.0 if is_stored else expected.core_seconds,
        more_workers_help=not at_once and expected.more_workers_help,
    )
