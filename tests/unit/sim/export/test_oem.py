"""What is written as an OEM, read back by others: `oem` and `ccsds_ndm`."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import ccsds_ndm
import numpy as np
import oem
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim import Propagation, Trajectory
from sim.errors import RequestError
from sim.export import FORMATS, Reread, export, export_states, of_agent
from sim.export.oem import write_oem
from sim.initial_state import initial_scenario
from tests.labelled import LABELLED, records, schema, varied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sim.scenario import Scenario

AXES = ("x", "y", "z", "vx", "vy", "vz")
STEPS = 200


def written(scenario: Scenario, steps: int = STEPS) -> bytes:
    return b"".join(export(records(scenario, steps), FORMATS["oem"], schema(scenario, steps)))


def rows_by_agent(scenario: Scenario, steps: int = STEPS) -> dict[str, list[list[float]]]:
    found: dict[str, list[list[float]]] = {name: [] for name in scenario.names}
    for batch in records(scenario, steps):
        for row in batch.to_pylist():
            found[row["agent"]].append([row["t1"], *(row[axis] for axis in AXES)])
    return found


def test_each_agent_has_a_segment_with_all_its_states() -> None:
    scenario = varied()
    message = ccsds_ndm.from_str(written(scenario).decode())
    expected = rows_by_agent(scenario)
    assert [one.metadata.object_name for one in message.segments] == ["Earth", "Sat 1", "Sat 2"]
    for segment in message.segments:
        meta, states = segment.metadata, segment.data.state_vector
        rows = expected[meta.object_name]
        assert (meta.ref_frame, meta.center_name, meta.time_system) == ("ICRF", "EARTH", "TDB")
        assert meta.object_id == meta.object_name
        assert len(states) == len(rows) == STEPS + 1  # the initial state and each step's end
        assert meta.start_time == states[0].epoch == "2026-01-01T00:00:00.000000000000"
        assert meta.stop_time == states[-1].epoch == "2026-01-01T00:33:20.000000000000"
        read = [[s.x, s.y, s.z, s.x_dot, s.y_dot, s.z_dot] for s in states]
        np.testing.assert_allclose(read, [row[1:] for row in rows], rtol=1.2e-16 * 5, atol=0)


def test_oem_reads_the_file_of_an_agent(tmp_path: Path) -> None:
    scenario = varied(time_scale="TT", epoch="2026-01-01T00:00:00.25")
    batches = Reread(lambda: of_agent(records(scenario, STEPS), 1))
    file = tmp_path / "sat.oem"
    file.write_bytes(b"".join(export(batches, FORMATS["oem"], schema(scenario, STEPS))))
    (segment,) = oem.OrbitEphemerisMessage.open(file)
    rows = rows_by_agent(scenario)["Sat 1"]
    states = list(segment.states)
    np.testing.assert_allclose([s.vector for s in states], [row[1:] for row in rows], rtol=6e-16)
    seconds = [(state.epoch - states[0].epoch).sec for state in states]
    np.testing.assert_allclose(seconds, [row[0] for row in rows], atol=1e-9)
    assert states[0].epoch.tt.isot == "2026-01-01T00:00:00.250000"
    assert segment.metadata["TIME_SYSTEM"] == "TT"


@pytest.mark.parametrize(("length", "km"), [("m", 0.001), ("au", 149_597_870.7)])
@pytest.mark.parametrize(("time", "seconds"), [("s", 1), ("d", 86_400), ("yr", 31_557_600)])
def test_other_units_are_converted(length: str, km: float, time: str, seconds: int) -> None:
    scenario = varied(units={"length": length, "time": time}, dt=1 / seconds)
    message = ccsds_ndm.from_str(written(scenario, 3).decode())
    rows = rows_by_agent(scenario, 3)["Sat 2"]
    states = message.segments[2].data.state_vector
    for state, (_, *numbers) in zip(states, rows, strict=True):
        assert [state.x, state.y, state.z] == pytest.approx(
            [n * km for n in numbers[:3]], rel=1e-15
        )
        velocity = [n * km / seconds for n in numbers[3:]]
        assert [state.x_dot, state.y_dot, state.z_dot] == pytest.approx(velocity, rel=1e-15)
    assert [state.epoch[17:] for state in states] == [f"0{k}.000000000000" for k in range(4)]


def test_the_bytes_do_not_depend_on_how_records_are_batched() -> None:
    scenario = varied()
    table = pa.Table.from_batches(list(records(scenario, STEPS)))
    pieces = [
        b"".join(write_oem(table.to_batches(n), schema(scenario, STEPS))) for n in (1, 7, 10**6)
    ]
    assert pieces[0] == pieces[1] == pieces[2] == written(scenario)


def test_agents_that_do_not_fit_in_memory_are_read_again() -> None:
    scenario = varied()
    whole, readings = written(scenario), 0

    def read() -> Iterator[pa.RecordBatch]:
        nonlocal readings
        readings += 1
        yield from records(scenario, STEPS)

    for held, expected in ((10**6, 1), (450, 2), (250, 2), (10, 4)):
        readings = 0
        assert b"".join(write_oem(Reread(read), schema(scenario, STEPS), held)) == whole
        assert readings == expected


def test_memory_does_not_grow_with_the_file() -> None:
    scenario = varied(agents=LABELLED["agents"][:2])
    _, one = records(scenario, 4_000)
    step, agents = 10.0, 2

    def read(copies: int) -> Iterator[pa.RecordBatch]:
        """Yield batches as of a run that is longer by so many copies of its start."""
        count = one.num_rows // agents
        for k in range(copies):
            times = np.repeat(np.arange(count) + k * count + 1, agents) * step
            columns = dict(zip(one.schema.names, one.columns, strict=True)) | {
                "t1": pa.array(times)
            }
            yield pa.RecordBatch.from_arrays(list(columns.values()), schema=one.schema)

    def peak(copies: int) -> int:
        tracemalloc.start()
        for _ in write_oem(Reread(lambda: read(copies)), schema(scenario, 4_000), 1_000):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(6) < 1.1 * peak(2)


def test_states_at_times_are_written_where_there_are_any() -> None:
    scenario = varied()
    propagation = Propagation.open(Trajectory(scenario), STEPS)
    columns = schema(scenario, STEPS, of_states=True)
    times = [0.0, 12.5, 1_000.0, 1e9]
    data = b"".join(
        export_states(Reread(lambda: propagation.states(times)), FORMATS["oem"], columns)
    )
    message = ccsds_ndm.from_str(data.decode())
    for segment in message.segments:
        epochs = [state.epoch[14:] for state in segment.data.state_vector]
        assert epochs == ["00:00.000000000000", "00:12.500000000000", "16:40.000000000000"]


@pytest.mark.parametrize("times", [[1.0, 1.0], [2.0, 1.0]])
def test_times_that_do_not_increase_are_refused_before_the_first_byte(times: list[float]) -> None:
    scenario = varied()
    propagation = Propagation.open(Trajectory(scenario), STEPS)
    columns = schema(scenario, STEPS, of_states=True)
    pieces = export_states(Reread(lambda: propagation.states(times)), FORMATS["oem"], columns)
    with pytest.raises(RequestError, match="increasing times"):
        next(pieces)


def test_a_window_without_records_is_refused() -> None:
    with pytest.raises(RequestError, match="none is chosen"):
        next(write_oem([], schema(varied(), STEPS)))


def test_batches_that_can_be_read_only_once_are_no_source() -> None:
    scenario = varied()
    with pytest.raises(TypeError, match="Reread"):
        next(write_oem(iter(records(scenario, 5)), schema(scenario, 5)))


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.floats(-1e5, 1e5), min_size=6, max_size=6), st.sampled_from(["km", "m", "au"]))
def test_a_file_becomes_a_scenario_and_the_same_file_again(
    numbers: list[float], length: str
) -> None:
    moved = dict(zip(AXES, numbers, strict=True)) | {"x": 7_000.0}
    agents = [LABELLED["agents"][0], LABELLED["agents"][1] | moved]
    scenario = varied(agents=agents, units={"length": length, "time": "s"}, dt=1e-3)
    first = written(scenario, 1)
    once = initial_scenario(first, "a.oem", base=scenario).scenario
    again = initial_scenario(written(once, 1), "b.oem", base=scenario).scenario
    assert once.names == scenario.names
    for one, other in zip(once.initial_states, scenario.initial_states, strict=True):
        expected = [other.to_json()[axis] for axis in AXES]
        assert [one.to_json()[axis] for axis in AXES] == pytest.approx(expected, rel=1e-15)
    if length == "km":
        assert again == once
        assert (
            written(again, 1).partition(b"CREATION")[2]
            == written(once, 1).partition(b"CREATION")[2]
        )
