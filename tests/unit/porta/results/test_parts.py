from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet
import pytest

import porta

if TYPE_CHECKING:
    from pathlib import Path

STEPS = 150_000  # two intervals, and a part of the third


def test_the_parts_have_all_records_in_order(tmp_path: Path) -> None:
    run = porta.propagate(STEPS, seed=8)
    folder = run.save(f"{tmp_path}/orbit/")
    parts = sorted(folder.glob("*.parquet"))
    assert len(parts) > 1
    tables = [pa.parquet.read_table(part).replace_schema_metadata(None) for part in parts]
    assert pa.concat_tables(tables).equals(run.table())
    assert porta.verify(folder).ok
    assert porta.open(folder).id == run.id


def test_a_folder_that_was_begun_is_finished(tmp_path: Path) -> None:
    run = porta.propagate(STEPS, seed=8)
    folder = run.save(f"{tmp_path}/orbit/")
    before = {part.name: part.read_bytes() for part in folder.glob("*.parquet")}
    (folder / "part-000000.parquet").unlink()
    run.save(folder)
    assert {part.name: part.read_bytes() for part in folder.glob("*.parquet")} == before


def test_a_short_run_is_one_part(tmp_path: Path) -> None:
    folder = porta.propagate(100).save(f"{tmp_path}/orbit/")
    assert [part.name for part in folder.glob("*.parquet")] == ["part-000000.parquet"]
    assert porta.verify(folder, all=True).ok


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    folder = porta.propagate(100).save(f"{tmp_path}/orbit/")
    with pytest.raises(porta.ArgumentError, match="another request"):
        porta.propagate(101).save(folder)
    with pytest.raises(porta.ArgumentError, match="A folder has all"):
        porta.propagate(100).save(folder, every=2)
