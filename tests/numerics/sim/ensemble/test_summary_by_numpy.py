"""The summary of whole ensembles against numpy and scipy, over values of all members one by one.

The values come from the reference in plain Python (`Naive`): one run after the other.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
import scipy.stats

from sim.ensemble.computed import compute
from sim.ensemble.density import Density
from sim.ensemble.grid import spans
from sim.scenario import NANO, PropagationRequest
from tests.unit.sim.ensemble.ensembles import FALLING, SUN, bodies, dispersed
from tests.unit.sim.ensemble.naive import Naive, relative
from tests.unit.sim.scenarios import THREE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.ensemble.computed import ComputedEnsemble
    from sim.kernel import Floats

LEVELS: Final = (1, 5, 25, 50, 75, 95, 99)
QUANTITIES: Final = ("distance", "energy", "eccentricity")
# Its probe's members go from half of the nominal's distance to several times of it.
WIDE: Final = bodies(
    SUN, ("Moon", 0.1, 1.5, 0.0, 0.0, 0.0, 0.8, 0.0), ("Probe", 0.0, 1.0, 0.0, 0.1, 0.0, 0.9, 0.2),
    integrator="kahan-li-8",
)  # fmt: skip
REQUESTS: Final = {
    "nano, near": PropagationRequest(
        96, dispersed(NANO, [{"agent": "Satellite", "sigma": {"x": 1e-6, "vy": 1e-6}}]), 101
    ),
    "nano, wide": PropagationRequest(
        160, dispersed(NANO, [{"agent": "Satellite", "sigma": {"x": 1.0, "vy": 0.5}}], 2), 101
    ),
    "three": PropagationRequest(
        64, dispersed(THREE, [{"agent": "Planet", "sigma": {"x": 0.5, "vx": 0.3}}], 5), 60
    ),
    "nbody, wide": PropagationRequest(
        40, dispersed(WIDE, [{"agent": "Probe", "sigma": {"x": 0.6, "vz": 0.4}}]), 90
    ),
    "nbody, massive": PropagationRequest(
        30, dispersed(WIDE, [{"agent": "Moon", "sigma": {"y": 0.5, "vx": 0.1}}]), 60
    ),
    "ending": PropagationRequest(
        40,
        dispersed(
            FALLING,
            [{"agent": "Rock", "sigma": {"x": 1e-108}}, {"agent": "Comet", "sigma": {"vy": 0.1}}],
        ),
        60,
    ),
}


@cache
def ensemble(name: str) -> tuple[ComputedEnsemble, dict[str, Any], Naive]:
    request = REQUESTS[name]
    computed = compute(request)
    return computed, computed.document(), Naive(request, 0, request.members)


def within_a_bin(found: float, exact: float, centre: float) -> str:
    """The zone that an exact value is in; the value found has to be the edge of its bin."""
    half = abs(centre) / 2
    off = exact - centre
    if abs(off) < half:
        assert abs(found - centre) <= abs(off) * (1 + 1e-12) + 1e-15 * abs(centre)
        assert abs(off) <= abs(found - centre) * 129 / 128 + 4e-16 * abs(centre)
        assert (found - centre) * off >= 0.0
        return "near"
    if off < 0.0:
        assert found <= centre - half
    else:
        assert found >= centre + half
    # The edge is that nearer to zero, or the border of the zone, where this is farther.
    assert abs(found - exact) <= abs(exact) / 128
    return "below" if off < 0.0 else "above"


@pytest.mark.parametrize("name", REQUESTS)
def test_quantiles_at_each_time_of_the_grid_are_numpys_to_within_a_bin(name: str) -> None:
    _, document, naive = ensemble(name)
    zones = set()
    for a in naive.request.analysed:
        told = document["agents"][naive.request.trajectory.scenario.names[a]]
        for g, k in enumerate(document["grid"]["iterations"]):
            alive = [m for m in naive.members if m.good >= k]
            values = np.array([naive.values(m, a, k) for m in alive]).reshape(-1, 3)
            for q, quantity in enumerate(QUANTITIES):
                found = [told["quantiles"][quantity][str(level)][g] for level in LEVELS]
                if not alive:
                    assert found == [None] * len(LEVELS)
                    continue
                # A nan is above everything, and no number.
                ordered = np.where(np.isnan(values[:, q]), math.inf, values[:, q])
                judge = np.quantile(ordered, np.array(LEVELS) / 100, method="inverted_cdf")
                for edge, exact in zip(found, judge.tolist(), strict=True):
                    if math.isinf(exact):
                        assert edge is None
                    else:
                        zones.add(within_a_bin(edge, exact, naive.centre(a, k, q)))
    assert "near" in zones
    if "wide" in name:
        assert zones == {"below", "near", "above"}


@pytest.mark.parametrize("name", REQUESTS)
def test_the_semi_major_axis_is_that_of_the_energy(name: str) -> None:
    _, document, naive = ensemble(name)
    for a in naive.request.analysed:
        scenario = naive.request.trajectory.scenario
        told = document["agents"][scenario.names[a]]["quantiles"]
        for level in map(str, LEVELS):
            for energy, axis in zip(
                told["energy"][level], told["semi_major_axis"][level], strict=True
            ):
                if energy is None or energy >= 0.0:
                    assert axis is None
                else:
                    assert axis == -scenario.gravity[a] / (2.0 * energy)


@pytest.mark.parametrize("name", REQUESTS)
def test_survival_has_the_interval_of_scipy(name: str) -> None:
    _, document, naive = ensemble(name)
    members = naive.request.members
    for a in naive.request.analysed:
        told = document["agents"][naive.request.trajectory.scenario.names[a]]
        for g, k in enumerate(document["grid"]["iterations"]):
            alive = [m for m in naive.members if m.good >= k]
            count = sum(naive.values(m, a, k)[1] <= 0.0 for m in alive)
            judge = scipy.stats.binomtest(count, members).proportion_ci(method="wilson")
            bound = {key: column[g] for key, column in told["bound"].items()}
            assert (bound["count"], bound["fraction"]) == (count, count / members)
            assert (bound["low"], bound["high"]) == pytest.approx((judge.low, judge.high), 1e-12)
            assert told["ended"][g] == members - len(alive)


def quantile(values: Sequence[float], level: int) -> float:
    return float(np.quantile(np.array(values), level / 100, method="inverted_cdf"))


@pytest.mark.parametrize("name", REQUESTS)
def test_escapes_and_closest_approaches_have_the_quantiles_of_numpy(name: str) -> None:
    _, document, naive = ensemble(name)
    for a in naive.request.analysed:
        told = document["agents"][naive.request.trajectory.scenario.names[a]]
        since = [naive.escape_at(m, a) for m in naive.members]
        of_members = {
            "escape": [math.inf if k is None else float(k) for k in since],
            "closest": [naive.closest(m, a) for m in naive.members],
        }
        for key, values in of_members.items():
            for level in (5, 50, 95):
                exact = quantile(values, level)
                found, member = (told[key][part][str(level)] for part in ("quantiles", "members"))
                if math.isinf(exact):
                    assert (found, member) == (None, None)
                    continue
                assert math.floor(exact * 127 / 128) <= found <= exact
                assert math.floor(values[member] * 127 / 128) <= found <= values[member]


def samples(naive: Naive, a: int, first: int, last: int) -> Floats:
    """Positions about the primary in iterations first to last, float64[samples, 2]."""
    scenario = naive.request.trajectory.scenario
    every = 16 if scenario.model.own_clocks else 1
    found = [
        relative(scenario, m.states[k], a)[0][:2]
        for m in naive.members
        for k in range(first, min(last, m.good) + 1)
        if k % every == 0
    ]
    return np.array(found).reshape(-1, 2)


@pytest.mark.parametrize("name", REQUESTS)
def test_the_density_is_numpys_histogram_of_the_members_own_runs(name: str) -> None:
    computed, document, naive = ensemble(name)
    parts = computed.population.parts()
    for j, a in enumerate(naive.request.analysed):
        density = Density.from_bytes(parts[f"density/{j}"])
        w = naive.half_width(a)
        assert density.half_width == pytest.approx(w, rel=1e-14)
        inside, total = 0, 0
        for span, (first, last) in enumerate(spans(naive.request.steps)):
            at = samples(naive, a, first, last)
            judge, _, _ = np.histogram2d(at[:, 1], at[:, 0], 512, [[-w, w], [-w, w]])
            np.testing.assert_array_equal(density.picture(span), judge)
            assert density.outside[span] == len(at) - judge.sum()
            coarse, _, _ = np.histogram2d(at[:, 1], at[:, 0], 128, [[-w, w], [-w, w]])
            np.testing.assert_array_equal(density.picture(span, 128), coarse)
            inside, total = inside + int(judge.sum()), total + len(at)
        told = document["agents"][naive.request.trajectory.scenario.names[a]]["density"]
        assert (told["inside"], told["outside"]) == (inside, total - inside)


@pytest.mark.parametrize(
    ("scenario", "agent", "spread"),
    [(NANO, "Satellite", {"x": 0.05, "vy": 0.05}), (WIDE, "Probe", {"x": 0.05, "vz": 0.1})],
    ids=["nano", "nbody"],
)
def test_at_the_end_quantiles_are_those_of_the_whole_table(
    scenario: Any,  # noqa: ANN401 - of either model
    agent: str,
    spread: dict[str, float],
) -> None:
    request = PropagationRequest(
        1_000, dispersed(scenario, [{"agent": agent, "sigma": spread}], 9), 3_000
    )
    computed = compute(request)
    table, agents = computed.table(), len(scenario.agents)
    axes = [name for name in ("x", "y", "z") if name in table.schema.names]
    states = np.column_stack([table.column(n) for n in (*axes, *(f"v{n}" for n in axes))])
    a, p = scenario.names.index(agent), 0
    apart = states[a::agents] - states[p::agents]
    r, v = np.split(apart, 2, axis=1)
    distance = np.sqrt((r**2).sum(axis=1))
    mu = scenario.gravity[a]
    energy = 0.5 * (v**2).sum(axis=1) - mu / distance
    vector = np.cross(
        np.pad(r, ((0, 0), (0, 3 - len(axes)))), np.pad(v, ((0, 0), (0, 3 - len(axes))))
    )
    squared = 1 + 2 * energy * (vector**2).sum(axis=1) / mu**2
    eccentricity = np.sqrt(np.maximum(squared, 0.0))
    told = computed.document()["agents"][agent]
    for name, values in zip(QUANTITIES, (distance, energy, eccentricity), strict=True):
        judge = np.quantile(values, np.array(LEVELS) / 100, method="inverted_cdf").tolist()
        centre = told["nominal"][name][-1]
        for level, exact in zip(LEVELS, judge, strict=True):
            within_a_bin(told["quantiles"][name][str(level)][-1], exact, centre)
    assert np.isnan(table.column("e").to_numpy()[p::agents]).all()
    np.testing.assert_allclose(table.column("e").to_numpy()[a::agents], eccentricity, atol=1e-12)
