"""A scenario that says all that an OEM needs, its records, and what a file says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sim import Propagation, Trajectory
from sim.export import FORMATS, Reread
from sim.export.metadata import Chosen, Metadata, described
from sim.records import schema_of, states_schema_of
from sim.scenario import NANO, PropagationRequest, Scenario, read_scenario

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["LABELLED", "OF_ANY", "records", "schema", "varied"]

OF_ANY: Final = tuple(form.name for form in FORMATS.values() if not form.refusal(NANO))
"""The names of the formats that hold the records of any scenario."""

LABELLED: Final[dict[str, Any]] = {
    "model": "nbody",
    "integrator": "leapfrog",
    "dt": 10.0,
    "units": {"length": "km", "time": "s"},
    "epoch": "2026-01-01T00:00:00",
    "time_scale": "TDB",
    "frame": "ICRF",
    "center": "EARTH",
    "agents": [
        {"name": "Earth", "mu": 398_600.435507, "x": 0.0, "y": 0.0, "vx": 0.0, "vy": 0.0},
        {
            "name": "Sat 1",
            "mu": 0.0,
            "x": 7_000.0,
            "y": 0.0,
            "z": 1.5,
            "vx": 0.0,
            "vy": 7.5,
            "vz": 1.0,
        },
        {"name": "Sat 2", "mu": 0.0, "x": 9_000.0, "y": 0.0, "vx": 0.1, "vy": 6.0, "vz": -1 / 3},
    ],
}
"""Three agents, in kilometres and seconds."""


def varied(**others: object) -> Scenario:
    """Return it with other fields; those that are None are left out."""
    document = LABELLED | others
    return read_scenario({name: value for name, value in document.items() if value is not None})


def records(scenario: Scenario, steps: int) -> Reread:
    """Return all records of so many steps."""
    return Reread(Propagation.open(Trajectory(scenario), steps).slices)


def schema(scenario: Scenario, steps: int, *, of_states: bool = False) -> pa.Schema:
    """Return the schema of a file of them, or of states at times."""
    metadata = Metadata(
        request=PropagationRequest(steps, Trajectory(scenario)),
        chosen=Chosen(kind="states" if of_states else "records"),
    )
    columns = states_schema_of if of_states else schema_of
    return described(columns(scenario.model), metadata)
