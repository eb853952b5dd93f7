"""The summary against what it says of members that were run one by one in plain Python."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
import scipy.stats

from sim.ensemble.binning import edges, keys
from sim.ensemble.density import Density
from sim.ensemble.grid import grid_iterations, spans
from sim.ensemble.histograms import Histograms
from sim.ensemble.nominal import Nominal
from sim.ensemble.statistics import statistics_of
from sim.ensemble.summary import agent_summary, summary, summary_of
from sim.kernel import COLLISION
from sim.scenario import NANO, PropagationRequest, Trajectory
from sim.strictjson import canonical_json
from tests.unit.sim.ensemble.naive import Naive
from tests.unit.sim.ensemble.runs import members_of_runs
from tests.unit.sim.scenarios import THREE

if TYPE_CHECKING:
    from sim.ensemble.statistics import AgentStatistics
    from sim.kernel.lanes import Members

MEMBERS: Final = 12
STEPS: Final = 300
REQUEST: Final = PropagationRequest(STEPS, Trajectory(THREE, 4), MEMBERS)
GRID: Final = grid_iterations(STEPS)
LEVELS: Final = (1, 5, 25, 50, 75, 95, 99)


class Ensemble:
    """Members one by one, and what is kept of them."""

    def __init__(self, request: PropagationRequest) -> None:
        self.request = request
        self.naive = Naive(request, 0, request.members)
        self.members: Members = members_of_runs(request, 0, request.members)
        values = [
            [
                [self.naive.values(self.naive.nominal, a, k)[q] for k in GRID.tolist()]
                for q in range(3)
            ]
            for a in request.analysed
        ]
        widths = [self.naive.half_width(a) for a in request.analysed]
        self.nominal = Nominal(np.array(values), np.array(widths))
        self.densities = [Density.empty(width, len(spans(STEPS))) for width in widths]

    def values(self, j: int, q: int, k: int) -> np.ndarray[Any, np.dtype[np.float64]]:
        a = self.request.analysed[j]
        return np.array([self.naive.values(member, a, k)[q] for member in self.naive.members])

    def statistics(self, j: int) -> AgentStatistics:
        rows = [
            Histograms.counted(keys(self.values(j, q, k), self.nominal.values[j, q, g])[np.newaxis])
            for q in range(3)
            for g, k in enumerate(GRID.tolist())
        ]
        bound = np.array([(self.values(j, 1, k) <= 0.0).sum() for k in GRID.tolist()], np.int64)
        return statistics_of(self.members, j, GRID, Histograms.joined(rows), bound)


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return Ensemble(REQUEST)


@pytest.fixture(scope="module")
def document(ensemble: Ensemble) -> dict[str, Any]:
    kept = [ensemble.statistics(j) for j in range(len(REQUEST.analysed))]
    return summary_of(REQUEST, ensemble.nominal, kept, ensemble.densities)


def test_it_says_whose_it_is_and_is_json(document: dict[str, Any]) -> None:
    assert json.loads(canonical_json(document)) == document
    assert {key: document[key] for key in ("id", "steps", "seed", "members", "finished")} == {
        "id": REQUEST.id,
        "steps": STEPS,
        "seed": 4,
        "members": MEMBERS,
        "finished": MEMBERS,
    }
    assert document["partial"] is False
    assert document["grid"] == {"level": 1, "iterations": [*range(0, STEPS + 1, 2)]}
    assert [(name, agent["primary"]) for name, agent in document["agents"].items()] == [
        ("Moon", "Planet"),
        ("Probe", "Moon"),
    ]


@pytest.mark.parametrize("j", [0, 1])
@pytest.mark.parametrize(("q", "quantity"), [(0, "distance"), (1, "energy"), (2, "eccentricity")])
def test_quantiles_are_those_of_the_members_to_within_a_bin(
    ensemble: Ensemble, document: dict[str, Any], j: int, q: int, quantity: str
) -> None:
    agent = [*document["agents"].values()][j]
    assert agent["quantiles"]["levels"] == list(LEVELS)
    assert agent["nominal"][quantity] == ensemble.nominal.values[j, q].tolist()
    for g, k in enumerate(GRID.tolist()):
        centre = ensemble.nominal.values[j, q, g]
        for level in LEVELS:
            exact = np.quantile(ensemble.values(j, q, k), level / 100, method="inverted_cdf")
            found = agent["quantiles"][quantity][str(level)][g]
            assert found == edges(keys([float(exact)], centre), centre)[0]


def test_the_semi_major_axis_is_that_of_the_energys_quantiles(document: dict[str, Any]) -> None:
    moon = document["agents"]["Moon"]
    for level in map(str, LEVELS):
        energies = moon["quantiles"]["energy"][level]
        wanted = [-1.0 / (2.0 * energy) if energy < 0.0 else None for energy in energies]
        assert moon["quantiles"]["semi_major_axis"][level] == wanted
    probe = document["agents"]["Probe"]
    assert probe["nominal"]["energy"][-1] > 0.0
    assert probe["nominal"]["semi_major_axis"][-1] is None
    assert set(probe["quantiles"]["semi_major_axis"]["99"]) == {None}


def test_survival_has_wilsons_interval(ensemble: Ensemble, document: dict[str, Any]) -> None:
    bound = document["agents"]["Probe"]["bound"]
    counts = [int((ensemble.values(1, 1, k) <= 0.0).sum()) for k in GRID.tolist()]
    assert bound["count"] == counts
    assert bound["fraction"] == [count / MEMBERS for count in counts]
    judges = [
        scipy.stats.binomtest(count, MEMBERS).proportion_ci(method="wilson") for count in counts
    ]
    assert bound["low"] == pytest.approx([judge.low for judge in judges], abs=1e-14)
    assert bound["high"] == pytest.approx([judge.high for judge in judges], abs=1e-14)


def test_notable_members_are_in_the_quantiles_bins(
    ensemble: Ensemble, document: dict[str, Any]
) -> None:
    closest = document["agents"]["Moon"]["closest"]
    for level in (5, 50, 95):
        exact = np.quantile(ensemble.members.closest[0], level / 100, method="inverted_cdf")
        member = closest["members"][str(level)]
        assert keys([ensemble.members.closest[0, member]]) == keys([float(exact)])
        assert closest["quantiles"][str(level)] == edges(keys([float(exact)]))[0]
    escape = document["agents"]["Probe"]["escape"]
    assert escape == {
        "quantiles": {"5": 0, "50": 0, "95": 0},
        "members": {"5": 0, "50": 0, "95": 0},
    }
    assert document["agents"]["Moon"]["escape"] == {
        "quantiles": {"5": None, "50": None, "95": None},
        "members": {"5": None, "50": None, "95": None},
    }


def test_outcomes_are_counted_and_told(document: dict[str, Any]) -> None:
    moon, probe = document["agents"]["Moon"], document["agents"]["Probe"]
    none = {"collision": 0, "divergence": 0, "standstill": 0}
    assert moon["outcomes"] == {"bound": MEMBERS, "escaped": 0, **none}
    assert probe["outcomes"] == {"bound": 0, "escaped": MEMBERS, **none}
    assert moon["sentence"].startswith("Of 12 members, none has escaped by step 300; the median")
    assert probe["sentence"].startswith(
        "Of 12 members, at least 50 % are unbound from the start, and all"
    )


def test_the_density_says_what_it_covers(ensemble: Ensemble) -> None:
    kept = replace(
        ensemble.densities[0],
        cells=np.array([3, 4], np.uint32),
        counts=np.array([5, 7], np.uint64),
        outside=np.array([2] + [1] * (ensemble.densities[0].spans - 1), np.uint64),
    )
    told = agent_summary(REQUEST, ensemble.nominal, 0, ensemble.statistics(0), kept)["density"]
    assert told == {
        "half_width": kept.half_width,
        "sizes": [512, 256, 128],
        "spans": [[first, min(first + 63, STEPS)] for first in range(1, STEPS, 64)],
        "inside": 12,
        "outside": 1 + kept.spans,
    }


def test_of_a_run_under_way_it_is_partial(ensemble: Ensemble) -> None:
    longer = replace(REQUEST, members=40)
    kept = [ensemble.statistics(j) for j in range(2)]
    told = summary_of(longer, ensemble.nominal, kept, ensemble.densities)
    assert (told["members"], told["finished"], told["partial"]) == (40, 12, True)
    assert told["agents"]["Moon"]["sentence"].startswith("Of 12 members so far, ")


def test_the_order_of_blocks_changes_nothing(ensemble: Ensemble, document: dict[str, Any]) -> None:
    whole = ensemble.statistics(0)
    again = type(whole).from_bytes(whole.to_bytes())
    told = agent_summary(REQUEST, ensemble.nominal, 0, again, ensemble.densities[0])
    assert canonical_json(told) == canonical_json(document["agents"]["Moon"])


def test_where_all_have_ended_quantiles_are_null(ensemble: Ensemble) -> None:
    kept = ensemble.statistics(0)
    slices = GRID.size
    some = kept.histograms.chosen([q * slices + g for q in range(3) for g in range(slices - 1)])
    parts = []
    for q in range(3):
        parts += [some.chosen(range(q * (slices - 1), (q + 1) * (slices - 1))), Histograms.empty(1)]
    ended = kept.ended.copy()
    ended[-1] = MEMBERS
    lost = replace(
        kept,
        histograms=Histograms.joined(parts),
        ended=ended,
        bound=np.append(kept.bound[:-1], 0),
        outcomes=replace(kept.outcomes, collision=MEMBERS, bound=0),
    )
    values = ensemble.nominal.values.copy()
    values[:, :, -1] = math.nan
    told = agent_summary(
        REQUEST, replace(ensemble.nominal, values=values), 0, lost, ensemble.densities[0]
    )
    for quantity in ("distance", "energy", "eccentricity", "semi_major_axis"):
        assert {row[-1] for level, row in told["quantiles"][quantity].items()} == {None}
        assert told["nominal"][quantity][-1] is None
    assert told["ended"][-1] == MEMBERS
    assert "; all have ended early, in a collision; " in told["sentence"]


def test_agents_of_different_members_are_refused(document: dict[str, Any]) -> None:
    agents = {name: dict(agent) for name, agent in document["agents"].items()}
    agents["Moon"]["outcomes"] = agents["Moon"]["outcomes"] | {"bound": 3}
    with pytest.raises(ValueError, match="different members"):
        summary(REQUEST, agents)


def test_without_analysed_agents_it_says_how_many_are_finished() -> None:
    request = PropagationRequest(9, Trajectory(NANO), 5)
    assert summary(request, {})["finished"] == 5
    assert summary(request, {}, finished=2)["partial"] is True


def test_a_collision_is_counted(ensemble: Ensemble) -> None:
    members = ensemble.members._replace(outcome=ensemble.members.outcome.copy())
    members.outcome[3], members.good[3] = COLLISION, STEPS
    kept = statistics_of(
        members, 0, GRID, ensemble.statistics(0).histograms, ensemble.statistics(0).bound
    )
    told = agent_summary(REQUEST, ensemble.nominal, 0, kept, ensemble.densities[0])
    assert told["outcomes"]["collision"] == 1
    assert "; one has ended early, in a collision; " in told["sentence"]
