"""The table's rows against the runs of single members, bit for bit."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pytest

from sim import Propagation
from sim.ensemble.table import OUTCOMES, table_of, table_schema
from sim.kernel import COLLISION
from sim.models.nbody import NBodyAgent, NBodyScenario, State3
from sim.scenario import NANO, PropagationRequest, Scenario, Trajectory
from tests.unit.sim.ensemble.runs import members_of_runs
from tests.unit.sim.scenarios import ALONE, DIVERGENCE, THREE

_KEPT: Final = ("escape_at", "escape_time", "closest", "closest_at")
_FIRST: Final = ("member", "agent", "outcome", "steps", *_KEPT, "t")
PLANE: Final = [*_FIRST, *("x", "y", "vx", "vy"), *("a", "e", "argp", "anomaly")]
SPACE: Final = [
    *_FIRST,
    *("x", "y", "z", "vx", "vy", "vz"),
    *("a", "e", "i", "node", "argp", "anomaly"),
]
BINARY: Final = NBodyScenario(
    (
        NBodyAgent("A", 1.0, State3(1.0, 0.0, 0.1, 0.0, 0.5, 0.0), "barycentre"),
        NBodyAgent("B", 1.0, State3(-1.0, 0.0, 0.0, 0.0, -0.5, 0.0), "barycentre"),
        NBodyAgent("Probe", 0.0, State3(4.0, 0.0, 0.0, 0.0, 0.3, 0.7), "A"),
        NBodyAgent("Stray", 0.0, State3(90.0, 0.0, 0.0, 0.0, 9.0, 0.0), "B"),
    ),
    "leapfrog",
    0.05,
)
ELEMENTS: Final = {
    "a": "semi_major_axis",
    "e": "eccentricity",
    "i": "inclination",
    "node": "node",
    "argp": "argument_of_periapsis",
    "anomaly": "true_anomaly",
}


def rows_of(request: PropagationRequest, first: int, count: int) -> list[dict[str, Any]]:
    batch = table_of(request, first, members_of_runs(request, first, count))
    batch.validate(full=True)
    rows: list[dict[str, Any]] = batch.to_pylist()
    return rows


@pytest.mark.parametrize(
    ("scenario", "columns"), [(NANO, PLANE), (BINARY, SPACE)], ids=["plane", "space"]
)
def test_the_columns_are_those_that_are_documented(scenario: Scenario, columns: list[str]) -> None:
    assert table_schema(scenario).names == columns


@pytest.mark.parametrize(
    ("scenario", "first", "count"),
    [(NANO, 3, 3), (THREE, 0, 2), (BINARY, 0, 1)],
    ids=["nano", "three", "binary"],
)
def test_a_row_is_what_the_members_own_run_ends_with(
    scenario: Scenario, first: int, count: int
) -> None:
    request = PropagationRequest(400, Trajectory(scenario, 7))
    rows = rows_of(request, first, count)
    assert [row["member"] for row in rows[:: len(scenario.agents)]] == [
        *range(first, first + count)
    ]
    for row in rows:
        run = Propagation.open(request.trajectory.of_member(row["member"]), 400)
        state = run.end[row["agent"]].to_json()
        told = {name: row[name] for name in state if name in row} | {"time": row["t"]}
        assert told == {name: state[name] for name in told}
        assert row["steps"] == run.records_by_agent[row["agent"]] - 1
        elements: Any = run.elements().get(row["agent"])
        for name, of_run in ELEMENTS.items():
            if name in row:
                assert row[name] == (elements and elements["end"][of_run]), name
        statistics: Any = run.statistics().get(row["agent"])
        if statistics is None:
            assert (row["closest"], row["closest_at"], row["outcome"]) == (None, None, "none")
        else:
            assert row["closest"] == statistics["r"]["min"]
            assert row["closest_at"] == statistics["r"]["min_at"]
            assert row["escape_at"] == statistics["unbound_from"]
            assert row["outcome"] == ("bound" if row["escape_at"] is None else "escaped")
            assert (row["escape_time"] is None) == (row["escape_at"] is None)


def test_an_agent_that_flies_by_has_escaped_from_the_start() -> None:
    stray = rows_of(PropagationRequest(20, Trajectory(BINARY)), 0, 1)[3]
    assert (stray["outcome"], stray["escape_at"], stray["escape_time"]) == ("escaped", 0, 0.0)
    assert stray["a"] < 0.0 < stray["e"] - 1.0


def test_of_an_agent_that_is_not_analysed_only_the_state_and_its_orbit_are_there() -> None:
    everything = PropagationRequest(50, Trajectory(THREE), 5)
    request = replace(everything, agents=("Probe",))
    members = members_of_runs(request, 0, 2)
    moon, planet, probe = table_of(request, 0, members).to_pylist()[:3]
    full = rows_of(everything, 0, 1)[0]
    assert moon | {"outcome": "bound"} == full | dict.fromkeys(_KEPT)
    assert moon["outcome"] is None
    assert planet["outcome"] == "none"
    assert probe["closest"] is not None


def test_a_member_that_has_ended_says_how_and_where() -> None:
    alone, runaway = rows_of(PropagationRequest(9, Trajectory(DIVERGENCE)), 0, 2)
    assert alone["outcome"] == runaway["outcome"] == "divergence"
    assert math.isfinite(alone["x"])
    request = PropagationRequest(50, Trajectory(THREE))
    members = members_of_runs(request, 0, 2)
    members.outcome[1] = COLLISION
    outcomes = table_of(request, 0, members).column("outcome").to_pylist()
    assert outcomes == ["bound", "none", "escaped", *["collision"] * 3]


def test_a_member_without_a_step_has_no_closest_approach() -> None:
    request = PropagationRequest(5, Trajectory(NANO))
    members = members_of_runs(request, 0, 1)
    members.closest[:], members.closest_at[:] = np.inf, -1
    satellite = table_of(request, 0, members).to_pylist()[1]
    assert (satellite["closest"], satellite["closest_at"]) == (None, None)


def test_an_agent_alone_has_a_state_and_nothing_else() -> None:
    (row,) = rows_of(PropagationRequest(9, Trajectory(ALONE)), 0, 1)
    assert row["outcome"] == "none"
    assert {name for name, value in row.items() if value is None} == {
        *(*_KEPT, "a", "e", "argp", "anomaly")
    }


def test_blocks_of_members_make_one_table() -> None:
    request = PropagationRequest(30, Trajectory(NANO))
    together = table_of(request, 0, members_of_runs(request, 0, 4))
    parts = [table_of(request, m, members_of_runs(request, m, 2)) for m in (0, 2)]
    assert pa.Table.from_batches(parts).combine_chunks() == pa.Table.from_batches([together])


def test_other_members_are_refused() -> None:
    request = PropagationRequest(30, Trajectory(NANO))
    with pytest.raises(ValueError, match="members from 1 on"):
        table_of(request, 1, members_of_runs(request, 0, 2))


def test_every_outcome_has_a_name() -> None:
    assert len(set(OUTCOMES)) == 6
