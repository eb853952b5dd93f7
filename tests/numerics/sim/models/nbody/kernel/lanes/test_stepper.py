from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import PropagationFailed
from sim.kernel.layout import COLLISION, DIVERGENCE, OK
from sim.models.model import BARYCENTRE
from sim.models.nbody.reference import iterations
from tests.unit.sim.models.nbody.members import alone, at_start, go, system_in_lanes
from tests.unit.sim.models.nbody.passes import expected, points, same_bits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.kernel.lanes import Members
    from sim.models.nbody.scenario import NBodyScenario

INTEGRATORS = ("leapfrog", "kahan-li-8")
STAR = (1.0, 0, 0, 0, 0, 0, 0)
PROBE = (0.0, 0, 0.9, 0, 0.9, 0, 0)
_numbers = st.floats(-4.0, 4.0)


@st.composite
def scenarios(draw: st.DrawFn) -> NBodyScenario:
    """Points of any sign and number in distinct places, some of them about a barycentre."""
    count = draw(st.integers(1, 7))
    places = draw(st.lists(st.tuples(*[_numbers] * 3), min_size=count, max_size=count, unique=True))
    mus = st.sampled_from([0.0, 0.0, 1.0, -0.5]) | st.floats(-1.0, 1.0)
    agents = [(draw(mus), *place, *(draw(_numbers) * 0.1 for _ in range(3))) for place in places]
    about = BARYCENTRE if draw(st.booleans()) and has_barycentres(agents) else None
    integrator, dt = draw(st.sampled_from(INTEGRATORS)), draw(st.floats(1e-3, 0.5))
    return points(*agents, integrator=integrator, dt=dt, primary=about)


def has_barycentres(agents: Sequence[tuple[float, ...]]) -> bool:
    """Whether the others of each agent have a sum of mu that is not 0."""
    mus = [mu for mu, *_ in agents]
    return len(mus) > 1 and all(sum(mus[:a] + mus[a + 1 :]) != 0.0 for a in range(len(mus)))


def dispersed(
    scenario: NBodyScenario, agents: Sequence[int], count: int, sigma: float
) -> list[NBodyScenario]:
    """Members in which these agents start elsewhere; the first as the scenario says."""
    random = np.random.default_rng(5)
    members = [scenario]
    for _ in range(count - 1):
        starts = [list(agent.state.numbers) for agent in scenario.agents]
        for a in agents:
            starts[a] = [
                x + sigma * z for x, z in zip(starts[a], random.normal(size=6), strict=True)
            ]
        members.append(scenario.with_coordinates(starts))
    return members


def check_against_runs(
    members: Sequence[NBodyScenario],
    differing: Sequence[int],
    cuts: Sequence[int],
    size: int = 1,
    lanes: int | None = None,
) -> Members:
    """Compare all bits of each member, and what ends it, with those of its own run."""
    system = system_in_lanes(members[0], differing, lanes, len(members))
    blocks, done = at_start(members), 0
    for cut in cuts:
        go(system, blocks, done, cut, size)
        done += cut
    for m, scenario in enumerate(members):
        run = alone(scenario, done)
        assert (blocks.outcome[m], blocks.good[m]) == (run.outcome[0], run.good[0])
        if run.outcome[0] == OK:
            for name, theirs, its in zip(blocks._fields[1:], blocks[1:], run[1:], strict=True):
                assert theirs[..., m].tobytes() == its[..., 0].tobytes(), name
    return blocks


@settings(deadline=None, max_examples=150)
@given(
    scenarios(),
    st.integers(0, 127),
    st.lists(st.integers(1, 9), min_size=1, max_size=3),
    st.integers(1, 16),
    st.sampled_from([None, 8, 16, 32]),
    st.integers(1, 40),
    st.sampled_from([0.0, 1e-3, 1.0]),
)
def test_each_member_has_the_bits_of_its_run(
    scenario: NBodyScenario,
    which: int,
    cuts: list[int],
    size: int,
    lanes: int | None,
    count: int,
    sigma: float,
) -> None:
    differing = [a for a in range(len(scenario.agents)) if which >> a & 1]
    members = dispersed(scenario, differing, count, sigma)
    check_against_runs(members, differing, cuts, size, lanes if differing else None)


