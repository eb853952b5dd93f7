"""Claims about verified files: what is right passes, and what was changed is found and named."""

from __future__ import annotations

import contextlib
import os
import random
import re
import resource
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet
import pytest

from sim import Propagation, Trajectory
from sim.errors import VerificationError
from sim.export import FORMATS, Reread, export, export_states
from sim.export.metadata import KEY, Chosen, Metadata, chosen_times, described, sidecar_path
from sim.records import schema_of, states_schema_of
from sim.scenario import PropagationRequest
from sim.verification import Effort, verify
from sim.version import VERSION
from tests.labelled import records, schema, varied
from tests.unit.sim.verification.samples import ALL, ENSEMBLE, REQUEST, SAMPLE, opened
from tests.written_files import flip, members_file, records_file, states_file, with_sidecar

if TYPE_CHECKING:
    from pathlib import Path

FORMS = ["js", "json", "csv", "arrow", "parquet"]
TABLES = ["json", "csv", "arrow", "parquet"]
TIMES = [0.0, 1.0, 2.5, 9.0, 9.0, 13.0, 1e9]


@pytest.mark.parametrize("form", FORMS)
def test_a_file_is_verified_as_a_whole_or_by_a_sample_and_says_which(
    tmp_path: Path, form: str
) -> None:
    path = records_file(tmp_path / f"orbit.{form}", opened())
    whole, sample = verify(path, ALL), verify(path, SAMPLE)
    assert whole.ok
    assert whole.share == f"all {opened().records:,} records"
    assert sample.ok
    assert sample.share == "a sample: 3 of 4 intervals (seed 0)"
    assert (whole.is_all, sample.is_all) == (True, False)


def test_what_takes_less_than_a_second_is_verified_as_a_whole(tmp_path: Path) -> None:
    assert verify(records_file(tmp_path / "orbit.parquet", opened())).is_all


def is_right(path: Path) -> bool:
    """Whether nothing is found in a file; what can't even be read is not right."""
    with suppress(VerificationError):
        return verify(path, ALL).ok
    return False


@pytest.mark.parametrize("form", ["arrow", "parquet", "csv", "json"])
def test_any_flipped_bit_is_found(tmp_path: Path, form: str) -> None:
    short = Propagation.open(Trajectory(seed=7), 500)
    path = records_file(tmp_path / f"orbit.{form}", short)
    data, places = path.read_bytes(), random.Random(16)
    for _ in range(25):
        at, bit = places.randrange(len(data)), places.randrange(8)
        flip(path, at, bit)
        assert not is_right(path), (at, bit)
        path.write_bytes(data)
    assert verify(path, ALL).ok


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("parquet", b'"porta":"' + VERSION.encode()),
        ("parquet", b"parquet-cpp-arrow version " + pa.__version__.encode()),
        ("arrow", b'"porta":"' + VERSION.encode()),
    ],
)
def test_a_flipped_bit_in_who_has_written_a_file_is_found_too(
    tmp_path: Path, form: str, text: bytes
) -> None:
    path = records_file(tmp_path / f"orbit.{form}", Propagation.open(Trajectory(seed=7), 500))
    data = path.read_bytes()
    places = [found.start() for found in re.finditer(re.escape(text), data)]
    assert places
    for start in places:
        for at in range(len(text)):
            flip(path, start + at)
            assert not is_right(path), at
            path.write_bytes(data)


@pytest.mark.parametrize("effort", [ALL, SAMPLE], ids=["all", "sample"])
def test_any_flipped_bit_in_a_sidecar_is_found(tmp_path: Path, effort: Effort) -> None:
    path = records_file(tmp_path / "orbit.csv", Propagation.open(Trajectory(seed=7), 500))
    beside = sidecar_path(path)
    data, places = beside.read_bytes(), random.Random(16)
    version = data.index(b'"porta":"') + len(b'"porta":"')
    chosen = [*range(version, version + len(VERSION)), *places.sample(range(len(data)), 60)]
    passed = []
    for at in chosen:
        flip(beside, at, places.randrange(8))
        with contextlib.suppress(VerificationError):
            if verify(path, effort).ok:
                passed.append(at)
        beside.write_bytes(data)
    assert not passed


