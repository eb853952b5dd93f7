"""One run: `porta.Propagation`."""

from __future__ import annotations

import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from porta.errors import porta_errors
from porta.results.records import Records
from porta.results.selection import read_window
from sim.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa
    from matplotlib.axes import Axes

    from porta.sources import RunSource
    from sim.models.model import AnyState
    from sim.verification import Verification

__all__ = ["Propagation"]

_PLOTTED: Final = 2**16  # points of all paths together


class Propagation(Records):
    """The first steps of a trajectory: what `porta.propagate` returns of one run.

    Records are not held but computed again as they are asked for, from checkpoints, with the same
    bits each time. Times and states are in the scenario's units.
    """

    def __init__(self, source: RunSource) -> None:
        """Take what computes it; `porta.propagate` makes one."""
        super().__init__(source)

    @property
    def member(self) -> int:
        """Which member of the seed it is; 0 unless one was asked for."""
        return self._request.trajectory.member

    @property
    def stopped(self) -> bool | None:
        """Whether the condition of `stop` or `until` was met; None where there was none."""
        return self._source.stopped

    @cached_property
    def _summary(self) -> Mapping[str, Any]:
        with porta_errors():
            return self._source.summary()

    @property
    def end(self) -> dict[str, AnyState]:
        """Each agent's state after the last step, by name: `run.end["Satellite"].x`."""
        make = self._request.trajectory.scenario.model.state
        return {name: make(*state.values()) for name, state in self._summary["end"].items()}

    @property
    def records(self) -> int:
        """The number of records, the initial ones included."""
        return int(self._summary["records"])

    @property
    def statistics(self) -> dict[str, Any]:
        """Of each agent that has a primary, by name: distance, energy, escape, and so on.

        As the API has it: `r` is what `series` calls distance, `e` energy, `h` angular_momentum,
        each with minimum, maximum and mean over the starts of its steps, so without the state that
        it has at the `end`. `unbound_from` is the step from which its energy stays above 0, None
        where it is bound.
        """
        return copy.deepcopy(self._summary["statistics"])

    @property
    def escape_times(self) -> dict[str, float]:
        """The time of each agent that escapes, by name, at its `unbound_from`."""
        return dict(self._summary["escape_times"])

    @property
    def system(self) -> dict[str, Any]:
        """Energy, momentum, angular momentum and barycentre of all agents together.

        At the start and at the end, with their largest departures in between.
        """
        return copy.deepcopy(self._summary["system"])

    @property
    def manifest(self) -> dict[str, Any]:
        """What describes the result, the same wherever it was computed: as JSON."""
        return {
            "id": self.id,
            "model": self._request.trajectory.scenario.model.version,
            "request": self.request,
            "result": copy.deepcopy(dict(self._summary)),
        }

    @property
    def provenance(self) -> dict[str, Any]:
        """By what it was computed: Porta's version, the model's, by whom, and its checksum."""
        model = self._request.trajectory.scenario.model
        return {
            "porta": VERSION,
            "model": {"name": model.name, "version": model.version},
            "checksum": self._summary["checkpoints_checksum"],
            **self._source.computed,
        }

    def series(
        self,
        *names: str,
        agent: str | None = None,
        points: float = 1024,
        t0: float | None = None,
        t1: float | None = None,
    ) -> pa.Table:
        """Return quantities of an agent over time: their ranges in at most about `points` bins.

        Names: distance, energy, angular_momentum, semi_major_axis, eccentricity, x, y, z. Columns:
        t0 and t1 of the bin, and for each quantity its minimum and maximum, `energy_min` and
        `energy_max`. The agent is the first that has a primary, unless one is named.
        """
        from porta.results.series import series_of

        with porta_errors():
            return series_of(self._source, names, agent, points, t0=t0, t1=t1)

    def plot(
        self,
        agents: Sequence[str] | str | None = None,
        *,
        frame: str | None = None,
        t0: float | None = None,
        t1: float | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw the paths of agents in the x-y plane, with matplotlib; returns the axes.

        `frame` says from where they are seen: "primary", from what each orbits; "inertial"; or the
        name of an agent. By default the first agents that have a primary, seen from it.
        """
        from porta.drawing.axes import draw_paths, new_axes
        from porta.drawing.frames import paths_of, view_of

        scenario = self._request.trajectory.scenario
        view, (low, high) = view_of(scenario, agents, frame), read_window(t0, t1)
        axes = new_axes(ax)
        with porta_errors():
            paths = paths_of(self._source, view, low, high, _PLOTTED)
        return draw_paths(axes, paths, view, scenario.units)

    def plot_over_time(
        self,
        name: str = "distance",
        *,
        agent: str | None = None,
        t0: float | None = None,
        t1: float | None = None,
        points: float = 1024,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw a quantity of an agent over time, with matplotlib; returns the axes.

        The arguments are those of `series`. Where a bin has several steps, their range is shaded.
        """
        from porta.drawing.axes import draw_series, new_axes

        series = self.series(name, agent=agent, points=points, t0=t0, t1=t1)
        scenario = self._request.trajectory.scenario
        return draw_series(new_axes(ax), series, name, self._agent_of_series(agent), scenario.units)

    def _agent_of_series(self, agent: str | None) -> str:
        from porta.results.series import agent_of

        scenario = self._request.trajectory.scenario
        return scenario.names[agent_of(scenario, agent)]

    def verify(self, *, all: bool = False) -> Verification:  # noqa: A002 - as `porta verify --all`
        """Compute it again and compare: all of it, or where that takes long a sample.

        Its checkpoints, and all that is told of it. `print` the result: it says which share was
        computed again; `ok` is whether all of that was right. Raises VerificationError where
        nothing can be said.
        """
        from porta.results.verifying import verify_run

        return verify_run(self._source, everything=all)

    def _repr_html_(self) -> str:
        from porta.drawing.card import card_of_run

        with porta_errors():
            return card_of_run(self._source, self._summary)

    def __repr__(self) -> str:
        trajectory = self._request.trajectory
        member = f", member {self.member}" if self.member else ""
        names = ", ".join(self.agents[:3]) + (", ..." if len(self.agents) > 3 else "")  # noqa: PLR2004 - a line
        return (
            f"<porta.Propagation {self.id}: {self.steps:,} step{'s' * (self.steps != 1)} of "
            f"{trajectory.scenario.model.name}, seed {self.seed}{member}; {names}>"
        )
