from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import cost_model
from sim.engine import Propagation, initial_checkpoint, pass_over
from sim.intervals import STRETCH_INTERVALS
from sim.reference import iterations, simulate
from sim.scenario import NANO, Agent, NanoScenario, State, Trajectory
from tests.crowded import crowded
from tests.unit.sim.strategies import scenarios, trajectories

iteration_counts = st.integers(1, 10**9)
budgets = st.integers(0, 2**34)
limits = st.integers(1, 100)


def cloud(agents: int, massive: int, *, dt_span: float = 0.09) -> NanoScenario:
    """So many agents far from one another."""
    bodies = (
        Agent(f"{i}", 1e-3 * (i < massive), State(0.0, 0.01, float(i), float(i * i), 0.0, 0.0))
        for i in range(agents)
    )
    return NanoScenario(tuple(bodies), 0.01, dt_span, 0.001)


@pytest.mark.parametrize(
    ("agents", "massive", "factor"),
    [(1, 0, 1.0), (1, 1, 1.0), (2, 1, 1.0), (2, 2, 2.0), (3, 3, 4.5), (1_000, 1_000, 500_000.0)],
)
def test_work_counts_pairs_with_massive_agents(agents: int, massive: int, factor: float) -> None:
    assert cost_model.work(500, cloud(agents, massive)) == 500 * factor


def test_work_counts_members() -> None:
    assert cost_model.work(500, NANO, members=7) == 3_500


@pytest.mark.parametrize(
    ("scenario", "length"),
    [(NANO, 2_000), (cloud(3, 1), 1_000), (cloud(10, 0), 1_000), (cloud(50, 0), 300)],
)
def test_as_many_agents_step_as_the_model_says(scenario: NanoScenario, length: int) -> None:
    # All start together; by the second half the clocks have lost the memory of it.
    steady = islice(iterations(scenario, 0), length // 2, length)
    steps = sum(map(len, steady)) / (length - length // 2)
    assert scenario.records_per_iteration == pytest.approx(steps, rel=0.2)


def test_all_agents_step_where_clocks_move_together() -> None:
    assert cloud(10, 0, dt_span=0.0).records_per_iteration == 10
    assert len(simulate(cloud(10, 0, dt_span=0.0), 0, 20)) == 10 + 20 * 10


@given(scenarios(), st.integers(0, 10_000))
def test_a_stretch_is_bounded_in_time_and_memory_or_is_one_interval(
    scenario: NanoScenario, first: int
) -> None:
    intervals = cost_model.stretch_intervals(scenario, first)
    length = intervals * scenario.interval
    assert 1 <= intervals <= STRETCH_INTERVALS
    kept = sum(cost_model.archived_bytes(scenario, first + i) for i in range(intervals))
    taken_s = scenario.pass_seconds(length) + kept * cost_model.COSTS.archived_byte_s
    assert intervals == 1 or taken_s <= 1.0
    assert intervals == 1 or kept <= 2**25


def test_a_stretch_of_many_agents_is_short_where_much_is_kept_of_it() -> None:
    many = cloud(1_000, 1)
    assert cost_model.stretch_intervals(many, 0) == 1
    assert cost_model.stretch_intervals(many, 10**6) > 50


@pytest.mark.parametrize("agents", [2, 9, 50])
def test_as_much_is_kept_as_the_model_says(agents: int) -> None:
    scenario = cloud(agents, 1)
    stretch = pass_over(Trajectory(scenario), initial_checkpoint(scenario), 3)
    kept = stretch.nbytes - stretch.steps[0].nbytes - stretch.rings[0].nbytes
    assert kept == sum(cost_model.archived_bytes(scenario, interval) for interval in range(3))


def test_to_archive_what_many_agents_begin_with_takes_most_of_the_time() -> None:
    many = cloud(1_000, 1)
    interval_s = many.pass_seconds(many.interval)
    archived_s = cost_model.archived_bytes(many, 0) * cost_model.COSTS.archived_byte_s
    told_s = cost_model.opened_seconds(many, many.interval)
    assert told_s == pytest.approx(interval_s + archived_s)
    assert archived_s > 10 * interval_s
    later_s = cost_model.archived_bytes(many, 10**6) * cost_model.COSTS.archived_byte_s
    assert later_s < interval_s


@given(scenarios(), st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)).map(sorted))
def test_it_takes_at_least_the_pass_to_open_what_is_computed(
    scenario: NanoScenario, steps: list[int]
) -> None:
    for each in steps:
        assert cost_model.opened_seconds(scenario, each) > scenario.pass_seconds(each)


@given(
    scenario=scenarios(),
    first=st.integers(0, 1_000),
    records=st.lists(st.integers(0, 10**6), max_size=300),
    export=st.booleans(),
)
def test_slice_batches_cover_the_intervals_once_in_order(
    scenario: NanoScenario, first: int, records: list[int], *, export: bool
) -> None:
    until = first + 2 * len(records)
    batches = list(cost_model.slice_batches(scenario, first, records, until=until, export=export))
    assert [j for batch in batches for j in batch] == list(range(first, first + len(records)))
    assert all(batches)


