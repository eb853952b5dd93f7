"""Whole ensembles, drawn at random: each member is its run alone, bit for bit.

Two judges say what that is: the engine for one trajectory, and the reference (`alone`).
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.ensemble.block import Block, compute_block
from sim.ensemble.computed import compute
from sim.ensemble.nominal import nominal_of
from sim.ensemble.population import Population
from sim.ensemble.table import table_of
from sim.scenario import MAX_MEMBERS, NANO, NanoScenario, PropagationRequest, Trajectory
from tests.unit.sim.ensemble.alone import (
    assert_bits,
    expected_by_engine,
    expected_by_reference,
    rows_of,
)
from tests.unit.sim.ensemble.drawn import requests
from tests.unit.sim.ensemble.ensembles import REQUESTS, bodies, dispersed
from tests.unit.sim.scenarios import THREE


@given(requests(), st.data())
@settings(max_examples=80)
def test_a_member_of_any_ensemble_is_its_run_alone(
    request_: PropagationRequest, data: st.DataObject
) -> None:
    computed = compute(request_, threads=data.draw(st.sampled_from([1, 2])))
    chosen = data.draw(st.lists(st.integers(0, request_.members - 1), min_size=1, max_size=3))
    for member in chosen:
        found = rows_of(computed, member)
        assert_bits(found, expected_by_reference(request_, member))
        assert_bits(found, expected_by_engine(request_, member))


@pytest.mark.parametrize("name", REQUESTS)
def test_members_of_known_ensembles_are_their_runs_alone(name: str) -> None:
    request = REQUESTS[name]
    computed = compute(request)
    for member in range(0, request.members, 4 if request.steps > 500 else 1):
        found = rows_of(computed, member)
        assert_bits(found, expected_by_reference(request, member))
        assert_bits(found, expected_by_engine(request, member))


@given(requests(), st.data())
@settings(max_examples=30)
def test_growth_and_blocks_of_any_sizes_change_no_bit(
    request_: PropagationRequest, data: st.DataObject
) -> None:
    """From n to any n' > n, and from M to any M' > M; members may have ended before."""
    longer = replace(request_, steps=request_.steps + data.draw(st.integers(1, 300)))
    cut = data.draw(st.integers(0, request_.members - 1))
    blocks = [(0, cut), (cut, request_.members - cut)] if cut else [(0, request_.members)]
    before, after = nominal_of(request_), nominal_of(longer)
    grown = Population(longer, after)
    for first, count in blocks:
        start = compute_block(request_, before, first, count)
        block = compute_block(longer, after, first, count, start)
        assert block.parts == compute_block(longer, after, first, count).parts
        assert Block.from_bytes(longer, block.to_bytes()) == block
        grown.add(block.first, block.count, block.parts)

    small = compute(longer)
    assert grown.document() == small.document()
    assert grown.parts() == small.population.parts()

    more = replace(longer, members=longer.members + data.draw(st.integers(1, 20)))
    assert nominal_of(more).content_digest == after.content_digest
    whole, anew = Population(more, after), compute(more)
    for first, count in blocks:
        whole.add(first, count, compute_block(longer, after, first, count).parts)
    for span in whole.missing:
        added = compute_block(more, after, span.start, len(span))
        whole.add(added.first, added.count, added.parts)
    assert whole.document() == anew.document()
    assert whole.parts() == anew.population.parts()
    assert whole.result(whole.document()) == anew.population.result(anew.document())


@pytest.mark.parametrize("scenario", [NANO, THREE], ids=["two", "three"])
def test_growth_goes_on_across_the_checkpoints_of_a_trajectory(scenario: NanoScenario) -> None:
    n = scenario.interval
    before = PropagationRequest(n - 7, Trajectory(scenario, 3), 5)
    start, between = None, (n - 7, n, n + 1, n + 5_000)
    for steps in between:
        request = replace(before, steps=steps)
        start = compute_block(request, nominal_of(request), 0, 5, start)
        assert start.parts == compute_block(request, nominal_of(request), 0, 5).parts


@pytest.mark.parametrize("name", ["nano", "nano dispersed", "twins"])
def test_the_last_members_of_a_million_are_their_runs_alone(name: str) -> None:
    request = replace(REQUESTS[name], steps=40, members=MAX_MEMBERS)
    first = MAX_MEMBERS - 3
    for count in (1, 3):
        block = compute_block(request, nominal_of(request), first, count)
        rows = table_of(request, first, block.members(request)).to_pylist()
        agents = len(request.trajectory.scenario.agents)
        for i in range(count):
            found = rows[i * agents : (i + 1) * agents]
            assert_bits(found, expected_by_reference(request, first + i))


def test_sixteen_of_seventeen_agents_are_analysed_by_default_and_any_by_name() -> None:
    sun = ("Sun", 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    rocks = [
        (f"Rock {i}", 0.0, 1.0 + 0.1 * i, 0.0, 0.01 * i, 0.0, (1.0 + 0.1 * i) ** -0.5, 0.0)
        for i in range(17)
    ]
    spread = [{"agent": f"Rock {i}", "sigma": {"vx": 0.1, "vz": 0.3}} for i in (0, 15, 16)]
    request = PropagationRequest(20, dispersed(bodies(sun, *rocks), spread), 5)
    assert request.analysed == tuple(range(1, 17))
    chosen = replace(request, agents=("Rock 16", "Rock 0"))
    computed, of_two = compute(request), compute(chosen)
    assert list(computed.document()["agents"]) == [f"Rock {i}" for i in range(16)]
    assert list(of_two.document()["agents"]) == ["Rock 0", "Rock 16"]
    assert of_two.document()["agents"]["Rock 0"] == computed.document()["agents"]["Rock 0"]
    for member in range(5):
        for one in (computed, of_two):
            assert_bits(rows_of(one, member), expected_by_reference(one.request, member))
    assert rows_of(computed, 0)[17]["outcome"] is None
    assert rows_of(of_two, 0)[17]["outcome"] in {"bound", "escaped"}
