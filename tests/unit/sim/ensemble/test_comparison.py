from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.ensemble.comparison import common_grid, compare, lost_at, paired_counts
from sim.ensemble.grid import grid_iterations
from sim.ensemble.members import initial_members
from sim.ensemble.proportions import independent_difference, paired_difference
from sim.kernel import COLLISION
from sim.scenario import PropagationRequest, Trajectory
from sim.strictjson import canonical_json

QUANTITIES = ("distance", "energy", "eccentricity", "semi_major_axis")


def summary_with(
    steps: int, members: int, seed: int, agents: tuple[str, ...] = ("Satellite",)
) -> Any:  # noqa: ANN401 - JSON
    iterations = grid_iterations(steps).tolist()
    rng = np.random.default_rng(seed)
    rows = {
        name: {level: rng.random(len(iterations)).tolist() for level in ("5", "50", "95")}
        for name in QUANTITIES
    }
    bound = np.sort(rng.integers(0, members + 1, len(iterations)))[::-1].tolist()
    agent = {
        "quantiles": {"levels": [5, 50, 95], **rows},
        "nominal": {name: rng.random(len(iterations)).tolist() for name in QUANTITIES},
        "bound": {"count": bound},
    }
    return {
        "id": f"{steps}-{seed}",
        "finished": members,
        "partial": False,
        "grid": {"iterations": iterations},
        "agents": dict.fromkeys(agents, agent),
    }


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_grids_of_other_lengths_meet_at_the_same_iterations(n: int, m: int) -> None:
    one, other = grid_iterations(n), grid_iterations(m)
    a, b = common_grid(one.tolist(), other.tolist())
    shared = np.intersect1d(one, other)
    assert set(shared.tolist()) <= set(one[a].tolist()) | {n, m}
    coarser = max(np.diff(one).max(), np.diff(other).max())
    assert (np.abs(one[a] - other[b]) <= coarser / 2).all()
    assert (np.diff(a) >= 0).all()
    assert (np.diff(b) >= 0).all()


def test_steps_of_other_lengths_are_compared_at_the_same_times() -> None:
    a, b = common_grid([0, 10, 20, 30], [0, 1, 2, 3, 4, 5, 6], dt_a=0.1, dt_b=0.5)
    assert (a.tolist(), b.tolist()) == ([0, 1, 2, 3], [0, 2, 4, 6])


@given(
    st.lists(st.tuples(st.integers(-1, 12), st.integers(-1, 12)), min_size=1, max_size=40),
    st.lists(st.integers(0, 12), min_size=1, max_size=8, unique=True).map(sorted),
)
def test_pairs_are_counted_at_each_time(
    pairs: list[tuple[int, int]], iterations: list[int]
) -> None:
    lost_a, lost_b = np.array(pairs, np.int64).T
    found = paired_counts(lost_a, lost_b, iterations)

    def there(lost: int, k: int) -> bool:
        return lost < 0 or lost > k

    for k, counts in zip(iterations, found.tolist(), strict=True):
        states = [(there(a, k), there(b, k)) for a, b in pairs]
        wanted = [(True, True), (True, False), (False, True), (False, False)]
        assert counts == [states.count(state) for state in wanted]


def test_pairs_of_disjoint_members_add() -> None:
    rng = np.random.default_rng(1)
    lost_a, lost_b = rng.integers(-1, 50, (2, 90))
    parts = [
        paired_counts(lost_a[part], lost_b[part], range(0, 60, 4))
        for part in (slice(0, 30), slice(30, 90))
    ]
    assert (parts[0] + parts[1] == paired_counts(lost_a, lost_b, range(0, 60, 4))).all()


def test_each_of_a_pair_is_looked_at_after_its_own_iterations() -> None:
    found = paired_counts(np.array([5]), np.array([50]), [4, 6], [40, 60])
    assert found.tolist() == [[1, 0, 0, 0], [0, 0, 0, 1]]


def test_pairs_need_as_many_members_of_both() -> None:
    with pytest.raises(ValueError, match="as many members"):
        paired_counts(np.zeros(2, np.int64), np.zeros(3, np.int64), [0])


def test_a_member_is_lost_when_it_escapes_or_after_its_last_good_iteration() -> None:
    members = initial_members(PropagationRequest(9, Trajectory()), 0, 4)
    members.good[:] = 9
    members.escape_at[0] = [-1, 4, -1, 6]
    members.outcome[2:], members.good[2:] = COLLISION, 7
    assert lost_at(members, 0).tolist() == [-1, 4, 8, 6]


def test_ensembles_of_other_seeds_are_compared_as_independent() -> None:
    a, b = summary_with(300, 400, 1), summary_with(1000, 900, 2)
    told = compare(a, b)
    canonical_json(told)
    at_a, at_b = common_grid(a["grid"]["iterations"], b["grid"]["iterations"])
    survival = told["agents"]["Satellite"]["survival"]
    counts_a = [a["agents"]["Satellite"]["bound"]["count"][i] for i in at_a]
    counts_b = [b["agents"]["Satellite"]["bound"]["count"][i] for i in at_b]
    wanted = independent_difference(counts_a, 400, counts_b, 900)
    assert survival["paired"] is False
    assert survival["difference"]["estimate"] == wanted.estimate.tolist()
    assert survival["difference"]["low"] == wanted.low.tolist()
    assert survival["a"]["fraction"] == [count / 400 for count in counts_a]
    assert told["grid"]["a"] == told["grid"]["b"] == [*range(0, 300, 4), 300]


def test_ensembles_of_one_seed_are_compared_in_pairs() -> None:
    a, b = summary_with(40, 300, 1), summary_with(40, 300, 2)
    rng = np.random.default_rng(4)
    lost_a = rng.integers(-1, 60, 300)
    lost_b = np.where(rng.random(300) < 0.8, lost_a, lost_a + 1)
    pairs = paired_counts(lost_a, lost_b, a["grid"]["iterations"])
    survival = compare(a, b, pairs={"Satellite": pairs})["agents"]["Satellite"]["survival"]
    assert survival["paired"] is True
    assert survival["difference"]["high"] == paired_difference(*pairs.T).high.tolist()
    width = np.subtract(survival["difference"]["high"], survival["difference"]["low"])
    alone = independent_difference(pairs[:, 0] + pairs[:, 1], 300, pairs[:, 0] + pairs[:, 2], 300)
    assert (width[1:] < alone.high[1:] - alone.low[1:]).all()
    with pytest.raises(ValueError, match="common times"):
        compare(a, b, pairs={"Satellite": pairs[1:]})


def test_bands_stand_over_one_another_at_the_common_times() -> None:
    a, b = summary_with(300, 400, 1, ("A", "B")), summary_with(1000, 900, 2, ("B", "C"))
    told = compare(a, b)
    assert [*told["agents"]] == ["B"]
    _, at_b = common_grid(a["grid"]["iterations"], b["grid"]["iterations"])
    band = told["agents"]["B"]["bands"]["b"]["energy"]
    rows = b["agents"]["B"]["quantiles"]["energy"]
    assert band["95"] == [rows["95"][i] for i in at_b]
    assert len(band["nominal"]) == len(told["grid"]["a"])
