"""The resource: the state of one propagation, as the API, the page and the events send it.

A `Resource` is a value: it is made from a manifest or from a run's record, and never changes.
Its JSON is the one that the API documents.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  # pydantic reads the annotations
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import ClassVar

import orjson

from sim.estimates import LATE

__all__ = [
    "ClusterView",
    "ErrorReport",
    "EstimateView",
    "Links",
    "OrderReport",
    "Progress",
    "Provenance",
    "Resource",
    "Status",
    "Timings",
]

API_ROOT = "/api/v1/propagations"

# Read by pydantic where the OpenAPI description is made; resource.py itself needs no pydantic.
_DOCUMENTED = {"use_attribute_docstrings": True}


class Status(StrEnum):
    """The status of a propagation."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    COMPLETE = "complete"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """True where nothing more happens until it is asked for again."""
        return self in {Status.COMPLETE, Status.FAILED, Status.CANCELLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The progress of a propagation, in steps; of an ensemble, in members."""

    __pydantic_config__: ClassVar[dict[str, bool]] = _DOCUMENTED

    done: int
    """Steps, or members, that are computed and stored."""
    total: int
    """Steps, or members, that were requested."""
    rate: float | None = None
    """Steps, or members, per second since the run began; null while none are computed."""
    eta_s: float | None = None
    """Seconds until it is complete, at that rate."""
    position: int | None = None
    """Place in the queue, from 1; null outside it."""

    @property
    def fraction(self) -> float:
        """The part that is done, from 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterView:
    """The Dask cluster that computes or computed a propagation."""

    __pydantic_config__: ClassVar[dict[str, bool]] = _DOCUMENTED

    name: str
    """The cluster's name at its Gateway."""
    workers: int
    """Workers that were asked for."""
    dashboard: str | None = None
    """The URL of its Dask dashboard, if it has one."""
    arrived: int | None = None
    """Workers that have arrived; null where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """When a propagation was asked for and finished, how long each part took, and where it ran."""

    __pydantic_config__: ClassVar[dict[str, bool]] = _DOCUMENTED

    asked_at: str | None = None
    """When the propagation was asked for: RFC 3339, UTC."""
    finished_at: str | None = None
    """When the result was published: RFC 3339, UTC."""
    queued_s: float | None = None
    """Seconds in the queue."""
    starting_s: float | None = None
    """Seconds from the lease until the cluster's first worker had arrived."""
    running_s: float | None = None
    """Seconds of computing."""
    total_s: float | None = None
    """Seconds from asking to the result."""
    where: str | None = None
    """Who computed it: "inline" (the web process), "cluster", or "local" (the command line)."""
    reused_steps: int = 0
    """Steps that were taken from an earlier run of the same trajectory."""
    reused_members: int = 0
    """Of an ensemble: members that were taken from an earlier run."""
    core_s: float | None = None
    """Of an ensemble: seconds that cores computed the members of this run, all together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a result can be checked by: who computed it, with which model, and its checksum."""

    __pydantic_config__: ClassVar[dict[str, bool]] = _DOCUMENTED

    by: str
    """The process that computed it."""
    model: str
    """The version of the model: another may give other bits."""
    checksum: str | None = None
    """SHA-256 of all checkpoints: whoever computes the same run gets the same. Null of an
    ensemble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateView:
    """What an ensemble was expected to take, before it was computed."""

    __pydantic_config__: ClassVar[dict[str, bool]] = _DOCUMENTED

    workers: int
    """Workers that it keeps busy."""
    seconds: float
    """Seconds from the request to the result, with the start of these workers."""
    core_seconds: float
    """Seconds of computing, on all cores together."""
    more_workers_help: bool = True
    """Whether it would take less time with more workers than are allowed."""
    late: bool = False
    """Whether its run has taken more than four times as many seconds."""

    def after(self, seconds: float) -> EstimateView:
        """Return it beside a run that has taken so long."""
        return replace(self, late=seconds > LATE * self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorReport:
    """Why a propagation failed, or waits."""

    __pydantic_config__: ClassVar[dict[str, bool]] = _DOCUMENTED

    detail: str
    """A sentence that says what happened."""
    final: bool = False
    """True where asking again gives the same error: the trajectory ends there."""
    iteration: int | None = None
    """Where the trajectory ends: how many iterations come before the failure."""
    agents: tuple[str, ...] = ()
    """The agents that could not step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReport:
    """What an order asks for, and what it came to."""

    __pydantic_config__: ClassVar[dict[str, bool]] = _DOCUMENTED

    at_most: int
    """Iterations that are tried at most."""
    until: float | None = None
    """The time that every agent's clock is to reach."""
    stop: Mapping[str, object] | None = None
    """The condition that ends it: an agent, and its `escape` or the distance `within`."""
    came_to: str | None = None
    """The id of the propagation that answers it; null until that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The links of a propagation; paths on this server."""

    __pydantic_config__: ClassVar[dict[str, bool]] = _DOCUMENTED

    self: str
    """The resource."""
    page: str
    """The page that a person opens."""
    data_js: str
    """The records as data.js."""
    records: str
    """The records in other formats."""
    events: str
    """Server-sent events of its progress."""
    propagation: str | None = None
    """Of an order: the propagation that it came to."""
    ensemble: str | None = None
    """Of an ensemble: grid, quantiles, bound members and outcomes."""
    density: str | None = None
    """Of an ensemble: where its members have been, as an image or an array."""
    members: str | None = None
    """Of an ensemble: the table of its members."""

    @classmethod
    def of(
        cls, propagation_id: str, came_to: str | None = None, *, is_ensemble: bool = False
    ) -> Links:
        """Return the links of the propagation with this id, or of an order that came to one."""
        api, page = f"{API_ROOT}/{propagation_id}", f"/propagate/{propagation_id}"
        of_ensemble = (
            {name: f"{api}/{name}" for name in ("ensemble", "density", "members")}
            if is_ensemble
            else {}
        )
        return cls(
            self=api,
            page=page,
            data_js=f"{page}/data.js",
            records=f"{api}/records",
            events=f"{api}/events",
            propagation=None if came_to is None else f"{API_ROOT}/{came_to}",
            **of_ensemble,
        )

    def to_json(self, prefix: str = "") -> dict[str, str]:
        """Return the links for a client that reaches this server's paths under a prefix."""
        return {name: prefix + path for name, path in asdict(self).items() if path is not None}