@pytest.mark.parametrize("integrator", INTEGRATORS)
@pytest.mark.parametrize("differing", [[1], [0], [0, 1]])
def test_a_member_has_the_bits_of_the_reference(integrator: str, differing: list[int]) -> None:
    members = dispersed(points(STAR, PROBE, integrator=integrator), differing, 5, 1e-2)
    block = at_start(members)
    go(system_in_lanes(members[0], differing), block, 0, 30, 1)
    for m, scenario in enumerate(members):
        states = np.ascontiguousarray(block.ring[:, 0, 1:, m])
        assert same_bits(states, expected(scenario, 30)[-1])
        near = list(nearness(scenario, 30))
        assert block.closest[0, m] == min(near)
        assert block.closest_at[0, m] == near.index(min(near))


def nearness(scenario: NBodyScenario, count: int) -> Iterator[float]:
    """The distance of two agents at the start of each step, by the reference."""
    start = np.array([[agent.state.numbers for agent in scenario.agents]])
    states = np.concatenate([start, expected(scenario, count - 1)[..., 2:]])
    for x, y, z in (states[:, 1] - states[:, 0])[:, :3].tolist():
        yield math.sqrt((x * x + y * y) + z * z)


@pytest.mark.parametrize("integrator", INTEGRATORS)
@pytest.mark.parametrize("massive", [0, 1, 2, 3, 40])
@pytest.mark.parametrize("differing", [[], [44], [41, 43], [0, 44]])
def test_many_agents_have_the_bits_of_their_runs(
    integrator: str, massive: int, differing: list[int]
) -> None:
    random = np.random.default_rng(massive)
    agents = [(0.02 * (i < massive), *random.normal(size=6)) for i in range(45)]
    members = dispersed(points(*agents, integrator=integrator), differing, 11, 1e-2)
    check_against_runs(members, differing, [3, 2])


@pytest.mark.parametrize("integrator", INTEGRATORS)
@pytest.mark.parametrize("differing", [[2], [0, 2], []])
def test_orbits_about_barycentres_are_followed(integrator: str, differing: list[int]) -> None:
    agents = [(1.0, 1, 0, 0, 0, 0.5, 0.1), (2.0, -1, 0, 0.5, 0, -0.5, 0), (0.0, 0, 3, 0, 0.4, 0, 0)]
    scenario = points(*agents, integrator=integrator, primary=BARYCENTRE)
    block = check_against_runs(dispersed(scenario, differing, 9, 1e-2), differing, [40])
    assert block.closest_at.max() > 0


@pytest.mark.parametrize("integrator", INTEGRATORS)
@pytest.mark.parametrize("differing", [[2], [1, 2], []])
def test_an_agent_may_orbit_one_without_mass(integrator: str, differing: list[int]) -> None:
    scenario = points(
        *(STAR, (0.0, 0, 2, 0, 0.7, 0, 0), (0.0, 0, 2.1, 0, 0.7, 0.1, 0)),
        integrator=integrator,
    )
    about = scenario.to_json()
    about["agents"][1]["primary"] = "Agent 2"  # type: ignore[index]
    about["agents"][2]["primary"] = "Agent 1"  # type: ignore[index]
    scenario = type(scenario).from_json(about)
    check_against_runs(dispersed(scenario, differing, 5, 1e-2), differing, [10])


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_an_escape_is_followed_from_its_last_beginning(integrator: str) -> None:
    members = [
        points(STAR, (0.0, 0, 0.9, 0, vx, 0, 0), integrator=integrator)
        for vx in (0.9, 1.3, 1.49, 1.4907, 1.4908, 1.5, 3.0)
    ]
    block = check_against_runs(members, [1], [20, 30])
    assert (block.escape_at[0] == 0).any()
    assert (block.escape_at[0] == -1).any()