def test_slice_batches_become_short_where_all_end_together() -> None:
    whole, *_, last = cost_model.slice_batches(NANO, 0, [103_000] * 305, until=305, export=True)
    assert len(whole) > 30
    assert len(last) < 6


@given(
    scenario=scenarios(),
    records=st.lists(st.integers(0, 10**6), min_size=1, max_size=300),
    export=st.booleans(),
)
def test_a_slice_batch_is_bounded_in_time_and_memory_or_is_one_interval(
    scenario: NanoScenario, records: list[int], *, export: bool
) -> None:
    for batch in cost_model.slice_batches(scenario, 0, records, until=10_000, export=export):
        made = sum(records[j] for j in batch)
        taken_s = sum(
            cost_model.slice_seconds(scenario, records=records[j], export=export) for j in batch
        )
        assert len(batch) == 1 or taken_s <= 0.5 + 1e-9
        assert len(batch) == 1 or export or made * cost_model.record_bytes(scenario) <= 2**25


def test_a_task_is_given_few_checkpoints_of_many_agents() -> None:
    batch = next(
        cost_model.slice_batches(cloud(1_000, 1), 0, [0] * 1_000, until=10_000, export=True)
    )
    assert len(batch) * 1_000 * 176 <= 2**22


@given(scenarios(), st.integers(0, 10_000), budgets)
def test_slices_stay_within_the_budget(scenario: NanoScenario, intervals: int, budget: int) -> None:
    made = cost_model.sliced_intervals(scenario, intervals, budget)
    assert 0 <= made <= intervals
    assert made * cost_model.slice_bytes(scenario) <= budget


@given(
    trajectory=trajectories(),
    iterations=iteration_counts,
    budget=budgets,
    most=limits,
    export=st.booleans(),
)
def test_workers_are_at_least_one_and_at_most_what_is_allowed(
    trajectory: Trajectory, iterations: int, budget: int, most: int, *, export: bool
) -> None:
    workers = cost_model.workers_for(
        trajectory, iterations, slice_budget_bytes=budget, max_workers=most, export=export
    )
    assert 1 <= workers <= most


@given(
    trajectory=trajectories(),
    iterations=st.tuples(iteration_counts, iteration_counts).map(sorted),
    budget=st.tuples(budgets, budgets).map(sorted),
    most=st.tuples(limits, limits).map(sorted),
    export=st.booleans(),
)
def test_more_to_do_never_means_fewer_workers(
    trajectory: Trajectory,
    iterations: list[int],
    budget: list[int],
    most: list[int],
    *,
    export: bool,
) -> None:
    few, many = (
        cost_model.workers_for(
            trajectory,
            iterations[i],
            slice_budget_bytes=budget[i],
            max_workers=most[i],
            export=export,
        )
        for i in (0, 1)
    )
    assert few <= many


@given(trajectories(), iteration_counts, budgets, limits)
def test_an_export_keeps_at_least_as_many_workers_busy(
    trajectory: Trajectory, iterations: int, budget: int, most: int
) -> None:
    cached, exported = (
        cost_model.workers_for(
            trajectory, iterations, slice_budget_bytes=budget, max_workers=most, export=export
        )
        for export in (False, True)
    )
    assert cached <= exported


def test_a_request_that_makes_no_slice_keeps_one_worker_busy() -> None:
    assert cost_model.workers_for(Trajectory(), 10**9, slice_budget_bytes=0, max_workers=20) == 1


@pytest.mark.parametrize("least_level", [0, 2, 7, 40])
@pytest.mark.parametrize(("agents", "steps"), [(2, 300_000), (2, 500), (30, 70_000), (300, 1_500)])
def test_what_an_opened_propagation_takes_is_known_before(
    agents: int, steps: int, least_level: int
) -> None:
    trajectory = Trajectory(crowded(agents))
    told = cost_model.opened_bytes(trajectory.scenario, steps, least_level)
    opened = Propagation.open(trajectory, steps, least_level=least_level)
    around = 20_000 + 2_000 * agents  # objects, the scenario's JSON, clocks
    assert told <= opened.nbytes <= told + around


@pytest.mark.parametrize("steps", [1_000, 2_048, 20_000, 60_000])
def test_a_thousand_agents_fit_into_a_budget_at_some_level(steps: int) -> None:
    scenario, budget = crowded(1_000), 64 * 2**20
    at = cost_model.opened_level(scenario, steps, budget)
    assert at > 0
    assert cost_model.opened_bytes(scenario, steps, at) <= budget
    assert cost_model.opened_bytes(scenario, steps, at - 1) > budget
