"""What came out of a propagation, as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sim.engine import Propagation
    from sim.scenario import PropagationRequest

__all__ = ["summary"]

COLUMNS: Final = ("time", "x", "y", "vx", "vy")
LISTED_AGENTS: Final = 20  # of more, the first are shown


def summary(request: PropagationRequest, propagation: Propagation) -> str:
    """Return record counts, the state at the end, and the figures of each orbit."""
    return "\n".join(_lines(request, propagation.summary()))


def _lines(request: PropagationRequest, told: Mapping[str, Any]) -> Iterator[str]:
    names = request.trajectory.scenario.names
    shown = names[:LISTED_AGENTS]
    yield f"{request.steps:,} steps, seed {request.trajectory.seed}: {told['records']:,} records"
    yield ""
    width = max(len(name) for name in (*shown, "at the end"))
    yield f"{'at the end':{width}}  {'records':>11}" + "".join(f"{one:>13}" for one in COLUMNS)
    for name in shown:
        state = "".join(f"{told['end'][name][column]:>13.6g}" for column in COLUMNS)
        yield f"{name:{width}}  {told['records_by_agent'][name]:>11,}{state}"
    if len(names) > len(shown):
        yield f"... and {len(names) - len(shown)} more"
    for name in shown:
        yield from _orbit(name, told["statistics"].get(name, {}))


def _orbit(name: str, figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield the figures of an agent that has a primary, a line each."""
    if "primary" not in figures:
        return
    yield ""
    yield f"{name}, as it sees {figures['primary']}"
    for figure, value in figures.items():
        if figure != "primary":
            yield f"  {figure.replace('_', ' '):18} {_words(value)}"


def _words(value: object) -> str:
    match value:
        case None:
            return "-"
        case float():
            return f"{value:.6g}"
        case {"value": extreme, "iteration": iteration}:
            return f"{_words(extreme)} (iteration {iteration:,})"
        case dict():
            return ", ".join(f"{key.replace('_', ' ')} {_words(one)}" for key, one in value.items())
        case _:
            return str(value)
