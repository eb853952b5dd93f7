from __future__ import annotations

import math

from sim.records import initial_records
from tests.nano_records import NUMBERS, SCHEMA
from tests.unit.sim.scenarios import THREE


def test_the_initial_records_are_the_agents_states_without_a_beginning() -> None:
    batch = initial_records(THREE)
    assert batch.schema.equals(SCHEMA)
    for row, agent in zip(batch.to_pylist(), THREE.agents, strict=True):
        state = agent.state
        assert row["agent"] == agent.name
        assert [row[name] for name in NUMBERS] == [
            *(-math.inf, state.time, state.time_step),
            *(state.x, state.y, state.vx, state.vy),
        ]


def test_an_index_into_the_dictionary_is_an_agents_number() -> None:
    names = initial_records(THREE).column("agent")
    assert names.dictionary.to_pylist() == list(THREE.names)
    assert names.indices.to_pylist() == [0, 1, 2]
