"""The view model of the page of a propagation: all that its template shows, without logic in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from frontend.domain.resource import API_ROOT, Links, Resource, Status
from frontend.web.http.record_stream import records_path
from frontend.web.pages.filters import count, elapsed, figure, utc_time
from frontend.web.pages.system_table import SystemRow, system_rows
from frontend.web.pages.tables import (
    Column,
    End,
    OrbitTable,
    end_columns,
    end_states,
    orbit_tables,
)
from sim.export import FORMATS
from sim.order import Escape, Order, Until, Within
from sim.scenario import NANO, PropagationRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.models.model import Method
    from sim.models.units import Units
    from sim.scenario import Scenario

__all__ = ["FILTERS", "Download", "Stage", "View"]

NAMED_AGENTS: Final = 4
_PLANE: Final = 2
BROWSER_RECORDS: Final = 1_000_000  # a browser loads such a data.js in 8 s, and crashes at 4e6
_STAGES: Final = {
    "queued": "In line",
    "starting": "Cluster",
    "running": "Propagating",
    "writing": "Writing",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a run; `state` is done, now or todo."""

    key: str
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Download:
    """A link to the records in one format, with the size to expect."""

    title: str
    description: str
    href: str
    size_bytes: float


@dataclass(frozen=True, slots=True)
class View:
    """The page of one propagation; `resource` is None if it was never requested."""

    request: PropagationRequest
    resource: Resource | None

    @property
    def status(self) -> str:
        """The status, or `absent` without a resource."""
        return self.resource.status.value if self.resource else "absent"

    @property
    def is_complete(self) -> bool:
        """Whether there is a result."""
        return self.resource is not None and self.resource.status is Status.COMPLETE

    @property
    def is_under_way(self) -> bool:
        """Whether there is a run to follow."""
        return self.resource is not None and not self.resource.status.is_over

    @property
    def title(self) -> str:
        """What is asked for: a number of steps, a time, or where to stop."""
        return title_of(self.request)

    @property
    def is_order(self) -> bool:
        """Whether it is an order, whose number of steps is not known yet."""
        return isinstance(self.request, Order)

    @property
    def links(self) -> Links:
        """The links of the propagation."""
        return Links.of(self.request.id)

    @property
    def overview(self) -> str:
        """The path of the data of the figures."""
        return f"{API_ROOT}/{self.request.id}/overview"

    @property
    def agents(self) -> str:
        """The names of the agents, as words."""
        return name_list(self._scenario.names)

    @property
    def method(self) -> Method:
        """The method that it is propagated by."""
        return self._scenario.method

    @property
    def parameters(self) -> str:
        """What was chosen of the method, as words."""
        return ", ".join(
            f"{name} {figure(value) if isinstance(value, float) else value}"
            for name, value in self._scenario.parameters.items()
        )

    @property
    def shows_seed(self) -> bool:
        """Whether the seed means something, or was chosen."""
        return self.request.trajectory.shows_seed

    @property
    def units(self) -> Units:
        """What lengths and times are measured in."""
        return self._scenario.units

    @property
    def is_in_space(self) -> bool:
        """Whether figures are projections to the x-y plane."""
        return self._scenario.model.dimensions > _PLANE

    @property
    def is_default_scenario(self) -> bool:
        """Whether the scenario is the default one."""
        return self._scenario == NANO

    @property
    def shorter(self) -> Links | None:
        """The links of the longest propagation of a trajectory that ends early."""
        error = self.resource.error if self.resource else None
        if error is None or not error.iteration:
            return None
        return Links.of(PropagationRequest(error.iteration, self.request.trajectory).id)

    @property
    def stages(self) -> list[Stage]:
        """The stages of a run, with their states."""
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
        """The number of records; 0 while it is unknown."""
        records: int = self.statistics.get("records", 0)
        return records

    @property
    def is_large(self) -> bool:
        """Whether the text formats are too large for a browser to open."""
        return self.records > BROWSER_RECORDS

    @property
    def downloads(self) -> list[Download]:
        """The records in every format."""
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
        """The statistics of the result; empty without one."""
        return (self.resource and self.resource.statistics) or {}

    @property
    def _scenario(self) -> Scenario:
        return self.request.trajectory.scenario

    @property
    def tables(self) -> tuple[OrbitTable, ...]:
        """The tables of the agents that have a primary."""
        return orbit_tables(self.statistics, self._scenario)

    @property
    def left_out(self) -> str:
        """What figures and tables leave out since it is no number, in sentences; or ""."""
        beyond = tuple(table.agent for table in self.tables if table.is_beyond_numbers)
        meeting = tuple(table.agent for table in self.tables if table.meets_its_primary)
        sentences = []
        if beyond:
            sentences.append(
                f"Some distances, energies or angular momenta of {name_list(beyond)} are larger "
                "than any 64-bit number (1.8e308): the figures and the table leave them out."
            )
        if meeting:
            sentences.append(
                f"Where {name_list(meeting)} came to a distance of 0 from the primary, the energy "
                "is not defined: the figures leave it out there, and the table has no minimum and "
                "no mean of it."
            )
        return " ".join(sentences)

    @property
    def ends(self) -> tuple[End, ...]:
        """The states of the agents at the end."""
        return end_states(self.statistics, self._scenario)

    @property
    def end_columns(self) -> tuple[Column, ...]:
        """The columns of these states."""
        return end_columns(self._scenario)

    @property
    def system(self) -> tuple[SystemRow, ...]:
        """The quantities of the whole system; none of an old result, and where nothing has mu."""
        return system_rows(self.statistics, self._scenario.units) if self._scenario.massive else ()

    @property
    def without_part(self) -> str:
        """A sentence on the agents that have no part in these quantities; or ""."""
        scenario = self._scenario
        if len(scenario.massive) == len(scenario.names):
            return ""
        if len(scenario.massive) == 1:
            return f"Only {scenario.names[scenario.massive[0]]} has a μ, so these are its own."
        return "Agents without a μ have no part in them."

    @property
    def has_own_clocks(self) -> bool:
        """Whether agents have clocks of their own."""
        return self._scenario.model.own_clocks

    @property
    def agents_left(self) -> int:
        """The number of agents that the tables leave out."""
        return len(self.statistics["end"]) - len(self.ends)

    @property
    def centre(self) -> str:
        """The centre of the other frame of reference."""
        primaries = {table.primary for table in self.tables}
        return primaries.pop() if len(primaries) == 1 else "primary"

    @property
    def facts(self) -> list[tuple[str, str]]:
        """How, where and when the result was computed."""
        assert self.resource is not None  # noqa: S101  # the template shows them of results only
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
        """The scenario as JSON, to be read and copied."""
        return orjson.dumps(self._scenario.to_json(), option=orjson.OPT_INDENT_2).decode()


