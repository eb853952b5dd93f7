from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pytest

from sim import Propagation, Trajectory
from sim.engine.archive import Archive
from sim.engine.figure_data import Window
from sim.engine.polyline import PolylineBuilder
from tests.unit.sim.scenarios import THREE

TRAJECTORY = Trajectory(THREE, 3)
STEPS = 4_096

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]


def records_of(a: int) -> tuple[Floats, Floats, Floats]:
    """An agent's t1, x and y."""
    table = pa.Table.from_batches(Propagation.open(TRAJECTORY, STEPS).slices()).combine_chunks()
    own = table["agent"].chunk(0).indices.to_numpy() == a
    t, x, y = (table[name].to_numpy()[own] for name in ("t1", "x", "y"))
    return t, x, y


def built(window: Window, *, every_record: bool, pieces: int = 1) -> PolylineBuilder:
    archive = Archive(TRAJECTORY, STEPS, ())
    builder = PolylineBuilder(archive, window, every_record=every_record)
    start = archive.checkpoint(0)
    for i in range(pieces):
        # Each piece is computed from its own start; the first checkpoint is the only one here.
        partial = Archive(TRAJECTORY, (i + 1) * STEPS // pieces, ())
        builder.add(start, partial.steps - start.iteration, 5, 5)
        start = partial.end
    return builder


def window_of(t0: float, t1: float, **changed: Any) -> Window:  # noqa: ANN401 - of each field's type
    options: dict[str, Any] = {"pixels": 400, "frame": "inertial", "agents": 3}
    return Window(t0=t0, t1=t1, intervals=range(1), **(options | changed))


@pytest.mark.parametrize("pieces", [1, 4])
@pytest.mark.parametrize("a", [0, 1, 2])
def test_every_record_can_be_a_corner(a: int, pieces: int) -> None:
    line = built(window_of(5.0, 85.0), every_record=True, pieces=pieces).line(a)
    t, x, y = records_of(a)
    shown = slice(np.searchsorted(t, 5.0, side="right") - 1, np.searchsorted(t, 85.0) + 1)
    assert line is not None
    assert line.mode == "lines"
    assert [c.tolist() for c in (line.t, line.x, line.y)] == [c[shown].tolist() for c in (t, x, y)]


@pytest.mark.parametrize("pieces", [1, 4])
def test_corners_are_records_and_few_of_them(pieces: int) -> None:
    builder = built(window_of(0.0, 80.0), every_record=False, pieces=pieces)
    for a in range(3):
        line = builder.line(a)
        t, x, y = records_of(a)
        assert line is not None
        at = np.searchsorted(t, line.t)
        assert np.array_equal(np.stack([t[at], x[at], y[at]]), np.stack([line.t, line.x, line.y]))
        assert len(line.t) < len(t) / 2


def test_an_agent_without_a_primary_stays_at_the_origin_of_its_frame() -> None:
    line = built(window_of(5.0, 40.0, frame="primary"), every_record=False).line(1)
    assert line is not None
    assert (line.t.tolist(), line.x.tolist(), line.y.tolist()) == ([5.0, 40.0], [0, 0], [0, 0])


def test_a_path_with_too_many_corners_has_no_line() -> None:
    steps = 40_000
    trajectory = Trajectory(seed=3)
    archive = Archive(trajectory, steps, ())
    end = float(archive.end.clocks.max())
    builder = PolylineBuilder(archive, window_of(0.0, end, agents=2), every_record=True)
    builder.add(archive.checkpoint(0), steps, 5, 5)
    assert builder.line(1) is None
    planet = builder.line(0)
    assert planet is not None
    assert len(planet.t) == 2  # nothing attracts it: its path is straight
