from __future__ import annotations

import inspect
import signal
import subprocess
import sys
from typing import Any, assert_type

import pytest

import porta
from sim.presets import NAMES
from tests.deadlines import within


def test_one_run_is_a_propagation_and_several_members_are_an_ensemble() -> None:
    assert type(porta.propagate(10)) is porta.Propagation
    assert type(porta.propagate(10, members=1)) is porta.Propagation
    assert type(porta.propagate(10, members=2)) is porta.Ensemble


def test_a_condition_says_whether_it_was_met() -> None:
    escaped = porta.propagate(1_000_000, stop={"agent": "Satellite", "escape": True})
    assert escaped.stopped
    assert escaped.steps < 1_000_000
    assert porta.propagate(100, stop={"agent": "Satellite", "within": 1e-9}).stopped is False
    assert porta.propagate(until=10.0).stopped is True
    assert porta.propagate(10).stopped is None


def test_workers_must_be_a_whole_number_from_one_on() -> None:
    assert porta.propagate(10, members=2, workers=1).members_count == 2
    with pytest.raises(porta.ArgumentError, match="workers must be a whole number from 1 on"):
        porta.propagate(10, workers=0)


def test_the_limits_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTA_MAX_STEPS", "50")
    with pytest.raises(porta.LimitError, match="the largest allowed is 50"):
        porta.propagate(51)


def test_there_are_the_presets_by_their_names() -> None:
    assert tuple(preset.name for preset in porta.presets()) == NAMES


def test_every_argument_is_documented() -> None:
    documented = inspect.getdoc(porta.propagate) or ""
    assert [p for p in inspect.signature(porta.propagate).parameters if p not in documented] == []


@pytest.mark.parametrize("name", porta.__all__)
def test_everything_public_is_documented(name: str) -> None:
    public = getattr(porta, name)
    assert inspect.getdoc(public)
    for member, value in vars(public).items() if inspect.isclass(public) else ():
        if not member.startswith("_") and not inspect.ismemberdescriptor(value):
            assert inspect.getdoc(value), f"{name}.{member}"


def test_importing_it_loads_neither_numba_nor_arrow_nor_dask_nor_the_web() -> None:
    heavy = ("numba", "pyarrow", "dask", "distributed", "flask", "redis", "pandas", "matplotlib")
    code = f"import porta, sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(  # noqa: S603 - a fixed command
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_types_are_those_that_are_promised() -> None:
    """mypy reads this: an error that is expected and missing would be an unused comment."""
    assert_type(porta.propagate(5, seed=7), porta.Propagation)
    assert_type(porta.propagate(5, members=1), porta.Propagation)
    ensemble = porta.propagate(5, members=3, agents=["Satellite"])
    assert_type(ensemble, porta.Ensemble)
    assert_type(ensemble.member(2), porta.Propagation)
    assert_type(ensemble.members, porta.Members)
    assert_type(ensemble.members[0], dict[str, Any])
    assert_type(porta.propagate(5).end["Satellite"].x, float)
    with pytest.raises(porta.ArgumentTypeError):
        porta.propagate("many")  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        porta.propagate(5, frame="Satelite")  # type: ignore[call-overload]
    with pytest.raises(AttributeError):
        porta.propagate(5).stetes  # type: ignore[attr-defined]  # noqa: B018


def test_a_name_that_there_is_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="porta"):
        porta.no_such_name  # noqa: B018


@pytest.mark.parametrize("asked", ["100_000_000", "100_000, members=100_000"])
def test_ctrl_c_ends_it_within_seconds(asked: str) -> None:
    code = (
        "import signal, porta\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "begun = lambda done, total: done or print('begun', flush=True)\n"
        f"porta.propagate({asked}, progress=begun)"
    )
    with subprocess.Popen(  # noqa: S603 - a fixed command
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=within(2.0))
    assert said.splitlines()[-1] == "KeyboardInterrupt"
    assert process.returncode == -signal.SIGINT