@dataclass(frozen=True, kw_only=True)  # no slots: `document` is cached
class Resource:
    """One propagation: its request, its progress and its result."""

    __pydantic_config__: ClassVar[dict[str, bool]] = _DOCUMENTED

    id: str
    """The step count, or the step count and a digest: 500, 500-0123456789abcdef. An order has an
    id of its own, such as q-0123456789abcdef."""
    steps: int | None
    """Steps that were requested, or that an order came to: null until that is known."""
    seed: int
    """The seed of the random time steps."""
    member: int
    """The member of the seed: which of its streams of random time steps."""
    members: int
    """Members of the ensemble; 1 where it is one trajectory."""
    status: Status
    """Its status."""
    progress: Progress
    """Its progress."""
    cluster: ClusterView | None = None
    """The cluster that computes it, if one does."""
    timings: Timings = field(default_factory=Timings)
    """When it was computed, for how long, and where."""
    statistics: Mapping[str, object] | None = None
    """The result: record counts, the state at the end, by agent statistics and osculating elements
    at the start and at the end, the times of escapes, and energy, momentum, angular momentum and
    barycentre of the whole system with their largest departures. Of an ensemble: by agent the
    outcomes, the members to look at, and a sentence."""
    error: ErrorReport | None = None
    """Why it failed; of a queued one, why it waits or is tried again."""

    provenance: Provenance | None = None
    """Of a result: who computed it, and what it can be checked by."""
    stopped: bool | None = None
    """Of an order: whether its condition was met; null until that is known."""
    order: OrderReport | None = None
    """The order, where it is one, or one has asked for it just now."""
    estimate: EstimateView | None = None
    """Of an ensemble: what it is, or was, expected to take."""

    @property
    def links(self) -> Links:
        """Its links."""
        came_to = None if self.order is None else self.order.came_to
        return Links.of(self.id, came_to, is_ensemble=self.members > 1)

    @cached_property
    def document(self) -> bytes:
        """The JSON document that the API sends."""
        return orjson.dumps(self.to_json(), option=orjson.OPT_SERIALIZE_NUMPY)

    def to_json(self) -> dict[str, object]:
        """Return the document as JSON types."""
        return {
            "id": self.id,
            "steps": self.steps,
            "seed": self.seed,
            "member": self.member,
            "members": self.members,
            "status": self.status.value,
            "progress": asdict(self.progress),
            "cluster": asdict(self.cluster) if self.cluster else None,
            "timings": asdict(self.timings),
            "statistics": dict(self.statistics) if self.statistics is not None else None,
            "error": asdict(self.error) | {"agents": list(self.error.agents)}
            if self.error
            else None,
            "links": self.links.to_json(),
            "provenance": asdict(self.provenance) if self.provenance else None,
            **self._of_order(),
            **self._of_ensemble(),
        }

    def _of_order(self) -> dict[str, object]:
        """Return the members that only an order, and what answers it, has."""
        if self.order is None:
            return {}
        return {"stopped": self.stopped, "order": asdict(self.order)}

    def _of_ensemble(self) -> dict[str, object]:
        """Return the members that only an ensemble has."""
        if self.members == 1:
            return {}
        return {"estimate": asdict(self.estimate) if self.estimate else None}
