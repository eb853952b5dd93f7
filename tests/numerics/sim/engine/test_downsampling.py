from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import Propagation, Trajectory
from sim.engine.downsampling import Bins, Path, merged, merged_path
from sim.intervals import SERIES_BITS, level
from tests.unit.sim.engine.naive import naive_steps
from tests.unit.sim.scenarios import SCENARIOS


@pytest.mark.parametrize(("name", "steps"), [("nano", 500), ("nano", 9000), ("three", 5000)])
def test_the_series_are_the_extremes_of_each_bin(name: str, steps: int) -> None:
    trajectory = Trajectory(SCENARIOS[name])
    naive = naive_steps(trajectory, steps)
    overview = Propagation.open(trajectory, steps).overview(pixels=2048).to_json()
    lengths = 1 << level(steps, SERIES_BITS)
    assert overview["level"] == level(steps, SERIES_BITS)
    assert overview["exact"] == (lengths == 1)
    agents: Any = overview["agents"]
    for a, drawn in enumerate(agents):
        quantities = [q for q in ("x", "y", "r", "e", "h") if q in drawn["series"]]
        assert quantities == list("xyreh" if drawn["primary"] is not None else "xy")
        for b in range(-(-steps // lengths)):
            in_bin = naive[b * lengths : (b + 1) * lengths]
            own = [step for steps_ in in_bin for step in steps_ if step["agent"] == a]
            for quantity in quantities:
                values = [
                    getattr(step["state"], quantity) if quantity in "xy" else step[quantity]
                    for step in own
                ]
                assert drawn["series"][quantity]["min"][b] == (min(values) if values else None)
                assert drawn["series"][quantity]["max"][b] == (max(values) if values else None)


def some_bins(count: int, level: int, seed: int) -> Bins:
    """Bins of one agent: extremes of few values, signed zeros among them; some without a step."""
    random = np.random.default_rng(seed)
    values = np.sort(random.choice([-1.0, -0.0, 0.0, 1.0], (count, 1, 5, 2)), axis=-1)
    values[random.random(count) < 0.2] = np.nan
    return Bins(level, values, np.cumsum(random.random((count, 1)), axis=0))


def extremes(series: Any, low: bool) -> float | None:  # noqa: ANN401, FBT001 - float64[bins]
    """The first of the least (or the greatest) values, None where there is none."""
    values = [value for value in series.tolist() if value == value]  # noqa: PLR0124 - not nan
    return (min if low else max)(values) if values else None


@given(st.integers(1, 40), st.integers(1, 4), st.integers(0, 99))
def test_a_coarser_bin_is_the_first_of_the_extremes_of_its_finer_ones(
    count: int, up: int, seed: int
) -> None:
    fine = some_bins(count, 2, seed)
    coarse = fine.coarser(2 + up)
    assert coarse.level == 2 + up
    assert len(coarse.series) == -(-count >> up)
    for b, bin_ in enumerate(coarse.series):
        part = slice(b << up, (b + 1) << up)
        for quantity in range(5):
            for which, low in ((0, True), (1, False)):
                expected = extremes(fine.series[part, 0, quantity, which], low)
                found = bin_[0, quantity, which]
                assert repr(found.item()) == repr(expected if expected is not None else np.nan)
        assert coarse.clocks[b, 0] == fine.clocks[part][-1, 0]


@given(st.integers(1, 20), st.integers(0, 3), st.integers(0, 3), st.integers(0, 99))
def test_coarsening_in_steps_gives_the_bits_of_coarsening_at_once(
    count: int, first: int, second: int, seed: int
) -> None:
    fine = some_bins(count, 0, seed)
    steps, once = fine.coarser(first).coarser(first + second), fine.coarser(first + second)
    assert steps.series.tobytes() == once.series.tobytes()
    assert steps.clocks.tobytes() == once.clocks.tobytes()


def test_parts_of_different_levels_merge_into_one() -> None:
    whole = some_bins(16, 0, seed=5)
    early = Bins(0, whole.series[:8], whole.clocks[:8])
    late = Bins(0, whole.series[8:], whole.clocks[8:]).coarser(2)
    both = merged([early, late], 3)
    expected = whole.coarser(3)
    assert both.level == 3
    assert both.series.tobytes() == expected.series.tobytes()
    assert both.clocks.tobytes() == expected.clocks.tobytes()


def test_a_coarser_path_has_the_last_state_of_every_sample() -> None:
    states = np.arange(12.0 * 6).reshape(12, 1, 6)
    coarse = Path(1, states).coarser(3)
    assert coarse.states[:, 0, 0].tolist() == states[3::4, 0, 0].tolist()
    parts = [Path(1, states[:8]), Path(3, states[8:][3::4])]
    assert merged_path(parts, 3).states.tobytes() == coarse.states.tobytes()
