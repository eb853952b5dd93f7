"""Schedulers grow with their clusters, up to what one thread can use."""

from __future__ import annotations

from fractions import Fraction

from infra.charts import schedulers
from infra.settings import Settings

TASK_S = 0.0033  # what a task costs the scheduler
MIB = 110  # that it held with 100 workers


def of(**settings: str) -> Settings:
    return Settings.load({f"INFRA_{name.upper()}": text for name, text in settings.items()})


def test_small_clusters_have_the_size_that_the_settings_say() -> None:
    (only,) = schedulers.sizes(of(max_workers="4", scheduler_cores="0.3", scheduler_memory="2Gi"))
    assert only == schedulers.Size(4, Fraction(3, 10), Fraction(2048))


def test_sizes_grow_in_steps_up_to_the_largest_cluster() -> None:
    found = schedulers.sizes(of(max_workers="400"))
    assert [size.workers for size in found] == [10, 30, 100, 300, 400]
    assert found == sorted(found)
    assert found[-1] == schedulers.largest(of(max_workers="400"))


def test_a_hundred_busy_workers_leave_their_scheduler_half_idle() -> None:
    size = schedulers.largest(of(max_workers="100"))
    assert size.cores >= 2 * 100 * TASK_S
    assert size.mebibytes >= 2 * MIB


def test_no_scheduler_gets_more_than_its_thread_can_use_unless_it_is_asked_for() -> None:
    assert schedulers.largest(of(max_workers="1000")).cores == 2
    assert schedulers.largest(of(max_workers="1000", scheduler_cores="3")).cores == 3
