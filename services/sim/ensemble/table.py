"""The table of an ensemble's members: a row for each member and agent, at its end.

Guarantees:

- Rows are in the order of members and, of each, of agents. They depend on the members alone.
- Elements have the bits of `sim.orbit.elements_of`, so those of a manifest. What is not defined, or
  not kept, is null: of an agent without a primary all but its state; of one that is not analysed
  its escape, its closest approach and whether it has escaped.

Columns: `member`, `agent`; `outcome`: what ended the member (`collision`, `divergence`,
`standstill`), else `escaped`, `none` (no primary) or `bound`; `steps` that the agent has taken;
`escape_at`, the iteration from which its energy stays above 0, with `escape_time`, its clock then;
`closest`, its least distance, first at the iteration `closest_at`; its clock `t`, position and
velocity; and its osculating elements, angles in degrees, `anomaly` the true anomaly. In the plane
there is no z, vz, i or node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from sim.engine.osculation import barycentre_without
from sim.kernel import COLLISION, DIVERGENCE, STANDSTILL
from sim.kernel.elements import ORBIT, elements_of_states

if TYPE_CHECKING:
    from sim.kernel import Floats
    from sim.kernel.lanes import Members
    from sim.scenario import PropagationRequest, Scenario

__all__ = ["OUTCOMES", "table_of", "table_schema", "warm"]

OUTCOMES: Final = ("bound", "escaped", "none", "collision", "divergence", "standstill")
"""The values of the column `outcome`; null where it is not kept."""
_BOUND, _ESCAPED, _NO_PRIMARY, *_ENDED = range(len(OUTCOMES))
_CODES: Final = dict(zip((COLLISION, DIVERGENCE, STANDSTILL), _ENDED, strict=True))
_UNKNOWN: Final = -1
_TIME, _MOVING = 1, 3  # the columns of a record: t1, and from x on
_AXES: Final = "xyz"
_SPACE: Final = 3
_ELEMENTS: Final = ("a", "e", "i", "node", "argp", "anomaly")
_OF_SPACE: Final = frozenset({"i", "node"})


def table_schema(scenario: Scenario) -> pa.Schema:
    """Return the columns of the table of a scenario's members."""
    whole, number = pa.int64(), pa.float64()
    axes = _AXES[: scenario.model.dimensions]
    elements = [name for name in _ELEMENTS if _has(scenario, name)]
    return pa.schema(
        [
            pa.field("member", whole, nullable=False),
            pa.field("agent", pa.dictionary(pa.int16(), pa.string()), nullable=False),
            ("outcome", pa.dictionary(pa.int8(), pa.string())),
            pa.field("steps", whole, nullable=False),
            ("escape_at", whole),
            ("escape_time", number),
            ("closest", number),
            ("closest_at", whole),
            *((name, number) for name in ("t", *axes, *(f"v{axis}" for axis in axes))),
            *((name, number) for name in elements),
        ]
    )


def _has(scenario: Scenario, element: str) -> bool:
    return scenario.model.dimensions == _SPACE or element not in _OF_SPACE


def table_of(request: PropagationRequest, first: int, members: Members) -> pa.RecordBatch:
    """Return the rows of B members, first, first + 1, ..., at their end: B times M agents.

    Raises ValueError for other members.
    """
    count = members.number.size
    if not np.array_equal(members.number, np.arange(first, first + count, dtype=np.uint64)):
        raise ValueError(f"These are not the members from {first} on.")
    scenario = request.trajectory.scenario
    schema = table_schema(scenario)
    columns = {
        "member": np.repeat(np.arange(first, first + count), len(scenario.agents)),
        "steps": _rows(members.steps),
        **_analysis(request, members),
        **_states(scenario, members),
        **_elements(scenario, members),
    }
    arrays = {name: _array(column, schema.field(name).type) for name, column in columns.items()}
    arrays["agent"] = _agents(scenario, count)
    arrays["outcome"] = _outcomes(request, members)
    return pa.RecordBatch.from_arrays([arrays[name] for name in schema.names], schema=schema)


