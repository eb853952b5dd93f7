"""The view model of the page of an ensemble: what its template shows beside what a run's shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import orjson

from frontend.domain.resource import API_ROOT
from frontend.web.pages.cost_words import estimated, spent
from frontend.web.pages.filters import count, utc_time
from frontend.web.pages.view_model import View

__all__ = ["FANS", "EnsembleView", "Fan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fan:
    """A figure of the quantiles of one quantity over the steps."""

    key: str
    title: str
    help: str
    may_be_log: bool = False


FANS: Final = (
    Fan(key="distance", title="Distance", help="from its primary", may_be_log=True),
    Fan(key="energy", title="Specific energy", help="below 0 bound, above 0 unbound"),
    Fan(
        key="semi_major_axis",
        title="Semi-major axis",
        help="of those that are bound: a band ends where its edge is unbound",
        may_be_log=True,
    ),
    Fan(
        key="eccentricity",
        title="Eccentricity",
        help="0 circle, below 1 ellipse, above 1 hyperbola",
        may_be_log=True,
    ),
)


@dataclass(frozen=True, slots=True)
class EnsembleView(View):
    """The page of one ensemble."""

    @property
    def fans(self) -> tuple[Fan, ...]:
        """The figures of quantiles."""
        return FANS

    @property
    def ensemble(self) -> str:
        """The path of the document of quantiles and survival."""
        return f"{API_ROOT}/{self.request.id}/ensemble"

    @property
    def density(self) -> str:
        """The path of the image of the density."""
        return f"{API_ROOT}/{self.request.id}/density"

    @property
    def members(self) -> str:
        """The path of the table of members."""
        return f"{API_ROOT}/{self.request.id}/members"

    @property
    def dispersion(self) -> str:
        """The dispersion as JSON, to be read and copied; "" without one."""
        dispersion = self.request.trajectory.dispersion
        if not dispersion:
            return ""
        return orjson.dumps(dispersion.to_json(), option=orjson.OPT_INDENT_2).decode()

    @property
    def analysed(self) -> tuple[str, ...]:
        """The names of the agents of which there are statistics."""
        names = self.request.trajectory.scenario.names
        return tuple(names[a] for a in self.request.analysed)

    @property
    def estimate(self) -> str:
        """What the run was expected to take, in words; "" where nothing is known of it."""
        return "" if self.resource is None else estimated(self.resource)

    @property
    def costs(self) -> list[tuple[str, str]]:
        """What the result has cost, beside what it was expected to cost."""
        if self.resource is None:
            return []
        timings = self.resource.timings
        facts = [("Members", count(self.request.members)), *spent(self.resource)]
        if self.estimate:
            facts.append(("Estimated", self.estimate))
        return [*facts, ("Finished", utc_time(timings.finished_at)), ("Id", self.request.id)]
