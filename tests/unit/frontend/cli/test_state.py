from __future__ import annotations

import json
import math

import pytest

from frontend.cli.state import run
from frontend.errors import BadRequest

CIRCLE = {"a": 1.0, "e": 0.0, "i": 0.0, "node": 0.0, "argp": 0.0, "anomaly": 90.0}


def test_a_state_is_printed_as_a_scenario_takes_it(capsys: pytest.CaptureFixture[str]) -> None:
    run(CIRCLE, mu=4.0)
    state = json.loads(capsys.readouterr().out)
    assert state == {"x": 0.0, "y": 1.0, "z": 0.0, "vx": -2.0, "vy": 0.0, "vz": 0.0}


@pytest.mark.parametrize(
    ("elements", "mu", "sentence"),
    [
        ({"e": 1.0}, 1.0, "--e can't be 1: "),
        ({"a": -1.0}, 1.0, "--a must be above 0 "),
        ({"node": math.nan}, 1.0, "--node must be a finite number."),
        ({}, 0.0, "This orbit needs a primary "),
    ],
)
def test_what_is_no_orbit_is_refused_with_the_option(
    elements: dict[str, float], mu: float, sentence: str
) -> None:
    with pytest.raises(BadRequest, match=f"^{sentence}"):
        run({**CIRCLE, **elements}, mu)
