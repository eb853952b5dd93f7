"""A run as a folder of Parquet parts, written one after another by this process.

The parts are those that workers write of the same request (`porta propagate --output FOLDER/`), to
the last byte: either goes on with what the other has left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from porta.errors import porta_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from porta.sources import RunSource
    from sim.driver.tasks import SliceSpec
    from sim.engine import Propagation
    from sim.export.folder import ExportFolder

__all__ = ["save_parts"]


def save_parts(source: RunSource, path: Path) -> None:
    """Write the parts that a folder lacks; raises ArgumentError for a folder of something else."""
    from sim.export.folder import ExportFolder, part_name

    with porta_errors(), ExportFolder.locked(path, source.request) as folder:
        count = 0
        for specs in _planned(source.propagation):
            _write(folder, part_name(count), specs)
            count += 1
        folder.finish(count, source.propagation.checkpoints_checksum)


def _planned(propagation: Propagation) -> Iterator[list[SliceSpec]]:
    """Yield the slices of each part, in order."""
    from sim.cost_model import slice_batches
    from sim.driver.chain import slice_specs
    from sim.driver.tasks import SliceSpec
    from sim.engine import initial_checkpoint

    trajectory = propagation.trajectory
    until, rest = divmod(propagation.steps, trajectory.interval)
    end = initial_checkpoint(trajectory.dispersed)
    for stretch in propagation.stretches:
        count = min(stretch.count, until - stretch.first)
        records = stretch.interval_records[:count]
        for batch in slice_batches(
            trajectory.scenario, stretch.first, records, until=until, export=True
        ):
            yield slice_specs(stretch, batch)
        end = stretch.checkpoint(count)
    if rest:
        yield [SliceSpec(until, end, rest, None)]


def _write(folder: ExportFolder, name: str, specs: list[SliceSpec]) -> None:
    """Write a part, unless it is there."""
    from sim.driver.tasks import write_part
    from sim.export.folder import Part

    interval, iterations = specs[0].interval, sum(spec.iterations for spec in specs)
    if folder.has(name, interval, iterations):
        return
    written = write_part(folder.request, specs, str(folder.path))
    folder.add(
        written.unfinished,
        Part(
            name=name,
            interval=interval,
            iterations=iterations,
            rows=written.rows,
            bytes=written.bytes,
            sha256=written.sha256,
        ),
    )
