from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet
import pytest

from sim import NANO, Propagation, Trajectory
from sim.driver.chain import slice_specs
from sim.driver.tasks import make_slices, pass_stretch, write_part
from sim.engine import Stretch, initial_checkpoint, pass_over, slice_from_bytes
from sim.errors import IntegrityError

if TYPE_CHECKING:
    from pathlib import Path

TRAJECTORY = Trajectory(NANO, seed=7)


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
    parts = [tmp_path / f"{i}.parquet" for i in range(2)]
    rows = [
        write_part(TRAJECTORY, slice_specs(stretch, range(i, i + 1)), str(part))
        for i, part in enumerate(parts)
    ]
    expected = pa.Table.from_batches(Propagation.open(TRAJECTORY, 2 * TRAJECTORY.interval).slices())
    assert sum(rows) == expected.num_rows
    assert pyarrow.parquet.read_table(parts).equals(expected)


def test_a_part_that_two_write_at_a_time_is_whole(tmp_path: Path) -> None:
    stretch = pass_over(TRAJECTORY, initial_checkpoint(NANO), 2)
    part, specs = tmp_path / "part.parquet", slice_specs(stretch, range(2))
    with ThreadPoolExecutor(4) as writers:
        rows = set(writers.map(lambda _: write_part(TRAJECTORY, specs, str(part)), range(12)))
    assert rows == {pyarrow.parquet.read_metadata(part).num_rows}
    assert list(tmp_path.iterdir()) == [part]


def test_a_part_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    stretch = pass_over(TRAJECTORY, initial_checkpoint(NANO), 2)
    first, second = slice_specs(stretch, range(2))
    with pytest.raises(IntegrityError):
        write_part(
            TRAJECTORY,
            [first, second._replace(expected=first.start)],
            str(tmp_path / "part.parquet"),
        )
    assert not list(tmp_path.iterdir())