def test_a_sidecar_without_a_seal_is_of_an_earlier_version_and_says_so(tmp_path: Path) -> None:
    path = records_file(tmp_path / "orbit.csv", opened())
    document = orjson.loads(sidecar_path(path).read_bytes())
    del document["seal"]
    sidecar_path(path).write_bytes(orjson.dumps(document))
    found = verify(path, ALL)
    assert found.ok
    assert "has no seal" in found.notes[-1]


def test_of_what_another_version_has_written_the_values_are_compared(tmp_path: Path) -> None:
    path = records_file(tmp_path / "orbit.parquet", opened())
    data = path.read_bytes()
    name = f"version {pa.__version__}".encode()
    path.write_bytes(data.replace(name, name[:-1] + b"x"))
    found = verify(path, Effort(soon_s=60.0))
    assert found.ok
    assert "the bytes around them are not" in found.notes[0]
    with pytest.raises(VerificationError, match="Whether any of these bytes was changed"):
        verify(path, ALL)


@pytest.mark.parametrize("form", FORMS)
def test_the_first_value_that_differs_is_named_with_both_values(tmp_path: Path, form: str) -> None:
    path = records_file(tmp_path / f"orbit.{form}", opened())
    flip(path, path.stat().st_size // 2 + 40)
    found = verify(path, ALL).differences[0]
    assert re.match(r"(row|line) [1-9][\d,]+(, column \w+)?$", found.where), found
    assert found.stored != found.recomputed


@pytest.mark.parametrize("form", ["arrow", "csv", "json"])
def test_a_sample_finds_what_is_wrong_in_it(tmp_path: Path, form: str) -> None:
    path = records_file(tmp_path / f"orbit.{form}", opened())
    end = 6_000 if form == "arrow" else 700  # a footer's length, and the last interval
    flip(path, path.stat().st_size - end)  # which is in every sample
    found = verify(path, SAMPLE)
    assert not found.ok
    assert found.share == "a sample: 3 of 4 intervals (seed 0)"


@pytest.mark.parametrize(
    "chosen", [Chosen(every=100), Chosen(t0=0.0), Chosen(t0=3.0, t1=12.0, every=3)], ids=str
)
@pytest.mark.parametrize("effort", [ALL, SAMPLE], ids=["all", "sample"])
def test_some_of_the_records_are_verified_as_they_were_chosen(
    tmp_path: Path, chosen: Chosen, effort: Effort
) -> None:
    window = (
        -float("inf") if chosen.t0 is None else chosen.t0,
        float("inf") if chosen.t1 is None else chosen.t1,
    )
    metadata = Metadata(request=REQUEST, chosen=chosen, checksum=opened().checkpoints_checksum)
    schema = described(schema_of(REQUEST.trajectory.scenario.model), metadata)
    path = tmp_path / "some.parquet"
    rows = opened().every(chosen.every or 1, *window)
    path.write_bytes(b"".join(export(rows, FORMATS["parquet"], schema)))
    assert verify(path, effort).ok


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("effort", [ALL, SAMPLE], ids=["all", "sample"])
def test_states_at_times_are_verified_at_the_times_that_the_file_has(
    tmp_path: Path, form: str, effort: Effort
) -> None:
    path = states_file(tmp_path / f"states.{form}", opened(), TIMES)
    found = verify(path, effort)
    assert found.ok, found
    assert found.share in {"all 21 states", "all 7 times"}


def test_a_time_that_was_changed_is_found(tmp_path: Path) -> None:
    path = states_file(tmp_path / "states.csv", opened(), TIMES)
    path.write_bytes(path.read_bytes().replace(b"\n2.5,", b"\n2.4,"))
    with pytest.raises(VerificationError, match="a time, or what it says, has been changed"):
        verify(path, ALL)


@pytest.mark.parametrize("form", TABLES)
def test_the_table_of_members_is_verified_as_a_whole_or_by_some_members(
    tmp_path: Path, form: str
) -> None:
    path = members_file(tmp_path / f"members.{form}", ENSEMBLE)
    whole, sample = verify(path, ALL), verify(path, SAMPLE)
    assert whole.ok, whole
    assert whole.share == "all 80 rows"
    assert sample.ok, sample
    assert sample.share == "a sample: 3 of 40 members (seed 0)"
    flip(path, path.stat().st_size // 2)
    assert not verify(path, ALL).ok


def test_chosen_members_are_verified_as_a_whole_alone(tmp_path: Path) -> None:
    chosen = Chosen(kind="members", where={"agent": ("Satellite",)}, sort="-closest")
    path = members_file(tmp_path / "members.parquet", ENSEMBLE, chosen)
    assert verify(path, ALL).share == "all 40 rows"
    with pytest.raises(VerificationError, match="use --all"):
        verify(path, SAMPLE)


def test_a_sample_of_more_than_can_be_reached_soon_says_how_far_it_goes(tmp_path: Path) -> None:
    path = records_file(tmp_path / "orbit.parquet", opened())
    found = verify(path, replace(SAMPLE, chain_s=1e-9))
    assert found.ok
    assert found.share == "a sample: 1 of 4 intervals (seed 0)"
    assert "first 2,048 of 8,000 steps" in found.notes[0]


def test_an_oem_of_chosen_times_is_refused_with_a_sentence(tmp_path: Path) -> None:
    scenario = varied()
    request = PropagationRequest(100, Trajectory(scenario))
    chosen = chosen_times(np.array([0.0, 1.0]))
    columns = states_schema_of(scenario.model)
    of_times = described(columns, Metadata(request=request, chosen=chosen))
    propagation = Propagation.open(request.trajectory, request.steps)
    rows = Reread(lambda: propagation.states([0.0, 1.0]))
    path = tmp_path / "orbit.oem"
    path.write_bytes(b"".join(export_states(rows, FORMATS["oem"], of_times)))
    with_sidecar(path, of_times)
    with pytest.raises(VerificationError, match="OEM of chosen times, which can't be verified"):
        verify(path, ALL)


@pytest.mark.parametrize("effort", [ALL, SAMPLE], ids=["all", "sample"])
def test_members_in_a_file_of_a_form_that_has_none_are_refused(
    tmp_path: Path, effort: Effort
) -> None:
    path = members_file(tmp_path / "members.json", ENSEMBLE)
    sidecar_path(path).rename(tmp_path / "members.js.meta.json")
    renamed = path.rename(tmp_path / "members.js")
    with pytest.raises(VerificationError, match=r"members.* does not write as data\.js"):
        verify(renamed, effort)


def test_what_is_more_work_than_may_be_done_says_what_to_set_where_that_helps(
    tmp_path: Path,
) -> None:
    path = records_file(tmp_path / "orbit.parquet", opened())
    with pytest.raises(VerificationError, match="set PORTA_MAX_WORK higher"):
        verify(path, replace(ALL, most_work=10))
    forged = tmp_path / "forged.csv"
    forged.touch()
    huge = Metadata(request=PropagationRequest(10**15 - 1, REQUEST.trajectory))
    sidecar_path(forged).write_bytes(
        huge.canonical(schema_of(REQUEST.trajectory.scenario.model).names)
    )
    with pytest.raises(VerificationError, match="more work than Porta ever does"):
        verify(forged, ALL)


def test_what_has_no_sample_is_recomputed_as_a_whole_or_refused(tmp_path: Path) -> None:
    scenario, steps = varied(), 2_100  # two intervals
    path = tmp_path / "orbit.oem"
    path.write_bytes(
        b"".join(export(records(scenario, steps), FORMATS["oem"], schema(scenario, steps)))
    )
    with_sidecar(path, schema(scenario, steps))
    assert verify(path, replace(SAMPLE, chain_s=60.0)).is_all
    with pytest.raises(VerificationError, match=r"no sample of it can be taken.*: use --all"):
        verify(path, replace(SAMPLE, chain_s=1e-9))
    for everything in (Effort(everything=True, chain_s=1e-9), Effort(soon_s=60.0, chain_s=1e-9)):
        found = verify(path, everything)
        assert found.ok, found
        assert found.share == "all 6,303 records"


def test_a_file_that_was_written_again_by_another_program_still_holds_its_values(
    tmp_path: Path,
) -> None:
    path = records_file(tmp_path / "orbit.parquet", opened())
    table = pyarrow.parquet.read_table(path)
    pyarrow.parquet.write_table(table, path, row_group_size=10**9, compression="snappy")
    found = verify(path, ALL)
    assert [one.where.split(",")[1] for one in found.differences] == [" outside the values"]
    assert verify(path, SAMPLE).ok


def test_what_a_file_says_of_itself_must_follow_from_its_request(tmp_path: Path) -> None:
    path = records_file(tmp_path / "orbit.csv", opened())
    beside = sidecar_path(path)
    document = orjson.loads(beside.read_bytes())
    document["columns"]["vx"]["unit"] = "km/s"
    document["id"] = "500"
    beside.write_bytes(orjson.dumps(document))
    found = verify(path, ALL)
    assert [one.where for one in found.differences] == [
        "what it says of itself as columns",
        "what it says of itself as id",
    ]


@pytest.mark.parametrize("effort", [ALL, SAMPLE], ids=["all", "sample"])
def test_metadata_over_http_are_a_sidecar_without_the_files_digest(
    tmp_path: Path, effort: Effort
) -> None:
    path = records_file(tmp_path / "orbit.csv", opened())
    beside = sidecar_path(path)
    document = orjson.loads(beside.read_bytes())
    del document["file"], document["seal"]
    beside.write_bytes(orjson.dumps(document))
    found = verify(path, effort)
    assert found.ok, found
    assert "does not have the size and the SHA-256" in found.notes[-1]
    beside.write_bytes(orjson.dumps(document | {"file": {}}))
    with pytest.raises(VerificationError, match="file must have its bytes"):
        verify(path, effort)


def test_a_forged_checksum_is_found(tmp_path: Path) -> None:
    path = records_file(tmp_path / "orbit.csv", opened())
    beside = sidecar_path(path)
    document = orjson.loads(beside.read_bytes())
    beside.write_bytes(orjson.dumps(document | {"checksum": "0" * 64}))
    found = verify(path, SAMPLE)
    assert found.differences[0].where == "the checksum of the propagation"


def forged(path: Path, **changes: object) -> None:
    """Write a table that says that it is another."""
    table = pyarrow.parquet.read_table(path)
    document = orjson.loads(table.schema.metadata[KEY]) | changes
    pyarrow.parquet.write_table(table.replace_schema_metadata({KEY: orjson.dumps(document)}), path)


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [(10**15, "set PORTA_MAX_WORK higher"), (-1, "whole number"), ("many", "whole number")],
)
def test_a_forged_request_is_refused_before_it_takes_long(
    tmp_path: Path, steps: object, sentence: str
) -> None:
    path = records_file(tmp_path / "orbit.parquet", Propagation.open(Trajectory(), 500))
    forged(path, request=PropagationRequest(500).to_json() | {"steps": steps})
    with pytest.raises(VerificationError, match=sentence):
        verify(path, replace(ALL, most_work=1e10))


@pytest.mark.parametrize(
    "selection",
    [
        {"kind": "records", "every": 0},
        {"kind": "records", "max_points": 2},
        {"kind": "records", "interval": 10**15, "iterations": 1},
        {"kind": "records", "interval": 10**17, "iterations": 10**17},
        {"kind": "records", "iterations": 500},
        {"kind": "records", "interval": 0, "iterations": 500, "every": 2},
        {"kind": "records", "limit": 10},
        {"kind": "records", "sort": "x"},
        {"kind": "records", "where": {"agent": ["Planet"]}},
        {"kind": "states", "times": {"count": 10**12, "sha256": "0" * 64}},
        {"kind": "states", "times": {"count": 3, "sha256": "0" * 64}},
        {"kind": "members"},
    ],
    ids=str,
)
def test_a_forged_selection_is_refused_or_different(
    tmp_path: Path, selection: dict[str, object]
) -> None:
    path = records_file(tmp_path / "orbit.parquet", Propagation.open(Trajectory(), 500))
    forged(path, selection=selection)
    assert not is_right(path)


def test_a_sample_of_nothing_is_no_sample(tmp_path: Path) -> None:
    path = records_file(tmp_path / "orbit.csv", opened())
    beside = sidecar_path(path)
    document = orjson.loads(beside.read_bytes())

    def chosen(**selection: object) -> None:
        beside.write_bytes(orjson.dumps(document | {"selection": {"kind": "records", **selection}}))

    chosen(interval=10**17, iterations=10**17)
    with pytest.raises(VerificationError, match="of which interval and iterations"):
        verify(path, SAMPLE)
    chosen(limit=10)
    with pytest.raises(VerificationError, match="chosen by limit"):
        verify(path, SAMPLE)
    chosen(t0=1e9)  # when all has ended, so that there is no row
    assert verify(path, SAMPLE).differences[0].where == "the end"


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "pipe.parquet"
    os.mkfifo(path)
    with pytest.raises(VerificationError, match="is no file"):
        verify(path, ALL)


def test_a_file_of_more_steps_than_it_has_rows_is_different_at_once(tmp_path: Path) -> None:
    path = records_file(tmp_path / "orbit.parquet", Propagation.open(Trajectory(), 500))
    request = PropagationRequest(100_000_000)
    forged(path, request=request.to_json(), id=request.id)
    found = verify(path, ALL)
    assert found.differences[0].where == "the number of rows"


def test_another_model_is_no_difference_but_nothing_that_can_be_said(tmp_path: Path) -> None:
    path = records_file(tmp_path / "orbit.parquet", Propagation.open(Trajectory(), 500))
    forged(path, model={"name": "nano", "version": "0"}, porta="0.0.1")
    with pytest.raises(VerificationError, match=r"Verify it with porta 0\.0\.1"):
        verify(path, ALL)


def test_columns_that_are_missing_or_of_another_type_are_named(tmp_path: Path) -> None:
    short = Propagation.open(Trajectory(), 500)
    path = records_file(tmp_path / "orbit.parquet", short)
    table = pyarrow.parquet.read_table(path)
    pyarrow.parquet.write_table(table.drop_columns(["vx"]), path)
    assert verify(path, ALL).differences[-1].where == "the columns" or not verify(path, ALL).ok
    at = table.schema.get_field_index("vx")
    pyarrow.parquet.write_table(
        table.set_column(at, "vx", table.column("vx").cast(pa.string())), path
    )
    assert verify(path, ALL).differences[0].where == "the type of column vx"


def test_a_row_group_of_any_size_is_read_in_bounded_memory(tmp_path: Path) -> None:
    path = records_file(tmp_path / "orbit.parquet", Propagation.open(Trajectory(), 500))
    metadata = pyarrow.parquet.read_table(path).schema.metadata
    rows, schema = 2_000_000, pyarrow.parquet.read_schema(path)
    zeros = pa.array([0.0]).take(pa.array([0] * rows, pa.int32()))
    agents = pa.DictionaryArray.from_arrays(
        pa.array([0] * rows, pa.int16()), pa.array(["Planet", "Satellite"])
    )
    table = pa.table([agents, *[zeros] * (len(schema) - 1)], schema=schema)
    pyarrow.parquet.write_table(table.replace_schema_metadata(metadata), path, row_group_size=rows)
    del table, zeros, agents
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert not verify(path, ALL).ok
    assert (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 48 * 2**10
    )  # KiB: it has 200 MB


def test_agents_with_clocks_and_random_steps_are_verified_too(tmp_path: Path) -> None:
    propagation = Propagation.open(Trajectory(seed=7), 70_000)
    path = records_file(tmp_path / "orbit.parquet", propagation)
    assert verify(path, ALL).ok
    assert verify(path, SAMPLE).share == "all 2 intervals"
    flip(path, 5_000)
    assert not verify(path, ALL).ok
