from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet
import pytest

from sim import NANO, Propagation, Trajectory
from sim.driver.chain import slice_specs
from sim.driver.tasks import make_slices, pass_stretch, write_part
from sim.engine import Stretch, initial_checkpoint, pass_over, slice_from_bytes
from sim.errors import IntegrityError, OutputError
from sim.scenario import PropagationRequest

if TYPE_CHECKING:
    from pathlib import Path

TRAJECTORY = Trajectory(NANO, seed=7)
REQUEST = PropagationRequest(2 * TRAJECTORY.interval, TRAJECTORY)


def test_a_stretch_comes_back_as_its_bytes() -> None:
    start = initial_checkpoint(NANO)
    data = pass_stretch(TRAJECTORY, start, 2)
    assert data == pass_over(TRAJECTORY, start, 2).to_bytes()
    assert Stretch.from_bytes(TRAJECTORY, data).count == 2


def test_slices_come_back_with_their_intervals_as_the_cache_holds_them() -> None:
    stretch = pass_over(TRAJECTORY, initial_checkpoint(NANO), 3)
    slices = make_slices(TRAJECTORY, slice_specs(stretch, range(1, 3)))
    assert [interval for interval, _ in slices] == [1, 2]
    for interval, data in slices:
        batch = slice_from_bytes(TRAJECTORY, interval, data)
        assert batch.num_rows == stretch.interval_records[interval]


def test_the_first_part_begins_with_the_initial_state(tmp_path: Path) -> None:
    stretch = pass_over(TRAJECTORY, initial_checkpoint(NANO), 2)
    written = [
        write_part(REQUEST, slice_specs(stretch, range(i, i + 1)), str(tmp_path)) for i in range(2)
    ]
    expected = pa.Table.from_batches(Propagation.open(TRAJECTORY, 2 * TRAJECTORY.interval).slices())
    assert sum(part.rows for part in written) == expected.num_rows
    tables = [pyarrow.parquet.read_table(tmp_path / part.unfinished) for part in written]
    assert pa.concat_tables(tables).equals(expected)


def test_tasks_that_write_one_part_at_a_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    stretch = pass_over(TRAJECTORY, initial_checkpoint(NANO), 2)
    specs = slice_specs(stretch, range(2))
    with ThreadPoolExecutor(4) as writers:
        parts = list(writers.map(lambda _: write_part(REQUEST, specs, str(tmp_path)), range(12)))
    assert len({part.unfinished for part in parts}) == len(parts)
    assert len({part.sha256 for part in parts}) == 1
    for part in parts:
        data = (tmp_path / part.unfinished).read_bytes()
        assert hashlib.sha256(data).hexdigest() == part.sha256
        assert len(data) == part.bytes


def test_a_part_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    stretch = pass_over(TRAJECTORY, initial_checkpoint(NANO), 2)
    first, second = slice_specs(stretch, range(2))
    with pytest.raises(IntegrityError):
        write_part(REQUEST, [first, second._replace(expected=first.start)], str(tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_part_that_cannot_be_written_is_an_error_that_names_the_folder(tmp_path: Path) -> None:
    stretch = pass_over(TRAJECTORY, initial_checkpoint(NANO), 1)
    with pytest.raises(OutputError, match="nowhere can't be written: No such file or directory"):
        write_part(REQUEST, slice_specs(stretch, range(1)), str(tmp_path / "nowhere"))
