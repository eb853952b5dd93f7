from __future__ import annotations

import os

import pytest

from frontend.cli.execution.worker_count import asked_workers, ensemble_workers, export_workers
from frontend.settings import Settings
from sim.scenario import PropagationRequest

GATEWAY = "http://127.0.0.1:1"
CORES = os.cpu_count() or 1
SHORT, LONG = PropagationRequest(100), PropagationRequest(100_000_000)


def test_a_thousand_workers_for_a_hundred_steps_are_one() -> None:
    assert asked_workers(Settings(max_workers=1_000), SHORT, 1_000) == (
        1,
        ["Using 1 worker: this propagation is a chain of steps, and has work for one."],
    )


def test_an_export_gets_a_worker_for_each_task_that_it_can_have_at_a_time() -> None:
    settings = Settings(max_workers=1_000, gateway_address=GATEWAY)
    assert asked_workers(settings, SHORT, 1_000, export=True) == (
        2,
        ["Using 2 workers: this propagation has no work for more."],
    )
    assert asked_workers(settings, LONG, 900, export=True) == (900, [])


def test_an_ensemble_has_work_for_all_workers_that_are_allowed() -> None:
    settings = Settings(max_workers=3, gateway_address=GATEWAY)
    assert ensemble_workers(settings, 3) == (3, [])
    assert ensemble_workers(settings, 4) == (
        3,
        ["Using 3 workers: PORTA_MAX_WORKERS allows no more."],
    )
    _, sentences = ensemble_workers(Settings(max_workers=9_000), 9_000)
    assert len(sentences) == 1
    assert "more workers are no faster" in sentences[0]


def test_the_setting_bounds_what_is_asked_for() -> None:
    settings = Settings(max_workers=3, gateway_address=GATEWAY)
    assert asked_workers(settings, LONG, 4, export=True) == (
        3,
        ["Using 3 workers: PORTA_MAX_WORKERS allows no more."],
    )
    assert asked_workers(settings, LONG, 3, export=True) == (3, [])


def test_more_workers_than_cores_are_granted_here_with_a_sentence() -> None:
    asked = CORES + 1
    granted, sentences = asked_workers(Settings(max_workers=asked), LONG, asked, export=True)
    assert granted == asked
    assert len(sentences) == 1
    assert sentences[0].startswith(f"This machine has {CORES} core")


@pytest.mark.parametrize("settings", [Settings(), Settings(max_workers=1)])
def test_an_export_chooses_no_more_than_cores_and_the_setting(settings: Settings) -> None:
    assert export_workers(settings, LONG) <= min(CORES, settings.max_workers)
    assert export_workers(settings, SHORT) == 1
