"""Many members of a trajectory: `porta.Ensemble`."""

from __future__ import annotations

import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from porta.errors import ArgumentError, porta_errors
from porta.names import one_of
from porta.numbers import count, whole
from porta.results.asked import Asked
from porta.results.members import Members
from porta.results.propagation import Propagation
from sim.version import VERSION

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa
    from matplotlib.axes import Axes

    from porta.sources import EnsembleSource
    from sim.verification import Verification

__all__ = ["Ensemble"]

QUANTITIES: Final = ("distance", "energy", "eccentricity", "semi_major_axis")
_TOLD: Final = ("primary", "outcomes", "escape", "closest")


class Ensemble(Asked):
    """Members that start, or step, differently: what `porta.propagate` returns of several.

    Kept are quantiles over time, how many are still bound, and a row for each member; a member
    that ends early is a row, never an exception. Any member can be had as a run of its own.
    """

    def __init__(self, source: EnsembleSource) -> None:
        """Take what computes it; `porta.propagate` makes one."""
        super().__init__(source.request)
        self._source = source

    @property
    def members_count(self) -> int:
        """The number of members."""
        return self._request.members

    @property
    def agents(self) -> tuple[str, ...]:
        """The names of the agents whose quantiles and survival are kept."""
        names = self._request.trajectory.scenario.names
        return tuple(names[a] for a in self._request.analysed)

    @cached_property
    def _document(self) -> Mapping[str, Any]:
        with porta_errors():
            return self._source.document()

    @property
    def sentence(self) -> str:
        """What became of the members, in words: a sentence for each agent."""
        return " ".join(agent["sentence"] for agent in self._document["agents"].values())

    @property
    def statistics(self) -> dict[str, Any]:
        """Of each agent, by name: outcomes, and quantiles of escape and closest approach."""
        return {
            name: {key: copy.deepcopy(agent[key]) for key in _TOLD}
            for name, agent in self._document["agents"].items()
        }

    def quantiles(self, quantity: str, agent: str | None = None) -> pa.Table:
        """Return the quantiles of a quantity over the members, at up to 256 steps.

        Quantities: distance, energy, eccentricity, semi_major_axis. Columns: step, nominal (the run
        without a dispersion), and q1, q5, q25, q50, q75, q95, q99, of the members that have not
        ended; null where there is none.
        """
        import pyarrow as pa

        name = one_of("quantity", quantity, QUANTITIES)
        found = self._of(agent)
        columns = {"nominal": found["nominal"][name]}
        columns |= {f"q{level}": found["quantiles"][name][str(level)]
                    for level in found["quantiles"]["levels"]}  # fmt: skip
        return pa.table(
            {"step": pa.array(self._steps, pa.int64())}
            | {name: pa.array(column, pa.float64()) for name, column in columns.items()}
        )

    def survival(self, agent: str | None = None) -> pa.Table:
        """Return how many members are still bound, at up to 256 steps.

        Columns: step, bound (members), fraction, low and high (Wilson's interval at 95 %), and
        ended (members whose trajectory has ended).
        """
        import pyarrow as pa

        found = self._of(agent)
        bound = found["bound"]
        return pa.table(
            {
                "step": pa.array(self._steps, pa.int64()),
                "bound": pa.array(bound["count"], pa.int64()),
                "fraction": pa.array(bound["fraction"], pa.float64()),
                "low": pa.array(bound["low"], pa.float64()),
                "high": pa.array(bound["high"], pa.float64()),
                "ended": pa.array(found["ended"], pa.int64()),
            }
        )

    @property
    def _steps(self) -> list[int]:
        steps: list[int] = self._document["grid"]["iterations"]
        return steps

    def _of(self, agent: str | None) -> Mapping[str, Any]:
        """Return what is kept of an agent: of the only one, if none is named."""
        name = self._name_of(agent)
        found: Mapping[str, Any] = self._document["agents"][name]
        return found

    def _name_of(self, agent: str | None) -> str:
        if agent is None and len(self.agents) > 1:
            listed = ", ".join(map(repr, self.agents))
            raise ArgumentError("agent", f"Say which agent: agent= one of {listed}.")
        if not self.agents:
            raise ArgumentError("agent", "No agent of this scenario has a primary to be seen from.")
        return self.agents[0] if agent is None else one_of("agent", agent, self.agents)

    @property
    def members(self) -> Members:
        """The members as a table that is read as it is needed: a row for each and each agent.

        `many.members.where(agent="Satellite")` has one row for each member.
        """
        return Members(self._source)

    def member(self, number: int, *, steps: float | None = None) -> Propagation:
        """Return one member as a run of its own, of as many steps as the ensemble, or of fewer.

        Raises PropagationFailed, with the number of steps that can be had, for one that ends early.
        """
        chosen = whole("member", number)
        if chosen >= self.members_count:
            raise ArgumentError(
                "member", f"member must be from 0 to {self.members_count - 1:,}, not {chosen:,}."
            )
        wanted = self.steps if steps is None else count("steps", steps)
        if wanted > self.steps:
            raise ArgumentError(
                "steps", f"steps must be at most {self.steps:,}: the ensemble has no more."
            )
        trajectory = self._request.trajectory.of_member(chosen)
        with porta_errors():
            return Propagation(self._source.member(type(self._request)(wanted, trajectory)))

    @property
    def manifest(self) -> dict[str, Any]:
        """What describes the result, the same wherever it was computed: as JSON."""
        with porta_errors():
            result = self._source.result()
        return {
            "id": self.id,
            "model": self._request.trajectory.scenario.model.version,
            "request": self.request,
            "result": copy.deepcopy(dict(result)),
        }

    @property
    def provenance(self) -> dict[str, Any]:
        """By what it was computed: Porta's version, the model's, and by whom."""
        model = self._request.trajectory.scenario.model
        return {
            "porta": VERSION,
            "model": {"name": model.name, "version": model.version},
            **self._source.computed,
        }

    def plot(self, agent: str | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw the share of members that are still bound, by step; returns matplotlib's axes."""
        from porta.drawing.axes import draw_survival, new_axes

        name, axes = self._name_of(agent), new_axes(ax)
        return draw_survival(axes, self.survival(name), name)

    def plot_over_time(
        self, quantity: str = "distance", *, agent: str | None = None, ax: Axes | None = None
    ) -> Axes:
        """Draw the quantiles of a quantity by step, as a fan; returns matplotlib's axes."""
        from porta.drawing.axes import draw_fan, new_axes

        name, quantiles = self._name_of(agent), self.quantiles(quantity, agent)
        units = self._request.trajectory.scenario.units
        return draw_fan(new_axes(ax), quantiles, quantity, name, units)

    def verify(self, *, all: bool = False) -> Verification:  # noqa: A002 - as `porta verify --all`
        """Compute its members again and compare: all of them, or where that takes long a sample.

        The rows of the members; with all of them also quantiles, survival, and what else is told.
        `print` the result: it says which share was computed again; `ok` is whether all of that was
        right.
        """
        from porta.results.verifying import verify_ensemble

        return verify_ensemble(self._source, everything=all)

    def _repr_html_(self) -> str:
        from porta.drawing.card import card_of_ensemble

        first = self.agents[0] if self.agents else None
        return card_of_ensemble(
            self._request,
            self.sentence,
            None if first is None else self.survival(first),
            None if first is None else self.quantiles("distance", first),
        )

    def save(self, path: str | os.PathLike[str], *, sidecar: bool = False) -> Path:
        """Write the members to a file: .parquet, .arrow, .csv or .json; returns its path.

        With a `sidecar`, a file beside it says what it is of; Parquet and Arrow say it themselves.
        A name such as "many.crate/" or "many.crate.zip" gives an RO-Crate: members, summary,
        request and versions (with the package rocrate: `porta[crate]`).
        """
        from porta.results.saving import save_ensemble

        return save_ensemble(self._source, path, sidecar=sidecar)

    def __repr__(self) -> str:
        return (
            f"<porta.Ensemble {self.id}: {self.members_count:,} members, "
            f"{self.steps:,} step{'s' * (self.steps != 1)} of "
            f"{self._request.trajectory.scenario.model.name}, seed {self.seed}>"
        )