@pytest.mark.parametrize("integrator", INTEGRATORS)
@pytest.mark.parametrize("differing", [[1], [0, 1]])
def test_a_member_that_ends_leaves_the_others_alone(integrator: str, differing: list[int]) -> None:
    near, runaway = (0.0, 1e-120, 0, 0, 0, 0, 0), (0.0, 1.6e308, 0, 0, 1e307, 0, 0)
    fall = (0.0, 0, 0.5, 0, 0, 0, 0)
    members = [
        points(STAR, probe, integrator=integrator, dt=1.0)
        for probe in (PROBE, near, runaway, *[PROBE] * 60, fall, near, (0.0, 0, 0, 5, 0, 0.1, 0))
    ]
    block = check_against_runs(members, differing, [7, 8])
    assert set(block.outcome.tolist()) == {OK, COLLISION, DIVERGENCE}
    assert (block.outcome == OK).sum() > 60


@pytest.mark.parametrize("integrator", INTEGRATORS)
@pytest.mark.parametrize(
    "agents",
    [
        (STAR, (1.0, 1e-120, 0, 0, 0, 0, 0), PROBE),
        (STAR, (0.0, 1e-120, 0, 0, 0, 0, 0), PROBE),
        (STAR, (1.0, 1.6e308, 0, 0, 1e307, 0, 0), PROBE),
        (STAR, (0.0, 1.6e308, 0, 0, 1e307, 0, 0), PROBE),
    ],
)
def test_what_moves_alike_ends_all_members(
    integrator: str, agents: tuple[tuple[float, ...], ...]
) -> None:
    scenario = points(*agents, integrator=integrator, dt=1.0)
    block = check_against_runs(dispersed(scenario, [2], 70, 1e-3), [2], [9])
    assert (block.outcome != OK).all()


@pytest.mark.parametrize(
    ("differing", "members", "lanes"),
    [
        *[([1], 1, 8), ([1], 8, 8), ([1], 9, 16), ([1], 32, 32), ([1], 33, 64), ([1], 10_000, 64)],
        *[([0, 1], 1, 32), ([0, 1], 10_000, 32), ([], 10_000, 1)],
    ],
)
def test_there_are_as_many_lanes_as_members_need(
    differing: list[int], members: int, lanes: int
) -> None:
    assert system_in_lanes(points(STAR, PROBE), differing, members=members).lanes == lanes


def test_the_first_of_equally_close_approaches_counts() -> None:
    scenario = points((0.0, 0, 0, 0, 0, 0, 0), (0.0, 1, 0, 0, 0, 0, 0))
    about = scenario.to_json()
    about["agents"][1]["primary"] = "Agent 0"  # type: ignore[index]
    block = check_against_runs([type(scenario).from_json(about)] * 3, [1], [4])
    assert block.closest_at.tolist() == [[0, 0, 0]]


def test_a_distance_that_overflows_is_an_infinite_one() -> None:
    scenario = points(STAR, (0.0, 1e200, 0, 0, 0, 0, 0))
    block = check_against_runs([scenario] * 3, [1], [4])
    assert block.closest.tolist() == [[math.inf] * 3]
    assert block.closest_at.tolist() == [[0, 0, 0]]


def test_an_integrator_that_chooses_its_steps_has_no_lanes() -> None:
    with pytest.raises(ValueError, match="gauss-radau-15 has no lanes"):
        system_in_lanes(points(STAR, PROBE, integrator="gauss-radau-15"), [1])


def test_the_reference_ends_where_the_lanes_do() -> None:
    members = [points(STAR, (0.0, 1e-120, 0, 0, 0, 0, 0)), points(STAR, PROBE)]
    block = at_start(members)
    go(system_in_lanes(members[0], [1]), block, 0, 5, 1)
    with pytest.raises(PropagationFailed) as raised:
        list(islice(iterations(members[0]), 5))
    assert raised.value.failure.iteration == block.good[0]
    assert block.outcome.tolist() == [COLLISION, OK]