def title_of(request: PropagationRequest) -> str:
    """Return what a request asks for, in a few words."""
    condition = request.condition if isinstance(request, Order) else None
    match condition:
        case Until(time):
            return f"Up to time {time:g}"
        case Escape(agent):
            return f"Until {agent} escapes"
        case Within(agent, distance):
            return f"Until {agent} comes within {distance:g}"
        case _:
            return _steps(request.steps)


def _steps(number: int) -> str:
    return f"{count(number)} step{'s' * (number != 1)}"


def wanted(resource: Resource) -> str:
    """Return what a resource in a list asks for, in a few words."""
    order = resource.order
    if order is None or resource.steps is not None:
        return _steps(resource.steps or 0)
    if order.until is not None:
        return f"Up to time {order.until:g}"
    stop = order.stop or {}
    if "within" in stop:
        return f"Until {stop['agent']} comes within {stop['within']:g}"
    return f"Until {stop['agent']} escapes"


def _where(resource: Resource) -> str:
    match resource.timings.where:
        case "cluster":
            return "on a Dask cluster of its own"
        case "local":
            return "by the command line, on its own cores"
        case _:
            return "at once, by the web process"


def name_list(names: tuple[str, ...] | Mapping[str, object]) -> str:
    """List the names of agents: all, or the first few of many."""
    shown = list(names)[:NAMED_AGENTS]
    left = len(names) - len(shown)
    if left:
        return f"{', '.join(shown)} and {count(left)} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def status_words(resource: Resource) -> str:
    """Return the status of a propagation in a few words."""
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


FILTERS: Final = {filter_.__name__: filter_ for filter_ in (name_list, status_words, wanted)}
