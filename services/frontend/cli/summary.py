"""The summary of a propagation, as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sim.engine import initial_checkpoint
from sim.engine.watch import Watch
from sim.order import Until, Within

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sim.engine import Propagation
    from sim.order import Order
    from sim.scenario import PropagationRequest

__all__ = ["outcome", "summary"]

COLUMNS: Final = ("time", "x", "y", "vx", "vy")
LISTED_AGENTS: Final = 20  # a screenful; of more agents, the first are shown


def summary(request: PropagationRequest, propagation: Propagation) -> str:
    """Return the record counts, each agent's last state, and the statistics of each orbit."""
    return "\n".join(_lines(request, propagation.summary()))


def outcome(order: Order, propagation: Propagation) -> str:
    """Return a sentence that says after how many steps an order has ended, and why."""
    steps = f"{propagation.steps:,} steps"
    condition = order.condition
    if isinstance(condition, Until):
        return f"Every agent's clock has reached {condition.time:g} after {steps}."
    if not _is_met(order, propagation):
        return f"The condition to stop at was not met within {steps}."
    if isinstance(condition, Within):
        return f"{condition.agent} has come within {condition.distance:g} after {steps}."
    return f"{condition.agent} has escaped after {steps}."


def _is_met(order: Order, propagation: Propagation) -> bool:
    if propagation.steps < order.steps:
        return True
    watch = Watch(order.trajectory, order.condition)
    for stretch in propagation.stretches:
        watch.see(stretch)
    if watch.steps is None:
        stretches, interval = propagation.stretches, order.trajectory.interval
        start = stretches[-1].tail if stretches else initial_checkpoint(order.trajectory.scenario)
        watch.see_part(start, propagation.steps - watch.intervals * interval)
    return watch.steps is not None and watch.steps <= order.steps


def _lines(request: PropagationRequest, figures: Mapping[str, Any]) -> Iterator[str]:
    names = request.trajectory.scenario.names
    shown = names[:LISTED_AGENTS]
    trajectory = request.trajectory
    member = f", member {trajectory.member}" if trajectory.member else ""
    yield (
        f"{request.steps:,} steps, seed {trajectory.seed}{member}: {figures['records']:,} records"
    )
    yield ""
    width = max(len(name) for name in (*shown, "at the end"))
    yield f"{'at the end':{width}}  {'records':>11}" + "".join(
        f"{column:>13}" for column in COLUMNS
    )
    for name in shown:
        state = "".join(f"{figures['end'][name][column]:>13.6g}" for column in COLUMNS)
        yield f"{name:{width}}  {figures['records_by_agent'][name]:>11,}{state}"
    if len(names) > len(shown):
        yield f"... and {len(names) - len(shown)} more"
    for name in shown:
        yield from _orbit(name, figures["statistics"].get(name, {}))


def _orbit(name: str, statistics: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each statistic of an agent that orbits a primary."""
    if "primary" not in statistics:
        return
    yield ""
    yield f"{name}, as it sees {statistics['primary']}"
    for statistic, value in statistics.items():
        if statistic != "primary":
            yield f"  {statistic.replace('_', ' '):18} {_text(value)}"


def _text(value: object) -> str:
    match value:
        case None:
            return "-"
        case float():
            return f"{value:.6g}"
        case dict():
            return ", ".join(
                f"{key.replace('_', ' ')} {_text(part)}" for key, part in value.items()
            )
        case _:
            return str(value)
