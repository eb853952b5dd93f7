"""Claims about verified folders of parts."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from typing import TYPE_CHECKING, Any

import pytest

from sim.driver.chain import slice_specs
from sim.driver.tasks import write_part
from sim.engine import initial_checkpoint, pass_over
from sim.errors import VerificationError
from sim.export.folder import MANIFEST, ExportFolder, Part, part_name
from sim.verification import Effort, verify
from tests.unit.sim.verification.samples import ALL, REQUEST, SAMPLE, opened
from tests.written_files import flip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NESTED = json.loads("[" * 100 + "]" * 100)
INTERVALS = REQUEST.trajectory.intervals_for(REQUEST.steps)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose parts have an interval each, as workers write them."""
    trajectory = REQUEST.trajectory
    stretch = pass_over(trajectory, initial_checkpoint(trajectory.scenario), INTERVALS)
    with ExportFolder.locked(tmp_path, REQUEST) as found:
        for number in range(INTERVALS):
            (spec,) = slice_specs(stretch, range(number, number + 1))
            done = number * trajectory.interval
            iterations = min(trajectory.interval, REQUEST.steps - done)
            if iterations < trajectory.interval:
                spec = spec._replace(iterations=iterations, expected=None)
            written = write_part(REQUEST, [spec], str(tmp_path))
            part = Part(
                name=part_name(number),
                interval=number,
                iterations=iterations,
                rows=written.rows,
                bytes=written.bytes,
                sha256=written.sha256,
            )
            found.add(written.unfinished, part)
        found.finish(INTERVALS, opened().checkpoints_checksum)
    return tmp_path


def change(folder: Path, **changes: Any) -> None:  # noqa: ANN401 - JSON
    document = json.loads((folder / MANIFEST).read_bytes())
    (folder / MANIFEST).write_text(json.dumps(document | changes, indent=1))


def test_a_folder_is_verified_as_a_whole_or_by_some_parts(folder: Path) -> None:
    whole, sample = verify(folder, ALL), verify(folder, SAMPLE)
    assert whole.ok, whole
    assert whole.share == f"all {opened().records:,} records"
    assert sample.ok, sample
    assert sample.share == "a sample: 3 of 4 parts (seed 0)"


def test_a_flipped_bit_in_a_part_is_found_and_named(folder: Path) -> None:
    flip(folder / part_name(1), 20_000)
    found = verify(folder, ALL)
    assert found.differences[0].where.startswith("part-000001.parquet, row ")


def test_a_part_that_is_exchanged_together_with_its_sha256_is_found(folder: Path) -> None:
    flip(folder / part_name(2), 20_000)
    document = json.loads((folder / MANIFEST).read_bytes())
    data = (folder / part_name(2)).read_bytes()
    document["parts"][2]["sha256"] = hashlib.sha256(data).hexdigest()
    change(folder, parts=document["parts"])
    assert not verify(folder, ALL).ok


def test_a_part_that_is_missing_or_too_many_is_found(folder: Path) -> None:
    data = (folder / part_name(0)).read_bytes()
    (folder / "part-000009.parquet").write_bytes(data)
    assert verify(folder, ALL).differences[0].where == "the part part-000009.parquet"
    (folder / "part-000009.parquet").unlink()
    (folder / part_name(3)).unlink()
    assert "part-000003.parquet" in str(verify(folder, ALL))


def test_a_pipe_in_the_place_of_a_file_is_told_and_not_waited_for(folder: Path) -> None:
    (folder / part_name(1)).unlink()
    os.mkfifo(folder / part_name(1))
    assert verify(folder, ALL).differences[0].stored.endswith("is no file.")
    (folder / MANIFEST).unlink()
    os.mkfifo(folder / MANIFEST)
    with pytest.raises(VerificationError, match="is no file"):
        verify(folder, ALL)


def test_an_export_that_has_not_ended_is_different(folder: Path) -> None:
    change(folder, complete=False)
    assert "an incomplete export" in str(verify(folder, ALL))


def test_another_checksum_in_the_manifest_is_found(folder: Path) -> None:
    provenance = json.loads((folder / MANIFEST).read_bytes())["provenance"]
    change(folder, provenance=provenance | {"checksum": "0" * 64})
    assert verify(folder, SAMPLE).differences[0].where == f"the checksum in {MANIFEST}"


