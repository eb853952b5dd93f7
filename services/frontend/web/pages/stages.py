"""The stages of a run under way: what they are called, how long each took, and what is said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from frontend.domain.resource import Status
from frontend.web.pages.filters import count, elapsed

if TYPE_CHECKING:
    from frontend.domain.resource import Resource

__all__ = ["Stage", "now_ms", "stages_of", "standing_of", "status_words", "workers"]

_STAGES: Final = {
    "queued": "Queued",
    "starting": "Starting",
    "running": "Running",
    "writing": "Writing",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a run; `state` is done, now or todo, `took` a duration in words or ""."""

    key: str
    name: str
    state: str
    took: str = ""


def now_ms() -> int:
    """Return the time, by which a browser learns how far its own clock is off."""
    return round(datetime.now(UTC).timestamp() * 1_000)


def stages_of(resource: Resource | None) -> list[Stage]:
    """Return the stages of a run with their states, and how long those took that are over."""
    keys = list(_STAGES)
    stage = "" if resource is None else _stage(resource)
    now = keys.index(stage) if stage in keys else len(keys)
    states = ("todo", "now", "done")
    return [
        Stage(key, name, states[(place <= now) + (place < now)], _took(resource, place, now))
        for place, (key, name) in enumerate(_STAGES.items())
    ]


def _stage(resource: Resource) -> str:
    """Return the present stage: a run writes when its computing has an end."""
    has_computed = resource.timings.running_s is not None
    return "writing" if resource.status is Status.RUNNING and has_computed else resource.status


def _took(resource: Resource | None, place: int, now: int) -> str:
    if resource is None or place >= now:
        return ""
    timings = resource.timings
    seconds = (timings.queued_s, timings.starting_s, timings.running_s, None)[place]
    return "" if seconds is None else elapsed(seconds)


def standing_of(resource: Resource) -> str:
    """Return a sentence on a run under way, with what went wrong if anything did."""
    words = status_words(resource)
    sentence = f"{words[:1].upper()}{words[1:]}."
    return sentence if resource.error is None else f"{sentence} {resource.error.detail}"


def status_words(resource: Resource) -> str:
    """Return the status of a propagation in a few words."""
    progress, cluster = resource.progress, resource.cluster
    match resource.status:
        case Status.QUEUED if place := progress.position:
            return "next in the queue" if place == 1 else f"place {count(place)} in the queue"
        case Status.QUEUED:
            return "queued"
        case Status.STARTING if cluster is not None:
            arrived = f"{cluster.arrived or 0} of {workers(cluster.workers)}"
            return f"{_begun(resource)}cluster starting, {arrived}"
        case Status.STARTING:
            return f"{_begun(resource)}cluster starting"
        case Status.RUNNING:
            return f"{int(100 * progress.fraction)} % computed"
        case _:
            return resource.status.value


def _begun(resource: Resource) -> str:
    """Return that the runner computes early blocks itself, while its cluster starts; or ""."""
    return "runner has begun, " if resource.progress.done else ""


def workers(number: int) -> str:
    """Return a number of workers in words."""
    return f"{count(number)} worker{'s' * (number != 1)}"
