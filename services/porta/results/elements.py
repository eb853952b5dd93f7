"""The osculating elements of agents about their primaries, at times.

Guarantees: they have the bits of `sim.orbit.elements_of`, of the states that `states` gives at the
same times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from sim.scenario import Scenario

    Floats = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["elements_at"]

_ELEMENTS: Final = ("a", "e", "i", "node", "argp", "anomaly")
_OF_SPACE: Final = frozenset({"i", "node"})
_SPACE: Final = 3


def elements_at(scenario: Scenario, states: pa.Table) -> pa.Table:
    """Return a row for each time and each agent that has a primary: its elements, null for none.

    `states` has the rows of all agents for each time (`sim.records.states_schema_of`).
    """
    import numpy as np
    import pyarrow as pa

    names, orbited = scenario.names, scenario.orbited
    orbiting = [a for a, primary in enumerate(orbited) if primary is not None]
    times = states.column("t").to_numpy()[:: len(names)]
    found = np.full((times.size, len(orbiting), len(_ELEMENTS)), np.nan)
    moving = _moving(scenario, states)
    for place, a in enumerate(orbiting):
        found[:, place] = _of_agent(scenario, a, moving)
    flat = found.reshape(-1, len(_ELEMENTS)).T
    columns = {
        "t": pa.array(np.repeat(times, len(orbiting))),
        "agent": _words([names[a] for a in orbiting], times.size),
        "primary": _words([str(orbited[a]) for a in orbiting], times.size),
    }
    for name, column in zip(_ELEMENTS, flat, strict=True):
        if scenario.model.dimensions == _SPACE or name not in _OF_SPACE:
            columns[name] = pa.array(np.ascontiguousarray(column), mask=~np.isfinite(column))
    return pa.table(columns)


def _moving(scenario: Scenario, states: pa.Table) -> Floats:
    """Return positions and velocities, float64[times, M, C]; nan where there is no state."""
    import numpy as np

    axes = "xyz"[: scenario.model.dimensions]
    columns = [states.column(name).to_numpy() for name in (*axes, *(f"v{axis}" for axis in axes))]
    return np.stack(columns, axis=-1).reshape(-1, len(scenario.names), len(columns))


def _of_agent(scenario: Scenario, a: int, moving: Floats) -> Floats:
    """Return the elements of one agent at each time, float64[times, 6]."""
    import numpy as np

    from sim.engine.osculation import barycentre_without
    from sim.kernel.elements import ORBIT, elements_of_states

    primary = scenario.primaries[a]
    if primary is None:
        about = barycentre_without(a, moving, [agent.mu for agent in scenario.agents])
    else:
        about = moving[:, primary]
    elements = np.full((ORBIT, len(moving)), np.nan)
    relative = np.ascontiguousarray((moving[:, a] - about).T)
    elements_of_states(relative, scenario.gravity[a], elements)
    return elements.T


def _words(words: list[str], times: int) -> pa.Array:
    """Return these words in turn, so many times."""
    import numpy as np
    import pyarrow as pa

    known = list(dict.fromkeys(words))
    places = np.array([known.index(word) for word in words], np.int16)
    return pa.DictionaryArray.from_arrays(np.tile(places, times), pa.array(known, pa.string()))
