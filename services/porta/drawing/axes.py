"""The same drawings with matplotlib: axes to work on, where it is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from porta.errors import ArgumentTypeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from matplotlib.axes import Axes

    from porta.drawing.frames import Path, View
    from sim.models.units import Units

__all__ = ["POWERS", "draw_fan", "draw_paths", "draw_series", "draw_survival", "new_axes"]

POWERS: Final = {
    "distance": (1, 0),
    "energy": (2, -2),
    "angular_momentum": (2, -1),
    "semi_major_axis": (1, 0),
    "eccentricity": (0, 0),
    "x": (1, 0),
    "y": (1, 0),
    "z": (1, 0),
}
"""The powers of length and time in the unit of each quantity."""
_AT_ENDS: Final = frozenset("xyz")  # of a bin; the quantities of an orbit are those at its start


def new_axes(ax: object) -> Axes:
    """Return the axes that are given, or new ones; raises MissingPackage, ArgumentTypeError."""
    pyplot = matplotlib("matplotlib.pyplot")
    if ax is None:
        made: Axes = pyplot.subplots(layout="constrained")[1]
        return made
    if not isinstance(ax, matplotlib("matplotlib.axes").Axes):
        raise ArgumentTypeError(
            "ax", f"ax must be axes of matplotlib, not of type {type(ax).__name__}."
        )
    return cast("Axes", ax)


def matplotlib(module: str) -> Any:  # noqa: ANN401 - a module
    """Import a module of matplotlib; raises MissingPackage."""
    from porta.optional import needed

    return needed(module, "pip install 'porta[plot]'")


def draw_paths(ax: Axes, paths: Sequence[Path], view: View, units: Units) -> Axes:
    """Draw paths in the x-y plane, to one scale, each with its end as a dot."""
    for path in paths:
        x, y = path.positions[:, 0], path.positions[:, 1]
        (line,) = ax.plot(x, y, "-" if path.is_line else ",", label=path.name, linewidth=0.8)
        ax.plot(x[-1:], y[-1:], "o", color=line.get_color(), markersize=4)
    if view.frame != "inertial":
        ax.plot([0.0], [0.0], "+", color="gray", label=_origin(paths))
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_xlabel(_label("x", units.of(1)))
    ax.set_ylabel(_label("y", units.of(1)))
    ax.set_title(f"Seen from {view.seen_from}")
    ax.legend(loc="upper right", fontsize="small")
    return ax


def _origin(paths: Sequence[Path]) -> str:
    origins = {path.about for path in paths if path.about is not None}
    return origins.pop() if len(origins) == 1 else "primary"


def draw_series(ax: Axes, series: pa.Table, name: str, agent: str, units: Units) -> Axes:
    """Draw the range of a quantity in each bin over time; a line where a bin is one step."""
    t = series.column("t1" if name in _AT_ENDS else "t0").to_numpy()
    low, high = (series.column(f"{name}_{end}").to_numpy() for end in ("min", "max"))
    stepped = low == low  # noqa: PLR0124 - nan, in a bin in which the agent waits
    t, low, high = t[stepped], low[stepped], high[stepped]
    (line,) = ax.plot(t, (low + high) / 2, linewidth=0.8, label=agent)
    ax.fill_between(t, low, high, color=line.get_color(), alpha=0.3, linewidth=0)
    ax.set_xlabel(_label("time", units.of(time=1)))
    ax.set_ylabel(_quantity(name, units))
    ax.legend(loc="upper right", fontsize="small")
    return ax


def draw_fan(ax: Axes, quantiles: pa.Table, name: str, agent: str, units: Units) -> Axes:
    """Draw the quantiles of a quantity by step: 1 to 99, 5 to 95 and 25 to 75 %, and the median."""
    q = {column: quantiles.column(column).to_numpy() for column in quantiles.column_names}
    (line,) = ax.plot(q["step"], q["q50"], linewidth=1.0, label=f"{agent}, median")
    for low, high in (("q1", "q99"), ("q5", "q95"), ("q25", "q75")):
        ax.fill_between(q["step"], q[low], q[high], color=line.get_color(), alpha=0.2, linewidth=0)
    ax.plot(q["step"], q["nominal"], "--", color="gray", linewidth=0.8, label="nominal")
    ax.set_xlabel("step")
    ax.set_ylabel(_quantity(name, units))
    ax.legend(loc="upper right", fontsize="small")
    return ax


def draw_survival(ax: Axes, survival: pa.Table, agent: str) -> Axes:
    """Draw the share of members that are still bound by step, with its interval at 95 %."""
    step, share, low, high = (
        survival.column(name).to_numpy() for name in ("step", "fraction", "low", "high")
    )
    (line,) = ax.plot(step, share, label=agent)
    ax.fill_between(step, low, high, color=line.get_color(), alpha=0.3, linewidth=0)
    ax.set_ylim(0.0, 1.02)
    ax.set_xlabel("step")
    ax.set_ylabel("share still bound")
    ax.legend(loc="lower left", fontsize="small")
    return ax


def _quantity(name: str, units: Units) -> str:
    length, time = POWERS[name]
    return _label(name.replace("_", " "), units.of(length, time))


def _label(name: str, unit: str) -> str:
    return f"{name} ({unit})" if unit else name
