"""`porta propagate` with orders, and with records or states that are chosen."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import pytest

from frontend.cli.propagate import run
from frontend.errors import BadRequest, FrontendError
from frontend.settings import Settings
from sim import Propagation, Trajectory
from sim.export import FORMATS, export
from sim.models.nbody import NBodyScenario
from sim.models.nbody.reference import states_at
from sim.presets import preset
from sim.records import schema_of
from sim.scenario import NANO
from tests.labelled import OF_ANY
from tests.written_arguments import written
from tests.written_files import states_bytes

if TYPE_CHECKING:
    from pathlib import Path


def ask(**others: str | None) -> None:
    run(Settings(), written(**others))


def test_a_time_gives_the_fewest_steps_that_reach_it(capsys: pytest.CaptureFixture[str]) -> None:
    ask(until="10000", seed="5")
    printed = capsys.readouterr()
    steps = int(printed.out.split(" ", 1)[0].replace(",", ""))
    before, after = (
        min(state.time for state in Propagation.open(Trajectory(seed=5), n).end.values())
        for n in (steps - 1, steps)
    )
    assert before < 10_000.0 <= after
    # Before it, perhaps, that kernels are compiled.
    assert printed.err.endswith(
        f"Every agent's clock has reached 10000 after {steps:,} steps: the earliest is at "
        f"{after:.9g}.\n"
    )


def test_where_all_step_together_a_time_that_is_passed_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ask(until="20000", preset="earth-moon-transfer")
    printed = capsys.readouterr()
    found = re.fullmatch(
        r"Every agent's clock has reached 20000 after (\d+) steps: it is at ([0-9.]+)\.\n",
        printed.err,
    )
    assert found is not None
    scenario = preset("earth-moon-transfer").scenario
    end = Propagation.open(Trajectory(scenario), int(found[1])).end["Moon"].time
    assert 20_000.0 <= end == pytest.approx(float(found[2]), rel=1e-8)


def test_an_escape_ends_before_the_steps(capsys: pytest.CaptureFixture[str]) -> None:
    ask(steps="1e6", stop_escape="Satellite")
    assert "Satellite has escaped after 24,056 steps." in capsys.readouterr().err


def test_a_stop_that_is_met_in_the_last_step_is_met(capsys: pytest.CaptureFixture[str]) -> None:
    for steps, sentence in (
        ("24056", "Satellite has escaped after 24,056 steps."),
        ("24055", "The condition to stop at was not met within 24,055 steps."),
    ):
        ask(steps=steps, stop_escape="Satellite")
        assert sentence in capsys.readouterr().err


def test_an_approach_is_given_with_its_agent(capsys: pytest.CaptureFixture[str]) -> None:
    ask(steps="1e6", stop_within="Satellite:0.9")
    assert "Satellite has come within 0.9 after" in capsys.readouterr().err


def test_a_time_beyond_the_allowed_steps_is_a_sentence() -> None:
    with pytest.raises(FrontendError, match="ask for an earlier time"):
        run(Settings(max_steps=2_000), written(until="120"))


def test_every_kth_record_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "some.csv"
    ask(steps="5000", every="10", output=str(file))
    expected = b"".join(
        export(
            Propagation.open(Trajectory(), 5_000).every(10), FORMATS["csv"], schema_of(NANO.model)
        )
    )
    assert file.read_bytes() == expected
    rows = len(expected.splitlines()) - 1
    assert f"{rows:,} records" in capsys.readouterr().err


@pytest.mark.parametrize("form", OF_ANY)
def test_states_at_times_are_written_in_every_format(form: str, tmp_path: Path) -> None:
    file = tmp_path / f"states{FORMATS[form].suffix}"
    ask(steps="5000", times="0,10,1e9", output=str(file))
    opened = Propagation.open(Trajectory(), 5_000)
    assert file.read_bytes() == states_bytes(opened, form, [0.0, 10.0, 1e9])


def test_times_are_read_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    times = tmp_path / "times.txt"
    times.write_text("0 10\n20,30\n")
    ask(steps="5000", times=str(times), output=str(tmp_path / "states.csv"))
    rows = list(csv.DictReader(io.StringIO((tmp_path / "states.csv").read_text())))
    assert [float(row["t"]) for row in rows] == [0, 0, 10, 10, 20, 20, 30, 30]
    assert "8 states" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ({}, "Say how many steps"),
        ({"steps": "5", "until": "5"}, "--until takes the place of N, --stop-escape"),
        ({"until": "5", "stop_escape": "Satellite"}, "--until takes the place of N, --stop-escape"),
        (
            {"until": "5", "seed": "-1"},
            "seed must be a whole number from 0 to 9,007,199,254,740,991",
        ),
        ({"until": "soon"}, "--until must be a number"),
        ({"until": "nan"}, "until must be a finite number"),
        ({"until": "5", "members": "2"}, "Leave members out"),
        ({"steps": "5", "stop_escape": "Moon"}, "name of an agent"),
        ({"steps": "5", "stop_escape": "Satellite", "stop_within": "Satellite:1"}, "one of them"),
        (
            {"steps": "5", "stop_within": "Satellite"},
            "must be AGENT:DISTANCE, such as Satellite:0.5",
        ),
        ({"steps": "5", "stop_within": ""}, "must be AGENT:DISTANCE, such as Satellite:0.5"),
        ({"steps": "5", "stop_within": "Satellite:"}, "the distance of --stop-within"),
        ({"steps": "5", "stop_within": "Satellite:0"}, "above 0"),
        ({"steps": "5", "every": "2"}, "give an --output"),
        ({"steps": "5", "times": "2"}, "give an --output"),
        ({"steps": "5", "times": "2", "output": "parts/"}, "A directory gets all records"),
        ({"steps": "5", "times": "2", "every": "2", "output": "-"}, "give one of them"),
        ({"steps": "5", "every": "0", "output": "-"}, "--every must be a whole number from 1 on"),
        ({"steps": "5", "every": "x", "output": "-"}, "number of --every"),
        ({"steps": "5", "times": "nan", "output": "-"}, "--times must be finite"),
        ({"steps": "5", "times": "/dev/null", "output": "-"}, "at least one"),
        ({"steps": "5", "times": "no-such-file", "output": "-"}, "or a file of numbers"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_with_a_sentence(
    others: dict[str, str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BadRequest) as refusal:
        ask(**others)
    assert sentence in refusal.value.detail
    assert capsys.readouterr().out == ""  # no header of a file that has no rows


def test_a_file_that_holds_more_than_numbers_is_refused(tmp_path: Path) -> None:
    (tmp_path / "times.txt").write_text("0 ten")
    with pytest.raises(BadRequest, match="must hold numbers alone"):
        ask(steps="5", times=str(tmp_path / "times.txt"), output="-")


def test_states_of_a_preset_in_space_are_those_of_the_reference(tmp_path: Path) -> None:
    """At the start, in the middle of a step, at a step's end, and beyond the end."""
    file, scenario = tmp_path / "states.csv", preset("figure-eight").scenario
    assert isinstance(scenario, NBodyScenario)
    times = (0.0, 2.5 * scenario.dt, 50 * scenario.dt)
    written = ",".join(map(repr, (*times, 1e9)))
    ask(preset="figure-eight", steps="50", times=written, output=str(file))
    _, *rows = csv.reader(io.StringIO(file.read_text()))
    states = [
        (time, scenario.names[record.agent], *record.state.to_json().values())
        for time in times
        for record in states_at(scenario, time)
    ]
    assert [(float(row[0]), row[1], *map(float, row[3:])) for row in rows[:9]] == states
    assert [row[:2] for row in rows[9:]] == [["1000000000.0", name] for name in scenario.names]
    assert {number for row in rows[9:] for number in row[2:]} == {""}


def test_an_order_that_ends_after_one_step_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    ask(steps="5", stop_within="Satellite:1000")
    assert "has come within 1000 after 1 step.\n" in capsys.readouterr().err
