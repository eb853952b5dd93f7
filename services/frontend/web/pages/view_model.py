"""The view model of the page of a propagation: all that its template shows, without logic in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from frontend.domain.resource import API_ROOT, Links, Resource, Status
from frontend.web.http.record_stream import records_path
from frontend.web.pages.accuracy import Accuracy, accuracy_of
from frontend.web.pages.filters import count, elapsed, figure, label_words, unit, utc_time
from frontend.web.pages.stages import Stage, now_ms, stages_of, standing_of, status_words, workers
from frontend.web.pages.system_table import SystemRow, only_massive, system_rows, without_part
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

__all__ = ["FILTERS", "Download", "View"]

NAMED_AGENTS: Final = 4
_PLANE: Final = 2
BROWSER_RECORDS: Final = 1_000_000  # a browser loads such a data.js in 8 s, and crashes at 4e6


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
    def series(self) -> str:
        """The path of the data of the charts."""
        return f"{API_ROOT}/{self.request.id}/series"

    @property
    def outline(self) -> str:
        """What the player and the charts start from, as JSON: agents, units, steps and the end."""
        scenario, units = self._scenario, self.units
        ends: Mapping[str, Mapping[str, float]] = self.statistics["end"]
        document = {
            "names": scenario.names,
            "orbiting": [primary is not None for primary in scenario.orbited],
            "about_no_body": self.about_no_body != "",
            "axes": "xyz"[: scenario.model.dimensions],
            "end": max(state["time"] for state in ends.values()),
            "steps": self.request.steps,
            "units": {
                "time": units.of(0, 1),
                "length": units.of(1),
                "speed": unit(units.of(1, -1)),
                "energy": unit(units.of(2, -2)),
                "momentum": unit(units.of(2, -1)),
            },
        }
        return orjson.dumps(document).decode()

    @property
    def path(self) -> str:
        """The path of the data of the orbit view."""
        return f"{API_ROOT}/{self.request.id}/path"

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
    def labels(self) -> str:
        """Where and when the scenario is, as words; "" where it does not say."""
        return label_words(self._scenario.labels)

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
        return stages_of(self.resource)

    @property
    def standing(self) -> str:
        """How a run under way stands, in a sentence."""
        return "" if self.resource is None else standing_of(self.resource)

    @property
    def now_ms(self) -> int:
        """The time at which the page is made."""
        return now_ms()

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
            if not form.refusal(self._scenario)
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
        tables = [table for table in self.tables if not table.is_about_no_body]
        beyond = tuple(table.agent for table in tables if table.is_beyond_numbers)
        meeting = tuple(table.agent for table in tables if table.meets_its_primary)
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
    def about_no_body(self) -> str:
        """What distance and energy are of those that pass through a barycentre; or ""."""
        names = tuple(table.agent for table in self.tables if table.is_about_no_body)
        if not names:
            return ""
        return (
            f"Distance, specific energy and elements of {name_list(names)} are about the "
            "barycentre of all other agents, where there is no body. Where the path leads through "
            "that point, this energy falls without bound, though nothing happens there: it is no "
            "measure of the run. The energy of the whole system is."
        )

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
        return without_part(self._scenario)

    @property
    def only_massive(self) -> str:
        """The one agent that has a mu; "" where there are more or none."""
        return only_massive(self._scenario)

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
    def accuracy(self) -> Accuracy:
        """How exact the result is, and who escapes."""
        return accuracy_of(self.statistics, self._scenario)

    @property
    def facts(self) -> list[tuple[str, str]]:
        """How, where and when the result was computed."""
        assert self.resource is not None  # noqa: S101  # the template shows them of results only
        timings, cluster = self.resource.timings, self.resource.cluster
        facts = [("Where", _where(self.resource))]
        if cluster is not None:
            facts.append(("Cluster", f"{cluster.name}, {workers(cluster.workers)}"))
        spans = (
            ("Queued", timings.queued_s),
            ("Cluster start", timings.starting_s),
            ("Computing", timings.running_s),
            ("Total", timings.total_s),
        )
        facts += [(name, elapsed(seconds)) for name, seconds in spans if seconds is not None]
        if timings.reused_steps:
            facts.append(("Reused", f"{_steps(timings.reused_steps)} of an earlier run"))
        facts += [("Finished", utc_time(timings.finished_at)), ("Id", self.request.id)]
        provenance = self.resource.provenance
        if provenance is not None:
            facts += [("Computed by", provenance.by), ("Model version", provenance.model)]
        return facts

    @property
    def checksum(self) -> str:
        """The checksum that whoever computes the same run gets; "" where there is none."""
        provenance = self.resource.provenance if self.resource else None
        return (provenance and provenance.checksum) or ""

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
            return _of_members(request.members, request.steps)


def _of_members(members: int, steps: int) -> str:
    """Say how many steps, and of how many members where there are several."""
    return _steps(steps) if members == 1 else f"{count(members)} members of {_steps(steps)}"


def _steps(number: int) -> str:
    return f"{count(number)} step{'s' * (number != 1)}"


def wanted(resource: Resource) -> str:
    """Return what a resource in a list asks for, in a few words."""
    order = resource.order
    if order is None or resource.steps is not None:
        return _of_members(resource.members, resource.steps or 0)
    if order.until is not None:
        return f"Up to time {order.until:g}"
    stop = order.stop or {}
    if "within" in stop:
        return f"Until {stop['agent']} comes within {stop['within']:g}"
    return f"Until {stop['agent']} escapes"


def _where(resource: Resource) -> str:
    match resource.timings.where:
        case "cluster":
            return "on its own Dask cluster"
        case "local":
            return "on the command line, on the cores of that machine"
        case _:
            return "at once, in the web process"


def name_list(names: tuple[str, ...] | Mapping[str, object]) -> str:
    """List the names of agents: all, or the first few of many."""
    shown = list(names)[:NAMED_AGENTS]
    left = len(names) - len(shown)
    if left:
        return f"{', '.join(shown)} and {count(left)} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


FILTERS: Final = {filter_.__name__: filter_ for filter_ in (name_list, status_words, wanted)}
