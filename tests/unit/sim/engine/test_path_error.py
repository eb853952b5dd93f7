from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa
import pytest

from sim import NANO, NanoScenario, Propagation, Trajectory
from sim.engine.archive import Archive
from sim.engine.downsampling import Path, merged_path
from sim.engine.path_error import deviation_bounds
from tests.unit.sim.scenarios import SATELLITE_FIRST, TEN, THREE

if TYPE_CHECKING:
    from sim.engine.figure_data import Frame

STEPS = 4_096

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]


def path_of(archive: Archive, level: int) -> Path:
    """The path from the start, at a level."""
    states = merged_path(archive.paths(range(1)), level).states
    return Path(level, np.concatenate([archive.checkpoint(0).records[None, :, 0, 1:], states]))


@cache
def records_of(trajectory: Trajectory) -> list[Floats]:
    """Of each agent the records' t1, x and y, float64[3, records]."""
    table = pa.Table.from_batches(Propagation.open(trajectory, STEPS).slices()).combine_chunks()
    agents = table["agent"].chunk(0).indices.to_numpy()
    columns = np.stack([table[name].to_numpy() for name in ("t1", "x", "y")])
    return [columns[:, agents == a] for a in range(len(trajectory.scenario.agents))]


def greatest_deviations(records: Floats, samples: Floats) -> Floats:
    """How far records are from the straight line in time between two samples, at most."""
    t, x, y = records
    times, xs, ys = samples
    deviations = np.hypot(x - np.interp(t, times, xs), y - np.interp(t, times, ys))
    of = np.clip(np.searchsorted(times, t, side="right") - 1, 0, len(times) - 2)
    greatest = np.zeros(len(times) - 1)
    np.maximum.at(greatest, of, np.where(t <= times[-1], deviations, 0.0))
    return greatest


@pytest.mark.parametrize("level", [2, 4, 7])
@pytest.mark.parametrize("scenario", [NANO, SATELLITE_FIRST, THREE], ids=["nano", "sat", "three"])
def test_no_record_is_farther_from_the_line_than_the_bound(
    scenario: NanoScenario, level: int
) -> None:
    trajectory = Trajectory(scenario, 3)
    archive, agents = Archive(trajectory, STEPS, ()), len(scenario.agents)
    path = path_of(archive, level)
    bounds = deviation_bounds(scenario, path, archive.bins(range(1)), agents, "inertial")
    for a, records in enumerate(records_of(trajectory)):
        samples = path.states[:, a][:, [0, 2, 3]].T
        apart = np.maximum(np.diff(samples[0]), scenario.dt_min)  # 0 where there is no step
        discrete = 1.0 + (scenario.dt_min + scenario.dt_span) / apart
        deviations = greatest_deviations(records, samples)
        assert (deviations <= bounds[a] * discrete * (1.0 + 1e-9) + 1e-12).all()


def test_the_bound_of_a_short_time_is_small() -> None:
    archive = Archive(Trajectory(), STEPS, ())
    planet, satellite = deviation_bounds(
        NANO, path_of(archive, 2), archive.bins(range(1)), 2, "inertial"
    )
    assert planet.max() == 0.0  # nothing attracts it: its path is straight
    assert np.median(satellite) < 0.01


@pytest.mark.parametrize("frame", ["inertial", "primary"])
def test_where_the_acceleration_is_unknown_the_box_bounds_the_path(frame: Frame) -> None:
    # Of ten agents most massive ones are not each other's primary: no distance is archived.
    archive = Archive(Trajectory(TEN), STEPS, ())
    bounds = deviation_bounds(TEN, path_of(archive, 4), archive.bins(range(1)), 10, frame)
    with_primary = [a for a, primary in enumerate(TEN.primaries) if primary is not None]
    assert all(np.isfinite(bounds[a]).all() for a in with_primary)


def test_one_sample_has_no_line() -> None:
    archive = Archive(Trajectory(), STEPS, ())
    one = Path(0, path_of(archive, 4).states[:1])
    bounds = deviation_bounds(NANO, one, archive.bins(range(1)), 2, "inertial")
    assert [bound.tolist() for bound in bounds] == [[], []]
