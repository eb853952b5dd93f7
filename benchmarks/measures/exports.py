"""What it takes to write a record, in each format, on one core."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.csv

from benchmarks.measure import Figure, Sample, at_most, compare, measure, seconds
from sim import NANO, Propagation, Trajectory
from sim.export import FORMATS, export, thin
from sim.records import schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.measure import Prepare

ITERATIONS: Final = 300_000  # some 470,000 records
NS: Final = 1e9


def slices() -> list[pa.RecordBatch]:
    """Return real records, without the initial ones, which pyarrow's CSV can't tell apart."""
    return list(Propagation.open(Trajectory(), ITERATIONS).slices(t0=0.0))


def write(name: str, batches: list[pa.RecordBatch]) -> None:
    """Write a file to nowhere."""
    deque(export(batches, FORMATS[name], schema_of(NANO.model)), maxlen=0)


def write_pyarrow_csv(batches: list[pa.RecordBatch]) -> None:
    """Write the same as CSV with pyarrow, which is the yardstick for text."""
    sink = pa.BufferOutputStream()
    with pyarrow.csv.CSVWriter(sink, schema_of(NANO.model)) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _to_pyarrow_csv(name: str) -> Prepare:
    @contextlib.contextmanager
    def prepare() -> Iterator[Sample]:
        """Time of a text export over that of pyarrow's CSV writer for the same records."""
        batches = slices()

        def sample() -> Figure:
            figure = compare(partial(write, name, batches), partial(write_pyarrow_csv, batches))
            return Figure(1 / figure.value, figure.parts)

        yield sample

    return prepare


def _per_record(name: str) -> Prepare:
    @contextlib.contextmanager
    def prepare() -> Iterator[Sample]:
        """Time to write a record, on one core."""
        batches = slices()
        records = sum(batch.num_rows for batch in batches)
        yield lambda: Figure(seconds(partial(write, name, batches)) / records * NS)

    return prepare


for text, most in (("js", 1.5), ("json", 1.5), ("csv", 1.2)):
    measure(f"export of {text} : pyarrow CSV", unit="times", target=at_most(most))(
        _to_pyarrow_csv(text)
    )
for columnar, most in (("arrow", 30.0), ("parquet", 250.0)):
    measure(f"export of {columnar}, a record", unit="ns", target=at_most(most))(
        _per_record(columnar)
    )


# What `porta propagate --output` does, with what is written counted instead of kept.
EXPORT: Final = """
import sys
from benchmarks.memory import peak_bytes
from sim import Propagation, Trajectory
from sim.export import FORMATS, export
from sim.records import schema_of

opened = Propagation.open(Trajectory(), 6_400_000)
assert opened.records >= 10_000_000
schema = schema_of(opened.trajectory.scenario.model)
sum(map(len, export(opened.slices(), FORMATS[sys.argv[1]], schema)))
print(peak_bytes())
"""


def _memory(name: str) -> Prepare:
    @contextlib.contextmanager
    def prepare() -> Iterator[Sample]:
        """Most memory that a process holds which exports 10,000,000 records, all told."""
        command = (sys.executable, "-c", EXPORT, name)
        yield lambda: Figure(int(subprocess.check_output(command)) / 1e6)  # noqa: S603 - our own words

    return prepare


for form in ("js", "parquet"):
    measure(f"memory to export 1e7 records as {form}", unit="MB", target=at_most(300))(
        _memory(form)
    )


@measure("thinning to 2,000 points, a record", unit="ns", target=at_most(50))
@contextlib.contextmanager
def thinning() -> Iterator[Sample]:
    """Time to look at a record, for `max_points`."""
    batches = slices()
    records = sum(batch.num_rows for batch in batches)

    def sample() -> Figure:
        taken = seconds(lambda: deque(thin(lambda: batches, 2_000, agents=2), maxlen=0))
        return Figure(taken / records * NS)

    yield sample
