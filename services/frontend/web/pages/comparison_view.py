"""The view models of the pages that compare two ensembles, or two runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from frontend.web.pages.ensemble_view import FANS, EnsembleView, Fan
from frontend.web.pages.run_differences import common_names
from frontend.web.pages.view_model import View

if TYPE_CHECKING:
    from frontend.domain.resource import Resource
    from sim.models.units import Units
    from sim.scenario import PropagationRequest

__all__ = ["ComparisonView", "RunsView"]


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """Two ensembles, and what is known of them; a resource is None if it was never requested."""

    requests: tuple[PropagationRequest, PropagationRequest]
    resources: tuple[Resource | None, ...]

    @property
    def ensembles(self) -> tuple[EnsembleView, ...]:
        """The views of both."""
        return tuple(
            EnsembleView(request, resource)
            for request, resource in zip(self.requests, self.resources, strict=True)
        )

    @property
    def is_complete(self) -> bool:
        """Whether both are there."""
        return all(one.is_complete for one in self.ensembles)

    @property
    def fans(self) -> tuple[Fan, ...]:
        """The figures of quantiles."""
        return FANS

    @property
    def document(self) -> str:
        """The path of the data of the figures."""
        return f"{self.page}/document"

    @property
    def page(self) -> str:
        """The path of the page."""
        first, second = (request.id for request in self.requests)
        return f"/compare/{first}/{second}"

    @property
    def units(self) -> Units:
        """What lengths and times are measured in."""
        return self.requests[0].trajectory.scenario.units

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        """In what the two differ: the name of a field, and both values in words."""
        rows = []
        for name, values in self._facts():
            first, second = values
            if first != second:
                rows.append((name, first, second))
        return rows

    def _facts(self) -> list[tuple[str, tuple[str, str]]]:
        first, second = (self._words(one) for one in self.ensembles)
        return [(name, (first[name], second[name])) for name in first]

    @staticmethod
    def _words(view: EnsembleView) -> dict[str, str]:
        request = view.request
        return {
            "Steps": f"{request.steps:,}",
            "Members": f"{request.members:,}",
            "Seed": str(request.trajectory.seed),
            "Method": view.method.sentence,
            "Chosen": view.parameters,
            "Dispersion": view.dispersion or "none",
            "Scenario": view.scenario,
        }


@dataclass(frozen=True, slots=True)
class RunsView:
    """Two single runs, and what is known of them; a resource is None if it was never requested."""

    requests: tuple[PropagationRequest, PropagationRequest]
    resources: tuple[Resource | None, ...]

    @property
    def runs(self) -> tuple[View, ...]:
        """The views of both."""
        return tuple(
            View(request, resource)
            for request, resource in zip(self.requests, self.resources, strict=True)
        )

    @property
    def is_complete(self) -> bool:
        """Whether both are there."""
        return all(one.is_complete for one in self.runs)

    @property
    def page(self) -> str:
        """The path of the page."""
        first, second = (request.id for request in self.requests)
        return f"/compare/{first}/{second}"

    @property
    def document(self) -> str:
        """The path of the data of the figures."""
        return f"{self.page}/document"

    @property
    def names(self) -> list[str]:
        """The agents that are compared."""
        return common_names(*(request.trajectory.scenario for request in self.requests))

    @property
    def units(self) -> Units:
        """What lengths and times are measured in: both have the same."""
        return self.requests[0].trajectory.scenario.units

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        """In what the two differ: the name of a field, and both values in words."""
        first, second = (self._words(one) for one in self.runs)
        return [(name, first[name], second[name]) for name in first if first[name] != second[name]]

    @staticmethod
    def _words(view: View) -> dict[str, str]:
        trajectory = view.request.trajectory
        return {
            "Steps": f"{view.request.steps:,}",
            "Seed": str(trajectory.seed),
            "Member": str(trajectory.member),
            "Method": view.method.sentence,
            "Chosen": view.parameters,
            "Scenario": view.scenario,
        }
