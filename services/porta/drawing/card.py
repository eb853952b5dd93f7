"""What a notebook shows of a result: a small drawing, and a table of what matters.

Everything is inline and static: no script, no style sheet, nothing that is loaded. Names are
escaped, and the size is bounded: some 60 kB.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

from porta.drawing import svg
from porta.drawing.frames import paths_of, view_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pyarrow as pa

    from porta.sources import RunSource
    from sim.scenario import PropagationRequest, Scenario

__all__ = ["card_of_ensemble", "card_of_rows", "card_of_run"]

_POINTS: Final = 3_000  # of all paths together
_SHOWN: Final = 6


def card_of_run(source: RunSource, summary: Mapping[str, Any]) -> str:
    """Return a run as HTML: its orbits, where it ended, and how far each agent was and is."""
    request = source.request
    scenario = request.trajectory.scenario
    view = view_of(scenario, None, None)
    shown = type(view)(view.agents[:_SHOWN], view.frame)
    bound = _bound_until(summary)
    paths = paths_of(source, shown, None, bound, _POINTS)
    until = "" if bound is None else ", until all have escaped"
    drawing = svg.orbits(paths, f"Orbits seen from {shown.seen_from}{until}")
    rows = [*_common(request), *_of_orbits(scenario, summary)]
    return _card(f"Propagation {request.id}", [drawing], rows)


def card_of_ensemble(
    request: PropagationRequest,
    sentence: str,
    survival: pa.Table | None,
    quantiles: pa.Table | None,
) -> str:
    """Return an ensemble as HTML: who is still bound, the fan of distances, and a sentence."""
    drawings = []
    if survival is not None and quantiles is not None:
        steps = survival.column("step").to_numpy()
        low, high, fraction = (survival.column(n).to_numpy() for n in ("low", "high", "fraction"))
        bands = [svg.Band(steps, low, high, 0.3), svg.Band(steps, fraction, fraction)]
        bound = survival.column("bound")[-1].as_py()
        told = f"bound at the end: {bound:,} of {request.members:,}"
        title = "Share of members that are still bound, by step"
        drawings.append(svg.chart(bands, title, told, (0.0, 1.0)))
        q = {name: quantiles.column(name).to_numpy() for name in quantiles.column_names}
        fan = [
            svg.Band(q["step"], q["q5"], q["q95"], 0.2),
            svg.Band(q["step"], q["q25"], q["q75"], 0.4),
            svg.Band(q["step"], q["q50"], q["q50"]),
        ]
        drawings.append(svg.chart(fan, "Quantiles of the distance, by step", "distance: 5 to 95 %"))
    rows = [("members", f"{request.members:,}"), *_common(request), ("what became", sentence)]
    return _card(f"Ensemble {request.id}", drawings, rows)


def card_of_rows(title: str, rows: Sequence[Mapping[str, Any]], there_are: int) -> str:
    """Return some rows of a table as HTML, and how many there are."""
    heads = "".join(f"<th>{escape(name)}</th>" for name in (rows[0] if rows else ()))
    lines = "".join(
        f"<tr>{''.join(f'<td>{escape(_cell(value))}</td>' for value in row.values())}</tr>"
        for row in rows
    )
    told = f"{there_are:,} row{'s' * (there_are != 1)}"
    told += f", of which the first {len(rows)}" if len(rows) < there_are else ""
    return (
        f"<div><strong>{escape(title)}</strong><br>{told}"
        f"<table><tr>{heads}</tr>{lines}</table></div>"
    )


def _cell(value: object) -> str:
    if isinstance(value, float):
        return _text(value)
    return "" if value is None else str(value)


def _bound_until(summary: Mapping[str, Any]) -> float | None:
    """Return when the last agent escapes; None where one stays bound: then all is drawn."""
    orbiting = [name for name, told in summary["statistics"].items() if "primary" in told]
    times = [summary["escape_times"].get(name) for name in orbiting]
    return max(times) or None if times and None not in times else None


def _common(request: PropagationRequest) -> Iterable[tuple[str, str]]:
    trajectory = request.trajectory
    agents = len(trajectory.scenario.agents)
    yield "steps", f"{request.steps:,}"
    yield "model", f"{trajectory.scenario.model.name}, {agents:,} agent{'s' * (agents != 1)}"
    if trajectory.shows_seed:
        member = f", member {trajectory.member}" if trajectory.member else ""
        yield "seed", f"{trajectory.seed}{member}"


def _of_orbits(scenario: Scenario, summary: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Yield a row for the end, and for each of the first agents that orbit something."""
    units = scenario.units
    end = max(state["time"] for state in summary["end"].values())
    yield "time", _measured(f"{end:.6g}", units.of(time=1))
    for name, told in list(summary["statistics"].items())[:_SHOWN]:
        if "primary" not in told:
            continue
        r = told["r"]
        distance = _measured(f"{_text(r['min'])} to {_text(r['max'])}", units.of(1))
        escape_time = summary["escape_times"].get(name)
        fate = "bound" if escape_time is None else f"escapes at {escape_time:.6g}"
        yield f"{name} about {told['primary']}", f"{distance}, {fate}"


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"


def _measured(text: str, unit: str) -> str:
    return f"{text} {unit}" if unit else text


def _card(title: str, drawings: list[str], rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(
        f'<tr><th style="text-align:left;padding-right:1em">{escape(name)}</th>'
        f'<td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in rows
    )
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:1em;align-items:flex-start">'
        f"{''.join(drawings)}<div><strong>{escape(title)}</strong>"
        f"<table>{cells}</table></div></div>"
    )
