"""Claims about verified crates: a flipped bit in any of their files is found."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import resource
import shutil
import tracemalloc
import zipfile
from dataclasses import replace
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet
import pytest

from sim import Propagation, Trajectory
from sim.calibration import chain_speed
from sim.cost_model import opened_seconds
from sim.crates.checkpoints import CHECKPOINT_ROWS, written_checkpoints
from sim.crates.contents import (
    CHECKPOINTS,
    DESCRIPTION,
    ENVIRONMENT,
    MANIFEST,
    RECORDS,
    REQUEST,
    seal_of,
)
from sim.crates.contents import ENSEMBLE as ENSEMBLE_JSON
from sim.crates.making import crate_of_ensemble, crate_of_run
from sim.crates.writing import write_crate
from sim.ensemble.computed import compute
from sim.errors import DamagedError, VerificationError
from sim.scenario import PropagationRequest
from sim.verification import verify
from sim.verification.crate import crate_folder
from sim.verification.stored import read_json
from tests.unit.sim.verification.samples import ALL, ENSEMBLE, SAMPLE, opened
from tests.unit.sim.verification.samples import REQUEST as OF
from tests.written_files import flip

if TYPE_CHECKING:
    from pathlib import Path

    from sim.verification import Effort

DAY = date(2026, 11, 30)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made") / "orbit.crate"
    write_crate(path, crate_of_run(OF, opened(), DAY))
    return path


@pytest.fixture
def crate(made: Path, tmp_path: Path) -> Path:
    """A crate to change."""
    return shutil.copytree(made, tmp_path / "orbit.crate")


def test_a_crate_is_verified_as_a_whole_or_by_a_sample(made: Path) -> None:
    whole, sample = verify(made, ALL), verify(made, SAMPLE)
    assert whole.ok, whole
    assert whole.share == f"all {opened().records:,} records"
    assert sample.ok, sample
    assert sample.share == "a sample: 3 of 4 intervals (seed 0)"


@pytest.mark.parametrize(
    "name", [DESCRIPTION, REQUEST, MANIFEST, ENVIRONMENT, CHECKPOINTS, RECORDS]
)
@pytest.mark.parametrize("part", [0.3, 0.5, 0.7])
def test_a_flipped_bit_in_any_file_is_found(crate: Path, name: str, part: float) -> None:
    path = crate / name
    flip(path, int(part * path.stat().st_size))
    try:
        found = verify(crate, ALL)
    except VerificationError:
        return  # the description or the request can't even be read
    assert not found.ok


def test_a_value_that_differs_is_named_before_the_digest_that_does(crate: Path) -> None:
    path = crate / RECORDS
    flip(path, path.stat().st_size // 2)
    assert verify(crate, ALL).differences[0].where.startswith("records.parquet, row ")


def test_checkpoints_of_far_longer_lists_are_not_read(crate: Path) -> None:
    table = pyarrow.parquet.read_table(crate / CHECKPOINTS)
    rows = [[0.0] * 1_000_000, *table.column("carry").to_pylist()[1:]]
    at = table.schema.get_field_index("carry")
    longer = table.set_column(at, table.schema.field("carry"), pa.array(rows))
    pyarrow.parquet.write_table(longer, crate / CHECKPOINTS)
    found = verify(crate, ALL).differences
    stored = [one.stored for one in found if one.where == CHECKPOINTS]
    assert "column carry.list.element of row group 0 has 1,000,584 values" in stored[0]


def test_checkpoints_that_another_program_has_written_are_compared(crate: Path) -> None:
    table = pyarrow.parquet.read_table(crate / CHECKPOINTS)
    pyarrow.parquet.write_table(table, crate / CHECKPOINTS, compression="none")
    wheres = [one.where for one in verify(crate, ALL).differences]
    assert f"{CHECKPOINTS}, outside the values" in wheres


def described_again(crate: Path) -> None:
    """Have the description say what the files of a crate are now, as its maker would."""
    description = json.loads((crate / DESCRIPTION).read_bytes())
    for entity in description["@graph"]:
        if "sha256" in entity:
            data = (crate / entity["@id"]).read_bytes()
            entity["sha256"] = hashlib.sha256(data).hexdigest()
            entity["contentSize"] = str(len(data))
    root = next(entity for entity in description["@graph"] if entity["@id"] == "./")
    root["identifier"] = seal_of(description)
    (crate / DESCRIPTION).write_text(json.dumps(description))


@pytest.mark.parametrize("effort", [ALL, SAMPLE], ids=["all", "sample"])
def test_a_crate_that_another_version_of_pyarrow_has_written_is_right(
    crate: Path, effort: Effort
) -> None:
    name = f"version {pa.__version__}".encode()
    for file in (CHECKPOINTS, RECORDS):
        data = (crate / file).read_bytes()
        (crate / file).write_bytes(data.replace(name, name[:-1] + b"x"))
    assert not verify(crate, effort).ok  # that they were changed is found
    described_again(crate)
    found = verify(crate, effort)
    assert found.ok, found
    assert f"Every value of {CHECKPOINTS} is the same" in found.notes[-1]


@pytest.mark.parametrize("row", [0, CHECKPOINT_ROWS - 1, CHECKPOINT_ROWS])
def test_each_checkpoint_of_the_beginning_is_compared_in_a_sample(crate: Path, row: int) -> None:
    trajectory = Trajectory()
    reached = (CHECKPOINT_ROWS + 1) * trajectory.interval
    long = PropagationRequest(2 * reached, trajectory)
    (crate / REQUEST).write_text(json.dumps(long.to_json()))
    checkpoints = list(of_long(reached).checkpoints())
    checkpoints[row] = replace(checkpoints[row], records=checkpoints[row].records + 1)
    (crate / CHECKPOINTS).write_bytes(b"".join(written_checkpoints(checkpoints[:-1])))
    takes_s = opened_seconds(trajectory.scenario, long.steps) / chain_speed()
    found = verify(crate, replace(SAMPLE, chain_s=takes_s * 0.501))
    assert f"{CHECKPOINTS}, row {row:,}" in [one.where for one in found.differences]


@cache
def of_long(steps: int) -> Propagation:
    """Return a propagation of so many steps."""
    return Propagation.open(Trajectory(), steps)


def test_another_size_in_the_description_is_found(crate: Path) -> None:
    description = json.loads((crate / DESCRIPTION).read_bytes())
    records = next(entity for entity in description["@graph"] if entity["@id"] == RECORDS)
    size, records["contentSize"] = records["contentSize"], "7"
    root = next(entity for entity in description["@graph"] if entity["@id"] == "./")
    root["identifier"] = seal_of(description)
    (crate / DESCRIPTION).write_text(json.dumps(description))
    (found,) = verify(crate, SAMPLE).differences
    assert (found.where, found.stored) == (f"the size of {RECORDS}", "7")
    assert found.recomputed == size


def test_a_crate_of_an_ensemble_is_verified_also_from_a_zip(tmp_path: Path) -> None:
    ensemble = compute(ENSEMBLE, threads=1)
    path = tmp_path / "members.crate.zip"
    write_crate(path, crate_of_ensemble(ENSEMBLE, ensemble.document(), ensemble.rows(), DAY))
    assert verify(path, ALL).share == "all 80 rows"
    assert verify(path, SAMPLE).share == "a sample: 3 of 40 members (seed 0)"
    flip(path, path.stat().st_size // 2)
    with pytest.raises(DamagedError, match="not a whole zip"):  # its own CRC-32
        verify(path, ALL)


def test_a_zip_of_a_folder_within_is_read_and_nothing_else_is_unpacked(
    made: Path, tmp_path: Path
) -> None:
    path = tmp_path / "theirs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for one in made.iterdir():
            archive.write(one, f"orbit.crate/{one.name}")
        archive.writestr("../outside", "x")
        archive.writestr("orbit.crate/huge", b"\0" * 2**20)
    found = verify(path, ALL)
    assert found.ok
    assert "Another program has made this zip" in found.notes[0]
    assert not (tmp_path.parent / "outside").exists()


def between_the_files(path: Path) -> list[int]:
    """Return which bytes of a zip are not of its files: its headers, and its list of files."""
    others = set(range(path.stat().st_size))
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            with archive.open(entry) as file:
                start = archive.fp.tell()  # type: ignore[union-attr]
                others -= set(range(start, start + entry.file_size))
                file.read(0)
    return sorted(others)


def test_a_flipped_bit_between_the_files_of_a_zip_is_found(tmp_path: Path) -> None:
    path = tmp_path / "short.crate.zip"
    short = PropagationRequest(10, Trajectory())
    write_crate(path, crate_of_run(short, Propagation.open(short.trajectory, short.steps), DAY))
    assert verify(path, ALL).ok
    assert not verify(path, ALL).notes
    data = path.read_bytes()
    passed = []
    for at in between_the_files(path)[::37]:
        flip(path, at, bit=at % 8)
        with contextlib.suppress(VerificationError):
            if verify(path, ALL).ok:
                passed.append(at)
        path.write_bytes(data)
    assert not passed
    path.write_bytes(data + b"more")
    assert verify(path, ALL).differences[0].where == f"byte {len(data):,} of the zip"


def test_a_zip_that_unpacks_to_far_more_than_a_crate_is_refused(made: Path, tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(made / DESCRIPTION, DESCRIPTION)
        archive.writestr(RECORDS, b"\0" * 2**27)
    with pytest.raises(VerificationError, match="far more than a crate has"):
        verify(path, ALL)


def deflated(crate: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in crate.iterdir():
            archive.write(one, one.name)
    return path


def test_a_flipped_bit_in_what_a_zip_has_packed_is_damage(made: Path, tmp_path: Path) -> None:
    path = deflated(made, tmp_path / "packed.zip")
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        starts = [entry.header_offset + 30 + len(entry.filename) for entry in archive.infolist()]
    for start in starts:
        flip(path, start, bit=1)  # how the first block is packed
        with pytest.raises(DamagedError, match=r"not a whole zip.*decompressing"):
            verify(path, ALL)
        path.write_bytes(data)


@pytest.mark.parametrize("most", [2**10, 2**16])
def test_a_folder_for_temporary_files_without_room_is_no_damage(
    made: Path, tmp_path: Path, most: int
) -> None:
    path = deflated(made, tmp_path / "right.zip")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        with pytest.raises(VerificationError, match=r"needs room in .* set TMPDIR") as found:
            verify(path, ALL)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not isinstance(found.value, DamagedError)
    assert verify(path, ALL).ok


def test_an_error_in_a_zip_names_the_zip(made: Path, tmp_path: Path) -> None:
    path = tmp_path / "part.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(made / DESCRIPTION, DESCRIPTION)
        archive.writestr(REQUEST, "{")
    with pytest.raises(VerificationError, match=f"^{path}"):
        verify(path, ALL)
    expected = pytest.raises(VerificationError, match=f"^{path}/{MANIFEST} can't be read")
    with expected, crate_folder(path) as folder:
        read_json(folder / MANIFEST)


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_that_is_only_unpacked_at_once_is_refused(
    made: Path, tmp_path: Path, packing: int
) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", packing) as archive:
        archive.write(made / DESCRIPTION, DESCRIPTION, zipfile.ZIP_STORED)
        archive.writestr(RECORDS, b"\0" * 2**24)
    says_less = path.read_bytes().replace((2**24).to_bytes(4, "little"), b"\1\0\0\0")
    path.write_bytes(says_less)  # it is held to what it says once that is unpacked
    tracemalloc.start()
    with pytest.raises(VerificationError, match=f"has {RECORDS} packed as Porta does not"):
        verify(path, ALL)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**22


@pytest.fixture(scope="module")
def of_ensemble(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ensemble = compute(ENSEMBLE, threads=1)
    path = tmp_path_factory.mktemp("made") / "members.crate"
    write_crate(path, crate_of_ensemble(ENSEMBLE, ensemble.document(), ensemble.rows(), DAY))
    return path


@pytest.mark.parametrize(
    ("result", "where"),
    [
        ({"members": 40, "content": [1]}, "content"),
        ({"members": 40, "content": None}, "content"),
        ({"members": 41}, "content"),
        ({"members": "40", "content": {"summary": 7}}, "content.summary"),
        ({}, "content"),
    ],
)
def test_whatever_is_told_of_an_ensemble_is_compared(
    of_ensemble: Path, tmp_path: Path, result: object, where: str
) -> None:
    crate = shutil.copytree(of_ensemble, tmp_path / "members.crate")
    manifest = json.loads((crate / MANIFEST).read_bytes())
    (crate / MANIFEST).write_text(json.dumps(manifest | {"result": result}))
    found = verify(crate, ALL)
    assert f"{where} of {MANIFEST}" in [one.where for one in found.differences]


@pytest.mark.parametrize("name", [DESCRIPTION, ENSEMBLE_JSON, MANIFEST, REQUEST])
@pytest.mark.parametrize("text", ["[" * 1_000 + "]" * 1_000, "[1]", "null", '"x"', "{}"])
def test_json_of_any_form_is_told(of_ensemble: Path, tmp_path: Path, name: str, text: str) -> None:
    crate = shutil.copytree(of_ensemble, tmp_path / "members.crate")
    (crate / name).write_text(text)
    with contextlib.suppress(VerificationError):
        assert not verify(crate, ALL).ok


@pytest.mark.parametrize("name", ["model", "id", "result", "new"])
def test_a_manifest_that_is_nested_deeply_anywhere_is_refused(crate: Path, name: str) -> None:
    manifest = json.loads((crate / MANIFEST).read_bytes())
    nested = json.loads("[" * 500 + "]" * 500)
    (crate / MANIFEST).write_text(json.dumps(manifest | {name: nested}))
    with pytest.raises(VerificationError, match=f"{MANIFEST} .*nested more deeply"):
        verify(crate, ALL)


@pytest.mark.parametrize("name", [DESCRIPTION, REQUEST, ENVIRONMENT, RECORDS, CHECKPOINTS])
def test_a_pipe_in_the_place_of_a_file_is_told_and_not_waited_for(crate: Path, name: str) -> None:
    (crate / name).unlink()
    os.mkfifo(crate / name)
    with pytest.raises(VerificationError, match="no file"):
        verify(crate, ALL)


@pytest.mark.parametrize("name", [REQUEST, MANIFEST, RECORDS, CHECKPOINTS])
def test_a_file_that_is_missing_is_told(crate: Path, name: str) -> None:
    (crate / name).unlink()
    with pytest.raises(DamagedError, match=f"lacks {name}"):
        verify(crate, ALL)
