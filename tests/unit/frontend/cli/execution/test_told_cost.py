"""What the command line says of the cost of a large request, before and after it."""

from __future__ import annotations

import pytest

from frontend.cli.execution import told_cost
from frontend.cli.execution.told_cost import expected, told
from frontend.settings import Settings
from sim.estimates import Estimate
from sim.scenario import PropagationRequest

SMALL = PropagationRequest(1_000, members=10)
LARGE = PropagationRequest(100_000, members=10_000)
SHARED = Settings(redis_url="redis://localhost:1", scheduler="tcp://localhost:2")


def test_nothing_is_said_of_what_is_little(capsys: pytest.CaptureFixture[str]) -> None:
    with told(Settings(), SMALL, "inline"):
        pass
    assert capsys.readouterr().err == ""


def test_one_sentence_has_workers_seconds_and_core_seconds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        told_cost, "expected", lambda *_: Estimate(2, 5.25, 6.5, more_workers_help=True)
    )
    with told(Settings(), LARGE, 2):
        said = capsys.readouterr().err
    assert said == "This takes about 5.2 s with 2 workers, 6.5 core-seconds.\n"
    assert capsys.readouterr().err == ""


def test_it_says_where_more_workers_would_not_help(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        told_cost, "expected", lambda *_: Estimate(1, 5.25, 3.5, more_workers_help=False)
    )
    with told(Settings(), LARGE, 1):
        said = capsys.readouterr().err
    assert said.endswith("with 1 worker, 3.5 core-seconds; more workers would not help.\n")


def test_it_says_that_a_file_comes_on_top(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        told_cost, "expected", lambda *_: Estimate(0, 0.3, 0.3, more_workers_help=False)
    )
    with told(Settings(), LARGE, "inline", is_written=True):
        said = capsys.readouterr().err
    assert said.endswith("with this process, 0.3 core-seconds. Writing the file comes on top.\n")


def test_a_run_that_took_more_than_four_times_as_long_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        told_cost, "expected", lambda *_: Estimate(0, 0.0, 0.0, more_workers_help=False)
    )
    with told(Settings(), LARGE, "inline"):
        capsys.readouterr()
    assert capsys.readouterr().err == "It took 0 s: more than 4 times as long.\n"


def test_what_runs_here_has_the_speed_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told_cost, "speed_for", lambda _: 2.0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    here = expected(Settings(), LARGE, "inline")
    elsewhere = expected(SHARED, LARGE, "auto")
    assert here.workers == 0
    assert elsewhere.workers >= 1
    assert here.core_seconds == pytest.approx(elsewhere.core_seconds / 2, abs=1e-3)
    assert here.seconds == pytest.approx(here.core_seconds / 2, rel=0.05)


def test_a_number_of_workers_is_what_there_will_be() -> None:
    assert expected(SHARED, LARGE, 3).workers == 3
