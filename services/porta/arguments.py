"""What `porta.propagate` is asked for becomes a request of the engine, within the limits.

Nothing is guessed: what is not exactly a request is an ArgumentError, whose sentence says what
would be one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from porta.documents import plain, read_json
from porta.errors import ArgumentError, ArgumentTypeError, porta_errors
from porta.names import one_of, some_of
from porta.numbers import count, real, whole
from sim.dispersion import NO_DISPERSION, Dispersion
from sim.limits import DEFAULT_MAX_STEPS, DEFAULT_MAX_WORK, Limits
from sim.order import Order, read_condition, read_until
from sim.presets import NAMES, preset
from sim.scenario import NANO, PropagationRequest, Scenario, Trajectory, read_scenario

if TYPE_CHECKING:
    from sim.presets import Preset

__all__ = [
    "AnyDispersion",
    "AnyScenario",
    "Arguments",
    "allowed",
    "read_scenario_argument",
]

AnyScenario: TypeAlias = "Mapping[str, Any] | str | os.PathLike[str] | Scenario"
"""A scenario: an object as JSON has it, the path of a JSON file, or one of the engine's."""
AnyDispersion: TypeAlias = "Sequence[Mapping[str, Any]] | str | os.PathLike[str] | Dispersion"
"""A dispersion: a list as JSON has it, the path of a JSON file, or one of the engine's."""

_MOST: Final = {"PORTA_MAX_STEPS": 10**12, "PORTA_MAX_WORK": 10**15}  # as the settings have them


def allowed(environ: Mapping[str, str]) -> Limits:
    """Return the limits of this process: PORTA_MAX_STEPS, PORTA_MAX_WORK, or their defaults."""
    return Limits(
        max_steps=_limit(environ, "PORTA_MAX_STEPS", DEFAULT_MAX_STEPS),
        max_work=_limit(environ, "PORTA_MAX_WORK", DEFAULT_MAX_WORK),
    )


def _limit(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "")
    if not text:
        return default
    digits = text.lstrip("0") if text.isascii() and text.isdecimal() else ""
    if not 0 < len(digits) <= len(str(_MOST[name])) or int(digits) > _MOST[name]:
        raise ArgumentError(
            name, f"{name} must be a whole number from 1 to {_MOST[name]:,}, not {text[:40]!r}."
        )
    return int(digits)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arguments:
    """The arguments of `porta.propagate` that say what is asked for, as they were given."""

    steps: object = None
    until: object = None
    stop: object = None
    seed: object = 0
    member: object = 0
    members: object = 1
    scenario: object = None
    preset: object = None
    dispersion: object = None
    agents: object = None

    def request(self, limits: Limits) -> PropagationRequest:
        """Return the request that they describe, or the order; raises ArgumentError."""
        with porta_errors():
            return limits.check(self._read(limits))

    def _read(self, limits: Limits) -> PropagationRequest:
        chosen = self._preset()
        trajectory = self._trajectory(chosen)
        members = count("members", self.members)
        agents = self._agents(trajectory.scenario)
        if self.until is not None:
            return self._until(limits, PropagationRequest(1, trajectory, members, agents))
        steps = self._steps(chosen)
        limits.check_steps(steps)
        request = PropagationRequest(steps, trajectory, members, agents)
        if self.stop is None:
            return request
        _check_one("stop", request)
        return Order(steps, trajectory, condition=self._condition(trajectory.scenario))

    def _preset(self) -> Preset | None:
        if self.preset is None:
            return None
        if self.scenario is not None:
            raise ArgumentError("preset", "preset is a scenario already: leave out scenario.")
        return preset(one_of("preset", self.preset, NAMES))

    def _steps(self, chosen: Preset | None) -> int:
        if self.steps is not None:
            return count("steps", self.steps)
        if chosen is not None:
            return chosen.steps
        raise ArgumentError(
            "steps", "Say how many steps, or a time to reach: steps=1_000 or until=100.0."
        )

    def _trajectory(self, chosen: Preset | None) -> Trajectory:
        seed, member = whole("seed", self.seed), whole("member", self.member)
        scenario = read_scenario_argument(self.scenario) if chosen is None else chosen.scenario
        return Trajectory(scenario, seed, member, _dispersion(self.dispersion, scenario))

    def _agents(self, scenario: Scenario) -> tuple[str, ...]:
        return () if self.agents is None else some_of("agents", self.agents, scenario.names)

    def _until(self, limits: Limits, first: PropagationRequest) -> PropagationRequest:
        """Return the request, or the order, that reaches a time; `first` has one step of it."""
        if self.steps is not None or self.stop is not None:
            raise ArgumentError("until", "until takes the place of steps and stop: give it alone.")
        condition = read_until(real("until", self.until))
        scenario = first.trajectory.scenario
        limits.check_time(scenario, condition.time)
        known = scenario.steps_until(condition.time)
        if known is not None:
            return first.subject.request(known)
        _check_one("until", first)
        at_most = min(limits.steps_of(scenario), scenario.most_steps_until(condition.time))
        return Order(at_most, first.trajectory, condition=condition)

    def _condition(self, scenario: Scenario) -> Any:  # noqa: ANN401 - Escape or Within
        if not isinstance(self.stop, Mapping):
            raise ArgumentTypeError(
                "stop",
                'stop must be {"agent": NAME, "escape": True} or {"agent": NAME, "within": '
                "DISTANCE}.",
            )
        told = plain("stop", self.stop)
        if "agent" in told:
            one_of("stop: agent", told["agent"], scenario.names)
        return read_condition(scenario, told)


def read_scenario_argument(value: object) -> Scenario:
    """Return the scenario that an argument means; raises ArgumentError and ScenarioError."""
    if value is None:
        return NANO
    if isinstance(value, Scenario):
        return value
    if isinstance(value, str | os.PathLike):
        if value in NAMES and not os.path.exists(value):  # noqa: PTH110 - it is no path
            raise ArgumentError(
                "scenario",
                f"scenario must be the path of a file; for the preset: preset={value!r}.",
            )
        return read_scenario(read_json("scenario", value))
    if isinstance(value, Mapping):
        return read_scenario(plain("scenario", value))
    raise ArgumentTypeError(
        "scenario",
        f"scenario must be a dict, or the path of a JSON file, not of type {type(value).__name__}.",
    )


def _dispersion(value: object, scenario: Scenario) -> Dispersion:
    if value is None:
        return NO_DISPERSION
    if isinstance(value, Dispersion):
        return value
    if isinstance(value, str | os.PathLike):
        return Dispersion.from_json(read_json("dispersion", value), scenario)
    if isinstance(value, list | tuple):
        return Dispersion.from_json(plain("dispersion", value), scenario)
    raise ArgumentTypeError(
        "dispersion",
        'dispersion must be a list, such as [{"agent": "Satellite", "sigma": {"x": 0.001}}], or '
        f"the path of a JSON file, not of type {type(value).__name__}.",
    )


def _check_one(field: str, request: PropagationRequest) -> None:
    if request.is_ensemble:
        raise ArgumentError(
            field,
            f"{field} asks for one trajectory: its members would end after different numbers of "
            "steps. Leave members out, or set it to 1.",
        )
