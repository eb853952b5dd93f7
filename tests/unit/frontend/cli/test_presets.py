from __future__ import annotations

import json

import pytest

from frontend.cli.presets import run
from frontend.errors import BadRequest
from sim.presets import NAMES, preset


def test_each_preset_has_a_line_with_its_steps(capsys: pytest.CaptureFixture[str]) -> None:
    run(None)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(NAMES)
    assert "figure-eight             6,326 steps  The figure eight" in lines


def test_one_is_printed_as_json_that_a_scenario_is_taken_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("figure-eight")
    document = json.loads(capsys.readouterr().out)
    assert document["scenario"] == preset("figure-eight").scenario.to_json()


def test_an_unknown_one_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(BadRequest, match=r"^The preset must be one of nano, circular, "):
        run("kepler")
