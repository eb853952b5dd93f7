from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from sim.errors import OutputError, RequestError
from sim.export.folder import MANIFEST, ExportFolder, Part, part_name
from sim.export.whole_file import unfinished_path
from sim.scenario import PropagationRequest, Trajectory

if TYPE_CHECKING:
    from pathlib import Path

REQUEST = PropagationRequest(200_000, Trajectory(seed=3))
WRITER = """
import sys
from pathlib import Path
from sim.export.folder import ExportFolder
from sim.scenario import PropagationRequest, Trajectory
with ExportFolder.locked(Path(sys.argv[1]), PropagationRequest(200_000, Trajectory(seed=3))):
    print("locked", flush=True)
    sys.stdin.read()
"""


def add(folder: ExportFolder, number: int) -> Part:
    """Do what a worker does, and its driver."""
    unfinished = unfinished_path(folder.path)
    pyarrow.parquet.write_table(pa.table({"part": [number]}), unfinished)
    data = unfinished.read_bytes()
    part = Part(
        name=part_name(number),
        interval=number,
        iterations=65_536,
        rows=1,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )
    folder.add(unfinished.name, part)
    return part


def export(path: Path, parts: int = 3, request: PropagationRequest = REQUEST) -> None:
    with ExportFolder.locked(path, request) as folder:
        for number in range(parts):
            add(folder, number)
        folder.finish(parts)


def manifest(path: Path) -> Any:  # noqa: ANN401 - JSON
    return json.loads((path / MANIFEST).read_bytes())


def test_a_folder_says_of_which_request_it_is_and_what_is_in_its_parts(tmp_path: Path) -> None:
    export(tmp_path / "made" / "for it")
    found = manifest(tmp_path / "made" / "for it")
    assert found["complete"] is True
    assert found["request"]["steps"] == 200_000
    assert found["request"]["seed"] == 3
    assert [part["name"] for part in found["parts"]] == [part_name(i) for i in range(3)]
    for part in found["parts"]:
        data = (tmp_path / "made" / "for it" / part["name"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == part["sha256"]
    assert found["rows"] == 3


def test_readers_of_parquet_folders_find_the_parts_and_nothing_else(tmp_path: Path) -> None:
    export(tmp_path)
    assert pyarrow.parquet.read_table(tmp_path).column("part").to_pylist() == [0, 1, 2]


def test_a_folder_is_not_complete_before_its_end(tmp_path: Path) -> None:
    with ExportFolder.locked(tmp_path, REQUEST) as folder:
        assert manifest(tmp_path)["complete"] is False
        add(folder, 0)
    assert manifest(tmp_path)["complete"] is False
    assert len(manifest(tmp_path)["parts"]) == 1


def test_the_same_request_goes_on_with_the_parts_that_are_intact(tmp_path: Path) -> None:
    export(tmp_path)
    (tmp_path / part_name(0)).unlink()
    altered = tmp_path / part_name(1)
    altered.write_bytes(altered.read_bytes()[:-1] + b"?")
    seen: list[tuple[int, int]] = []
    with ExportFolder.locked(
        tmp_path, REQUEST, on_verified=lambda done, of: seen.append((done, of))
    ) as folder:
        assert not folder.complete
        assert [part.name for part in folder.parts] == [part_name(2)]
        assert folder.has(part_name(2), 2, 65_536)
        assert not folder.has(part_name(2), 2, 1)
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert manifest(tmp_path)["complete"] is False


def test_a_folder_with_all_its_parts_is_complete(tmp_path: Path) -> None:
    export(tmp_path)
    with ExportFolder.locked(tmp_path, REQUEST) as folder:
        assert folder.complete
    assert manifest(tmp_path)["complete"] is True


def test_a_folder_says_of_which_member_it_is(tmp_path: Path) -> None:
    member = PropagationRequest(7, Trajectory(seed=3, member=2**53 - 1))
    with ExportFolder.locked(tmp_path, member):
        pass
    assert manifest(tmp_path)["request"]["member"] == 2**53 - 1
    for other in (PropagationRequest(7, Trajectory(seed=3)), REQUEST):
        with (
            pytest.raises(RequestError, match=rf"\(7 steps, seed 3, member {2**53 - 1}\)"),
            ExportFolder.locked(tmp_path, other),
        ):
            pass
    with ExportFolder.locked(tmp_path, member):
        pass


@pytest.mark.parametrize(
    "other", [PropagationRequest(200_001, Trajectory(seed=3)), PropagationRequest(200_000)]
)
def test_another_request_is_refused_and_starts_anew_if_asked_to(
    other: PropagationRequest, tmp_path: Path
) -> None:
    export(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with (
        pytest.raises(RequestError, match=r"another request \(200000 steps, seed 3\).*--overwrite"),
        ExportFolder.locked(tmp_path, other),
    ):
        pass
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    with ExportFolder.locked(tmp_path, other, overwrite=True) as folder:
        assert not folder.parts
        assert not list(tmp_path.glob("*.parquet"))
    assert manifest(tmp_path)["request"]["id"] == other.id


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    ("name", "text"), [("mine.parquet", ""), (MANIFEST, "{}"), (MANIFEST, "[1"), (MANIFEST, "7")]
)
def test_the_files_of_others_are_refused_and_stay(
    name: str, text: str, tmp_path: Path, *, overwrite: bool
) -> None:
    (tmp_path / name).write_text(text)
    with (
        pytest.raises(RequestError, match="choose another folder"),
        ExportFolder.locked(tmp_path, REQUEST, overwrite=overwrite),
    ):
        pass
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {name: text}


def test_parts_of_before_there_were_manifests_are_refused_and_can_be_overwritten(
    tmp_path: Path,
) -> None:
    (tmp_path / part_name(0)).touch()
    with (
        pytest.raises(RequestError, match=r"part-000000.*or use --overwrite"),
        ExportFolder.locked(tmp_path, REQUEST),
    ):
        pass
    with ExportFolder.locked(tmp_path, REQUEST, overwrite=True):
        assert not (tmp_path / part_name(0)).exists()


def test_a_second_writer_is_refused_until_the_first_has_ended_however_it_ends(
    tmp_path: Path,
) -> None:
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", WRITER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"locked\n"
        with (
            pytest.raises(RequestError, match="is being written to by another process"),
            ExportFolder.locked(tmp_path, REQUEST, overwrite=True),
        ):
            pass
        first.kill()
    with ExportFolder.locked(tmp_path, REQUEST) as folder:
        assert not folder.complete


def test_what_killed_workers_left_is_swept(tmp_path: Path) -> None:
    left = unfinished_path(tmp_path)
    left.touch()
    with ExportFolder.locked(tmp_path, REQUEST):
        assert not left.exists()


def test_parts_beyond_those_of_this_division_are_removed_at_the_end(tmp_path: Path) -> None:
    with ExportFolder.locked(tmp_path, REQUEST) as folder:
        for number in range(3):
            add(folder, number)
        folder.finish(2)
    assert len(manifest(tmp_path)["parts"]) == len(list(tmp_path.glob("*.parquet"))) == 2


def test_a_folder_that_cannot_be_made_is_an_error_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(OutputError, match="can't be written: Not a directory"),
        ExportFolder.locked(tmp_path / "file" / "parts", REQUEST),
    ):
        pass