def _rows(of_agents: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return a column of numbers [M, B]: member by member."""
    return np.ascontiguousarray(of_agents.T).reshape(-1)


def _array(column: np.ndarray[Any, Any], kind: pa.DataType) -> pa.Array:
    """Return a column for Arrow: null for nan, for infinity and for iterations below 0."""
    missing = ~np.isfinite(column) if kind == pa.float64() else column < 0
    return pa.array(column, kind, mask=missing if missing.any() else None)


def _agents(scenario: Scenario, count: int) -> pa.Array:
    codes = np.tile(np.arange(len(scenario.agents), dtype=np.int16), count)
    return pa.DictionaryArray.from_arrays(codes, pa.array(scenario.names, pa.string()))


def _outcomes(request: PropagationRequest, members: Members) -> pa.Array:
    scenario, count = request.trajectory.scenario, members.number.size
    codes = np.full((len(scenario.agents), count), _UNKNOWN, np.int8)
    for a, primary in enumerate(scenario.orbited):
        if primary is None:
            codes[a] = _NO_PRIMARY
    for j, a in enumerate(request.analysed):
        codes[a] = np.where(members.escape_at[j] >= 0, _ESCAPED, _BOUND)
    for outcome, code in _CODES.items():
        codes[:, members.outcome == outcome] = code
    rows = _rows(codes)
    indices = pa.array(rows, pa.int8(), mask=rows == _UNKNOWN)
    return pa.DictionaryArray.from_arrays(indices, pa.array(OUTCOMES, pa.string()))


def _analysis(request: PropagationRequest, members: Members) -> dict[str, Any]:
    """Return what is kept of the analysed agents, spread over all agents."""
    agents, count = len(request.trajectory.scenario.agents), members.number.size
    analysed = list(request.analysed)
    spread: dict[str, Any] = {}
    for name in ("escape_at", "escape_time", "closest", "closest_at"):
        kept = getattr(members, name)
        column = np.full((agents, count), np.nan if kept.dtype == np.float64 else -1, kept.dtype)
        column[analysed] = kept
        spread[name] = _rows(column)
    return spread


def _states(scenario: Scenario, members: Members) -> dict[str, Floats]:
    axes = _AXES[: scenario.model.dimensions]
    names = (*axes, *(f"v{axis}" for axis in axes))
    moving = members.ring[:, 0, _MOVING:]
    return {
        "t": _rows(members.ring[:, 0, _TIME]),
        **{name: _rows(moving[:, c]) for c, name in enumerate(names)},
    }


def _elements(scenario: Scenario, members: Members) -> dict[str, Floats]:
    moving = members.ring[:, 0, _MOVING:]  # [M, 4 or 6, B]
    found = np.full((len(scenario.agents), ORBIT, members.number.size), np.nan)
    with np.errstate(all="ignore"):  # there are no elements of what is not finite
        for a, primary in enumerate(scenario.primaries):
            if primary is not None or a in scenario.barycentric:
                relative = np.ascontiguousarray(moving[a] - _about(scenario, a, moving))
                elements_of_states(relative, scenario.gravity[a], found[a])
    return {name: _rows(found[:, c]) for c, name in enumerate(_ELEMENTS) if _has(scenario, name)}


def _about(scenario: Scenario, a: int, moving: Floats) -> Floats:
    """Return what an agent orbits, float64[4 or 6, B]."""
    primary = scenario.primaries[a]
    if a not in scenario.barycentric and primary is not None:
        of_primary: Floats = moving[primary]
        return of_primary
    mu = [agent.mu for agent in scenario.agents]
    return barycentre_without(a, np.moveaxis(moving, -1, 0), mu).T


def warm() -> None:
    """Load the compiled elements, or compile them once on a machine."""
    elements_of_states(np.zeros((4, 1)), 1.0, np.zeros((ORBIT, 1)))
