"""What the description of a dispersion allows is what is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from jsonschema_rs import Draft202012Validator

from frontend.web.http.dispersion_schema import DISPERSION
from sim.dispersion import Dispersion
from tests.unit.sim.dispersion.cases import CASES

if TYPE_CHECKING:
    from sim.scenario import Scenario

DESCRIBED = Draft202012Validator(DISPERSION)
X: dict[str, Any] = {"agent": "Satellite", "sigma": {"x": 1}}


@pytest.mark.parametrize(("scenario", "entries"), CASES)
def test_dispersions_of_each_kind_are_as_described(
    scenario: Scenario, entries: list[dict[str, Any]]
) -> None:
    assert DESCRIBED.is_valid(entries)
    assert DESCRIBED.is_valid(Dispersion.from_json(entries, scenario).to_json())


@pytest.mark.parametrize("value", [None, [], [X], [{**X, "frame": "rtn", "sigma": {"vt": 0.5}}]])
def test_what_may_be_written_is_described(value: object) -> None:
    assert DESCRIBED.is_valid(value)


@pytest.mark.parametrize(
    "value",
    [
        {},
        [3],
        [{"agent": "Satellite"}],
        [{"sigma": {"x": 1}}],
        [{**X, "covariance": [[0.0] * 4] * 4}],
        [{**X, "sigma": {"x": -1}}],
        [{**X, "sigma": {"q": 1}}],
        [{**X, "frame": "icrf"}],
        [{**X, "mean": 0}],
        [{"agent": "Satellite", "covariance": [[0.0] * 5] * 5}],
    ],
)
def test_what_is_no_dispersion_is_not_described(value: object) -> None:
    assert not DESCRIBED.is_valid(value)
