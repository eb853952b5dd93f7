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
    from sim.scenario import PropagationRequest, Scenario

__all__ = ["counted", "outcome", "summary"]

LISTED_AGENTS: Final = 20  # a screenful; of more agents, the first are shown
_WIDTH: Final = 21  # of the name of a statistic
_QUANTITIES: Final = {"r": "distance", "e": "energy", "h": "angular_momentum"}
"""As `porta.Propagation.series` calls them."""
_IN_ELEMENTS: Final = frozenset({"semi_major_axis", "eccentricity"})
_SYSTEM: Final = {
    "energy": (5, -4),
    "momentum": (4, -3),
    "angular_momentum": (5, -3),
    "barycentre": (1, 0),
}
"""The powers of length and time in the units: mu is length**3/time**2."""
_UNDEFINED: Final = ("relative_departure", None)  # from an energy of 0


def summary(request: PropagationRequest, propagation: Propagation) -> str:
    """Return record counts, last states, statistics and elements of each orbit, and the system."""
    return "\n".join(_lines(request, propagation.summary()))


def outcome(order: Order, propagation: Propagation) -> str:
    """Return a sentence that says after how many steps an order has ended, and why."""
    steps = f"{propagation.steps:,} step{'s' * (propagation.steps != 1)}"
    condition = order.condition
    if isinstance(condition, Until):
        earliest = min(state.time for state in propagation.end.values())
        clock = "the earliest" if order.trajectory.scenario.model.own_clocks else "it"
        return (
            f"Every agent's clock has reached {condition.time:g} after {steps}: {clock} is at "
            f"{earliest:.9g}."
        )
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
        start = stretches[-1].tail if stretches else initial_checkpoint(order.trajectory.dispersed)
        watch.see_part(start, propagation.steps - watch.intervals * interval)
    return watch.steps is not None and watch.steps <= order.steps


def counted(number: int, noun: str) -> str:
    """Return a number of things in words: 1 step, 1,000 steps."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _lines(request: PropagationRequest, figures: Mapping[str, Any]) -> Iterator[str]:
    trajectory = request.trajectory
    shown = trajectory.scenario.names[:LISTED_AGENTS]
    member = f", member {trajectory.member}" if trajectory.member else ""
    seed = f", seed {trajectory.seed}{member}" if trajectory.shows_seed else ""
    yield f"{counted(request.steps, 'step')}{seed}: {counted(figures['records'], 'record')}"
    yield f"Method: {trajectory.scenario.method.sentence}"
    yield ""
    yield from _ends(trajectory.scenario, figures)
    for name in shown:
        yield from _orbit(name, figures)
    yield from _system(trajectory.scenario, figures["system"])


def _ends(scenario: Scenario, figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield a table of the agents at the end."""
    shown, units = scenario.names[:LISTED_AGENTS], scenario.units
    axes = "xyz"[: scenario.model.dimensions]
    columns = {"time": units.of(time=1)}
    columns |= dict.fromkeys(axes, units.of(1))
    columns |= dict.fromkeys((f"v{axis}" for axis in axes), units.of(1, -1))
    width = max(len(name) for name in (*shown, "at the end"))
    yield f"{'at the end':{width}}  {'records':>11}" + "".join(
        f"{_measured(name, unit):>13}" for name, unit in columns.items()
    )
    for name in shown:
        state = "".join(f"{figures['end'][name][column]:>13.6g}" for column in columns)
        yield f"{name:{width}}  {figures['records_by_agent'][name]:>11,}{state}"
    if len(scenario.names) > len(shown):
        yield f"... and {len(scenario.names) - len(shown)} more"


def _measured(name: str, unit: str) -> str:
    return f"{name} ({unit})" if unit else name


def _orbit(name: str, figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each statistic and each element of an agent that orbits a primary."""
    statistics: Mapping[str, Any] = figures["statistics"].get(name, {})
    if "primary" not in statistics:
        return
    yield ""
    yield f"{name} relative to {statistics['primary']}, over the starts of its steps"
    for statistic, value in statistics.items():
        if statistic != "primary" and statistic not in _IN_ELEMENTS:
            yield _line(_QUANTITIES.get(statistic, statistic), value)
    ends: Mapping[str, Mapping[str, Any]] = figures["elements"][name]
    for element in ends["start"]:
        values = {when: elements[element] for when, elements in ends.items()}
        if set(values.values()) != {None}:
            yield _line(element, values)


def _system(scenario: Scenario, system: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each quantity of the whole system: of the agents that have mu."""
    if not scenario.massive:
        return
    yield ""
    yield f"{_whole(scenario)}, with the largest departure from the start"
    names = {name: _measured(name, scenario.units.of(*_SYSTEM[name])) for name in system}
    width = max(_WIDTH, *map(len, names.values()))
    for name, value in system.items():
        defined = {key: part for key, part in value.items() if (key, part) != _UNDEFINED}
        yield _line(names[name], defined, width)


def _whole(scenario: Scenario) -> str:
    if len(scenario.massive) == len(scenario.names):
        return "The whole system"
    if len(scenario.massive) == 1:
        return (
            f"The whole system, that is {scenario.names[scenario.massive[0]]}, which alone has mu"
        )
    return "The whole system without the agents that have no mu"


def _line(name: str, value: object, width: int = _WIDTH) -> str:
    return f"  {name.replace('_', ' '):{width}} {_text(value)}"


def _text(value: object) -> str:
    match value:
        case None:
            return "-"
        case float():
            return f"{value:.6g}"
        case list():
            return f"({', '.join(_text(part) for part in value)})"
        case dict():
            return ", ".join(
                f"{key.replace('_', ' ')} {_text(part)}" for key, part in value.items()
            )
        case _:
            return str(value)