QUICK = Effort(soon_s=1e-9, chain_s=1e-9, seed=0)
"""For the manifest alone."""


def test_a_flipped_bit_anywhere_in_the_manifest_is_found(folder: Path) -> None:
    path = folder / MANIFEST
    data = path.read_bytes()
    passed = []
    held_to_parts = re.compile(rb'"(checksum|sha256|bytes)": [^,\n]*')  # in another test
    others = held_to_parts.sub(lambda found: b"\0" * len(found[0]), data)
    for at in range(0, len(data), 89):
        if not others[at]:
            continue
        flip(path, at, bit=at % 8)
        with contextlib.suppress(VerificationError):
            if verify(folder, QUICK).ok:
                passed.append(at)
        path.write_bytes(data)
    assert not passed


@pytest.mark.parametrize(
    ("change_it", "where"),
    [
        (lambda found: found.update(kind="porta expoRt"), f"kind of {MANIFEST}"),
        (lambda found: found["request"].update(seed=8), f"request.seed of {MANIFEST}"),
        (lambda found: found.update(rows=8), f"rows of {MANIFEST}"),
        (lambda found: found.update(author="me"), f"author of {MANIFEST}"),
        (lambda found: found["provenance"].update(id="9"), f"provenance.id of {MANIFEST}"),
        (lambda found: found.update(complete=1), f"complete of {MANIFEST}"),
    ],
)
def test_what_the_manifest_says_otherwise_is_named(
    folder: Path, change_it: Callable[[dict[str, Any]], None], where: str
) -> None:
    document = json.loads((folder / MANIFEST).read_bytes())
    change_it(document)
    change(folder, **document)
    assert [one.where for one in verify(folder, QUICK).differences] == [where]


def test_another_version_in_the_manifest_is_found_by_its_seal(folder: Path) -> None:
    path = folder / MANIFEST
    path.write_bytes(path.read_bytes().replace(b'"porta": "', b'"porta": "9', 1))
    (found,) = verify(folder, QUICK).differences
    assert found.where == f"seal of {MANIFEST}"


def test_a_manifest_without_a_seal_is_of_an_earlier_version_and_says_so(folder: Path) -> None:
    document = json.loads((folder / MANIFEST).read_bytes())
    del document["seal"]
    (folder / MANIFEST).write_text(json.dumps(document, indent=1))
    found = verify(folder, QUICK)
    assert found.ok
    assert "has no seal" in found.notes[-1]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("seal", ["sha256:0"], "parts or seal can't be so"),
        ("seal", NESTED, "nested more deeply"),
        ("author", NESTED, "nested more deeply"),
        ("complete", NESTED, "nested more deeply"),
    ],
)
def test_a_manifest_with_a_list_where_porta_has_a_text_is_refused(
    folder: Path, name: str, value: object, words: str
) -> None:
    change(folder, **{name: value})
    with pytest.raises(VerificationError, match=words):
        verify(folder, QUICK)


def test_rows_that_are_moved_from_part_to_part_are_found(folder: Path) -> None:
    parts = json.loads((folder / MANIFEST).read_bytes())["parts"]
    parts[0]["rows"] -= 1
    parts[1]["rows"] += 1
    change(folder, parts=parts)
    assert verify(folder, ALL).differences[0].where == (
        f"the rows of part-000000.parquet in {MANIFEST}"
    )


@pytest.mark.parametrize("parts", [None, [{}], [{"name": "../../x"}], "x"])
def test_a_manifest_that_porta_did_not_write_is_refused(folder: Path, parts: object) -> None:
    change(folder, parts=parts)
    with pytest.raises(VerificationError, match=MANIFEST):
        verify(folder, ALL)


def test_the_checksum_stays_when_a_complete_folder_is_opened_again(folder: Path) -> None:
    with ExportFolder.locked(folder, REQUEST) as again:
        assert again.complete
    found = json.loads((folder / MANIFEST).read_bytes())
    assert found["provenance"]["checksum"] == opened().checkpoints_checksum
