"""What a run is expected to cost and what it has cost, in words: workers, seconds, core-seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from frontend.web.pages.filters import NARROW, count, elapsed, figure

if TYPE_CHECKING:
    from frontend.domain.resource import Resource
    from frontend.propagations.cost import Cost

__all__ = ["estimated", "spent", "told"]

_WHERE: Final = {
    "cluster": "on its own Dask cluster",
    "local": "on the command line, on the cores of that machine",
    "inline": "at once, in the web process",
}


def estimated(resource: Resource) -> str:
    """Return what a run is expected to take; "" where its resource has no estimate."""
    estimate: Any = getattr(resource, "estimate", None)
    if estimate is None:
        return ""
    words = f"about {elapsed(estimate.seconds)}"
    if estimate.workers:
        words += f" with {_workers(estimate.workers)}"
    words += f", {_core_seconds(estimate.core_seconds)}"
    if estimate.workers and not estimate.more_workers_help:
        words += "; more workers would not help"
    return f"{words}; it takes more than four times as long" if estimate.late else words


def told(cost: Cost) -> str:
    """Return what a request would cost, in a sentence or two."""
    if cost.stored:
        return "Already computed: it appears at once."
    if cost.at_once:
        return f"At once: about {elapsed(cost.seconds)}, without a cluster."
    words = (
        f"About {elapsed(cost.seconds)} on a Dask cluster of its own, with "
        f"{_workers(cost.workers)}: {_core_seconds(cost.core_seconds)}."
    )
    return words if cost.more_workers_help else f"{words} More workers would not help."


def spent(resource: Resource) -> list[tuple[str, str]]:
    """Return where a result was computed, and what it took."""
    timings: Any = resource.timings
    workers = getattr(timings, "workers", None) or (
        resource.cluster.workers if resource.cluster else None
    )
    core_s = getattr(timings, "core_s", None)
    facts = [("Where", _WHERE.get(timings.where or "inline", _WHERE["inline"]))]
    if workers:
        facts.append(("Workers", count(workers)))
    spans = (
        ("Queued", timings.queued_s),
        ("Cluster start", timings.starting_s),
        ("Computing", timings.running_s),
        ("Total", timings.total_s),
    )
    facts += [(name, elapsed(seconds)) for name, seconds in spans if seconds is not None]
    if core_s is not None:
        facts.append(("Cost", _core_seconds(core_s)))
    return facts


def _workers(number: int) -> str:
    return f"{count(number)} worker{'s' * (number != 1)}"


def _core_seconds(seconds: float) -> str:
    return f"{figure(seconds, 2)}{NARROW}core-seconds"
