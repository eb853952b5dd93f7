"""Reads dispersions: from the JSON that people write to spreads in canonical form.

Guarantees: for any input, spreads that are valid for the scenario, or a RequestError whose `where`
is a path in the input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sim.dispersion.frame import INERTIAL, RTN, Start
from sim.dispersion.spread import Spread
from sim.errors import RequestError, ScenarioError
from sim.strictjson import MAX_NAME_LENGTH, fields_of, number_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.dispersion.covariance import Matrix
    from sim.models.model import Scenario

__all__ = ["read_spreads"]

_WHERE: Final = "dispersion"
_REQUIRED: Final = frozenset({"agent"})
_OPTIONAL: Final = frozenset({"sigma", "covariance", "frame"})
_SHOWN_NAMES: Final = 8  # so many are readable


def read_spreads(value: object, scenario: Scenario) -> tuple[Spread, ...]:
    """Return the spreads of a scenario's agents, in its order, without those that move nothing."""
    if not isinstance(value, list):
        raise RequestError(
            _WHERE, 'must be a list, such as [{"agent": NAME, "sigma": {"x": 0.001}}].'
        )
    if len(value) > len(scenario.agents):
        raise RequestError(_WHERE, "must have at most one entry for each agent of the scenario.")
    start, spreads = Start.of(scenario), dict[int, Spread]()
    agents = {name: agent for agent, name in enumerate(start.names)}
    for i, entry in enumerate(value):
        spread = _read_spread(entry, f"{_WHERE}[{i}]", start, agents)
        if spread.agent in spreads:
            raise RequestError(
                f"{_WHERE}[{i}].agent", f"is {spread.name} again: give each agent one entry."
            )
        spreads[spread.agent] = spread
    return tuple(spreads[agent] for agent in sorted(spreads) if spreads[agent])


def _read_spread(entry: object, where: str, start: Start, agents: Mapping[str, int]) -> Spread:
    fields = _fields(entry, where)
    name = fields["agent"]
    if not isinstance(name, str) or name not in agents:
        known = ", ".join(start.names[:_SHOWN_NAMES])
        more = ", ..." if len(start.names) > _SHOWN_NAMES else ""
        raise RequestError(f"{where}.agent", f"must be the name of an agent: {known}{more}.")
    frame = fields.get("frame", INERTIAL)
    if frame not in (INERTIAL, RTN):
        raise RequestError(f"{where}.frame", f"must be {INERTIAL} or {RTN}.")
    if ("sigma" in fields) == ("covariance" in fields):
        raise RequestError(where, "must have either sigma or covariance: one, and not both.")
    components = start.components(frame)
    sigma: tuple[float, ...] = ()
    covariance: Matrix = ()
    if "sigma" in fields:
        sigma = _sigma(fields["sigma"], f"{where}.sigma", components)
    else:
        covariance = _covariance(fields["covariance"], f"{where}.covariance", components)
    try:
        spread = Spread(agents[name], name, frame, components, sigma, covariance)
    except RequestError as error:
        raise RequestError(f"{where}.{error.where}", error.problem) from None
    spread.check(start, where)
    return spread


def _sigma(value: object, where: str, components: tuple[str, ...]) -> tuple[float, ...]:
    """Return the standard deviation of each component; 0 where none is given."""
    known = ", ".join(components)
    if not isinstance(value, dict):
        raise RequestError(where, f"must be an object of standard deviations by name: {known}.")
    for name in value:
        if name not in components:
            shown = str(name)[:MAX_NAME_LENGTH]
            raise RequestError(where, f"has no component {shown!r} in this frame; known: {known}.")
    deviations = [_number(value.get(name, 0.0), f"{where}.{name}") for name in components]
    for name, deviation in zip(components, deviations, strict=True):
        if deviation < 0.0:
            raise RequestError(f"{where}.{name}", "is a standard deviation: it must be at least 0.")
    return tuple(map(abs, deviations))  # -0.0 is no other deviation


def _covariance(value: object, where: str, components: tuple[str, ...]) -> Matrix:
    """Return a square matrix, a row for each component."""
    size = len(components)
    rows = value if isinstance(value, list) else []
    if len(rows) != size or not all(isinstance(row, list) and len(row) == size for row in rows):
        order = ", ".join(components)
        raise RequestError(where, f"must be {size} rows of {size} numbers, in the order {order}.")
    return tuple(
        tuple(_number(value, f"{where}[{i}][{j}]") + 0.0 for j, value in enumerate(row))
        for i, row in enumerate(rows)
    )  # + 0.0 makes -0.0 positive


def _fields(entry: object, where: str) -> dict[str, Any]:
    try:
        return fields_of(entry, where, _REQUIRED, optional=_OPTIONAL)
    except ScenarioError as error:
        raise RequestError(error.where, error.problem) from None


def _number(value: object, where: str) -> float:
    try:
        return number_of(value, where)
    except ScenarioError as error:
        raise RequestError(where, error.problem) from None
