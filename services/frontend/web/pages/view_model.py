"""What the page of a propagation shows, made ready for its template: no logic is left to that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import orjson

from frontend.domain.resource import API_ROOT, Links, Resource, Status
from frontend.web.http.record_stream import records_path
from frontend.web.pages import tables as tabled
from frontend.web.pages.filters import count, elapsed, utc_time
from sim.export import FORMATS
from sim.scenario import NANO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.scenario import PropagationRequest

__all__ = ["FILTERS", "Download", "Stage", "View"]

NAMED_AGENTS: Final = 4
BROWSER_RECORDS: Final = 1_000_000  # a data.js of a million takes a browser 8 s, of four kills it
_STAGES: Final = {
    "queued": "In line",
    "starting": "Cluster",
    "running": "Propagating",
    "writing": "Writing",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a run: whether it is done, now, or still to do."""

    key: str
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Download:
    """One file that can be had of a result."""

    title: str
    description: str
    href: str
    size_bytes: float


@dataclass(frozen=True, slots=True)
class View:
    """The page of one propagation; without a resource nobody has asked for it."""

    request: PropagationRequest
    resource: Resource | None

    @property
    def status(self) -> str:
        """Where it stands: a status, or absent."""
        return self.resource.status.value if self.resource else "absent"

    @property
    def is_complete(self) -> bool:
        """Whether there is a result."""
        return self.resource is not None and self.resource.status is Status.COMPLETE

    @property
    def is_under_way(self) -> bool:
        """Whether a run is to be followed."""
        return self.resource is not None and not self.resource.status.is_over

    @property
    def links(self) -> Links:
        """Where the propagation's other views are."""
        return Links.of(self.request.id)

    @property
    def overview(self) -> str:
        """Where what is drawn comes from."""
        return f"{API_ROOT}/{self.request.id}/overview"

    @property
    def agents(self) -> str:
        """The agents by name."""
        return named(self.request.trajectory.scenario.names)

    @property
    def is_default_scenario(self) -> bool:
        """Whether it is the planet and the satellite."""
        return self.request.trajectory.scenario == NANO

    @property
    def shorter(self) -> Links | None:
        """The longest propagation of a trajectory that ends early."""
        error = self.resource.error if self.resource else None
        if error is None or not error.iteration:
            return None
        return Links.of(replace(self.request, steps=error.iteration).id)

    @property
    def stages(self) -> list[Stage]:
        """The stages of a run, as far as the resource knows."""
        keys = list(_STAGES)
        now = keys.index(self._stage) if self._stage in keys else len(keys)
        states = ("todo", "now", "done")
        return [
            Stage(key, name, states[(place <= now) + (place < now)])
            for place, (key, name) in enumerate(_STAGES.items())
        ]

    @property
    def _stage(self) -> str:
        resource = self.resource
        if resource is None or resource.status is not Status.RUNNING:
            return self.status
        return "writing" if resource.progress.done >= resource.progress.total else "running"

    @property
    def records(self) -> int:
        """How many records there are; 0 while it is not known."""
        records: int = self.statistics.get("records", 0)
        return records

    @property
    def is_large(self) -> bool:
        """Whether the text formats are more than a browser likes to open."""
        return self.records > BROWSER_RECORDS

    @property
    def downloads(self) -> list[Download]:
        """The files, with what to expect of their size."""
        return [
            Download(
                title=form.title,
                description=form.description,
                href=records_path(self.links, form),
                size_bytes=self.records * form.bytes_per_record,
            )
            for form in FORMATS.values()
        ]

    @property
    def statistics(self) -> Mapping[str, Any]:
        """What came out; empty while nothing has."""
        return (self.resource and self.resource.statistics) or {}

    @property
    def tables(self) -> tuple[tabled.Seen, ...]:
        """The figures of the agents that have a primary."""
        return tabled.seen(self.statistics)

    @property
    def ends(self) -> tuple[tabled.End, ...]:
        """The agents at the end."""
        return tabled.ends(self.statistics)

    @property
    def agents_left(self) -> int:
        """How many agents the tables leave out."""
        return len(self.statistics["end"]) - len(self.ends)

    @property
    def centre(self) -> str:
        """What the other frame of reference is centred on."""
        primaries = {table.primary for table in self.tables}
        return primaries.pop() if len(primaries) == 1 else "primary"

    @property
    def facts(self) -> list[tuple[str, str]]:
        """How, where and when it was computed."""
        assert self.resource is not None  # noqa: S101  # asked for of results only
        timings, cluster = self.resource.timings, self.resource.cluster
        facts = [("Where", _where(self.resource))]
        if cluster is not None:
            facts.append(("Cluster", f"{cluster.name}, workers: {cluster.workers}"))
        spans = (
            ("In line", timings.queued_s),
            ("Cluster start", timings.starting_s),
            ("Computing", timings.running_s),
            ("In all", timings.total_s),
        )
        facts += [(name, elapsed(seconds)) for name, seconds in spans if seconds is not None]
        if timings.reused_steps:
            facts.append(("Reused", f"{count(timings.reused_steps)} iterations of an earlier run"))
        return [*facts, ("Finished", utc_time(timings.finished_at)), ("Id", self.request.id)]

    @property
    def scenario(self) -> str:
        """The scenario, to be read and copied."""
        document = self.request.trajectory.scenario.to_json()
        return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()


def _where(resource: Resource) -> str:
    match resource.timings.where:
        case "cluster":
            return "on a Dask cluster of its own"
        case "local":
            return "by the command line, on its own cores"
        case _:
            return "at once, by the web process"


def named(names: tuple[str, ...] | Mapping[str, object]) -> str:
    """List agents by name, the first few of many."""
    shown = list(names)[:NAMED_AGENTS]
    left = len(names) - len(shown)
    if left:
        return f"{', '.join(shown)} and {count(left)} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def standing(resource: Resource) -> str:
    """Say in a few words where a propagation stands."""
    progress, cluster = resource.progress, resource.cluster
    match resource.status:
        case Status.QUEUED if progress.position:
            return f"place {count(progress.position)} in the line"
        case Status.QUEUED:
            return "waiting"
        case Status.STARTING if cluster is not None:
            return f"cluster starting, {cluster.arrived or 0} of {cluster.workers} workers"
        case Status.STARTING:
            return "cluster starting"
        case Status.RUNNING:
            return f"{int(100 * progress.fraction)} % propagated"
        case _:
            return resource.status.value


FILTERS: Final = {"agents": named, "standing": standing}
