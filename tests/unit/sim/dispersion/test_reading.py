"""What people write becomes a dispersion in canonical form, or is refused with a path."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.dispersion import NO_DISPERSION, Dispersion
from sim.errors import RequestError
from sim.models.nbody import NBodyScenario
from sim.scenario import NANO, Scenario
from tests.unit.sim.dispersion.cases import CASES, PLANE, SYSTEM
from tests.unit.sim.scenarios import TEN
from tests.unit.sim.strategies import jsonlike, nbody_scenarios, scenarios

deviations = st.just(0.0) | st.floats(0.0, 1e3) | st.integers(0, 5)
ZERO = [[0.0] * 4] * 4


@st.composite
def written(draw: st.DrawFn) -> tuple[Scenario, list[dict[str, Any]]]:
    """A scenario, and a dispersion of some of its agents in any order."""
    scenario = draw(scenarios() | nbody_scenarios())
    components = scenario.model.state_columns[1:]
    names = draw(st.lists(st.sampled_from(scenario.names), unique=True))
    entries: list[dict[str, Any]] = []
    for name in names:
        entry: dict[str, Any] = {"agent": name}
        if draw(st.booleans()):
            chosen = st.sampled_from(components)
            entry["sigma"] = draw(st.dictionaries(chosen, deviations))
        else:
            variances = [draw(deviations) for _ in components]
            entry["covariance"] = [
                [v if i == j else 0 for j in range(len(variances))] for i, v in enumerate(variances)
            ]
        if draw(st.booleans()):
            entry["frame"] = "inertial"
        entries.append(entry)
    return scenario, entries


@given(written())
def test_the_canonical_form_is_a_fixed_point(
    case: tuple[Scenario, list[dict[str, Any]]],
) -> None:
    scenario, entries = case
    read = Dispersion.from_json(entries, scenario)
    again = Dispersion.from_json(json.loads(read.canonical), scenario)
    assert again == read
    assert hash(again) == hash(read)
    assert (
        again.canonical == read.canonical == Dispersion.from_json(entries[::-1], scenario).canonical
    )
    assert [*read.dispersed] == sorted(read.dispersed)
    assert '"inertial"' not in read.canonical


@pytest.mark.parametrize(("scenario", "entries"), CASES)
def test_what_is_canonical_is_written_as_it_was_read(
    scenario: Scenario, entries: list[dict[str, Any]]
) -> None:
    assert Dispersion.from_json(entries, scenario).to_json() == entries


def test_numbers_are_floats_and_agents_in_the_order_of_the_scenario() -> None:
    read = Dispersion.from_json(
        [
            {"agent": "Satellite", "sigma": {"vy": 1, "x": 2, "y": 0}, "frame": "inertial"},
            {"agent": "Planet", "covariance": [[4, 0, 0, 0], *ZERO[1:]]},
        ],
        NANO,
    )
    assert read.canonical == (
        '[{"agent":"Planet","covariance":[[4.0,0.0,0.0,0.0],[0.0,0.0,0.0,0.0],[0.0,0.0,0.0,0.0],'
        '[0.0,0.0,0.0,0.0]]},{"agent":"Satellite","sigma":{"vy":1.0,"x":2.0}}]'
    )


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [{"agent": "Satellite", "sigma": {}}],
        [{"agent": "Satellite", "sigma": {"x": 0, "y": -0.0}}],
        [{"agent": "Satellite", "covariance": ZERO}],
        [{"agent": "Satellite", "sigma": {"r": 0}, "frame": "rtn"}],
        [{"agent": "Planet", "sigma": {}}, {"agent": "Satellite", "covariance": ZERO}],
    ],
)
def test_what_disperses_nothing_is_left_out(entries: list[dict[str, Any]]) -> None:
    read = Dispersion.from_json(entries, NANO)
    assert read == NO_DISPERSION
    assert not read
    assert read.canonical == "[]"


def test_a_negative_zero_is_no_other_number() -> None:
    signed = [[1.0, -0.0, 0.0, 0.0], [0.0, -0.0, 0.0, 0.0], *ZERO[2:]]
    entry = {"agent": "Planet", "covariance": signed}
    assert "-" not in Dispersion.from_json([entry], NANO).canonical


SATELLITE = {"agent": "Satellite"}
X = {"sigma": {"x": 1.0}}


@pytest.mark.parametrize(
    ("value", "where", "problem"),
    [
        (None, "dispersion", "must be a list, such as"),
        ({"agent": "Satellite"}, "dispersion", "must be a list"),
        ([X] * 3, "dispersion", "at most one entry for each agent"),
        ([3], "dispersion[0]", "must be an object"),
        ([X], "dispersion[0]", "lacks agent"),
        ([{**SATELLITE, **X, "mean": 3}], "dispersion[0]", "has the unknown field 'mean'"),
        ([SATELLITE], "dispersion[0]", "must have either sigma or covariance"),
        ([{**SATELLITE, **X, "covariance": ZERO}], "dispersion[0]", "either sigma or covariance"),
        ([{"agent": "Moon", **X}], "dispersion[0].agent", "an agent: Planet, Satellite."),
        ([{"agent": [], **X}], "dispersion[0].agent", "must be the name of an agent"),
        ([{**SATELLITE, **X}] * 2, "dispersion[1].agent", "is Satellite again"),
        ([{**SATELLITE, **X, "frame": "icrf"}], "dispersion[0].frame", "must be inertial or rtn."),
        ([{**SATELLITE, **X, "frame": ["rtn"]}], "dispersion[0].frame", "must be inertial or rtn."),
        ([{"agent": "Planet", "sigma": {"r": 1}, "frame": "rtn"}], "dispersion[0].frame", "no"),
        ([{**SATELLITE, "sigma": 3}], "dispersion[0].sigma", "by name: x, y, vx, vy."),
        ([{**SATELLITE, "sigma": {"z": 1}}], "dispersion[0].sigma", "no component 'z' in this"),
        ([{**SATELLITE, **X, "frame": "rtn"}], "dispersion[0].sigma", "known: r, t, vr, vt."),
        ([{**SATELLITE, "sigma": {"x": -1}}], "dispersion[0].sigma.x", "must be at least 0."),
        ([{**SATELLITE, "sigma": {"x": "1"}}], "dispersion[0].sigma.x", "must be a number."),
        ([{**SATELLITE, "sigma": {"x": 1e999}}], "dispersion[0].sigma.x", "a finite number."),
        ([{**SATELLITE, "sigma": {"x": 10**400}}], "dispersion[0].sigma.x", "a finite number."),
        ([{**SATELLITE, "sigma": {"x": 1e308}}], "dispersion[0].sigma", "could move x of Sat"),
        ([{**SATELLITE, "covariance": 3}], "dispersion[0].covariance", "4 rows of 4 numbers"),
        ([{**SATELLITE, "covariance": ZERO[:3]}], "dispersion[0].covariance", "order x, y, vx, "),
        ([{**SATELLITE, "covariance": [[0.0]] * 4}], "dispersion[0].covariance", "4 rows of 4"),
        ([{**SATELLITE, "covariance": [[None] * 4] * 4}], "dispersion[0].covariance[0][0]", "num"),
        ([{**SATELLITE, "covariance": [[-1, 0, 0, 0], *ZERO[1:]]}],
         "dispersion[0].covariance[0][0]", "is a variance"),
        ([{**SATELLITE, "covariance": [[1, 1, 0, 0], *ZERO[1:]]}], "dispersion[0].covariance",
         "must be symmetric"),
        ([{**SATELLITE, "covariance": [[1, 2, 0, 0], [2, 1, 0, 0], *ZERO[2:]]}],
         "dispersion[0].covariance", "positive semi-definite"),
    ],
)  # fmt: skip
def test_what_is_no_dispersion_is_refused_with_where(
    value: object, where: str, problem: str
) -> None:
    with pytest.raises(RequestError) as refused:
        Dispersion.from_json(value, NANO)
    assert refused.value.where == where
    assert problem in refused.value.problem
    assert len(str(refused.value)) < 300


def test_in_space_a_covariance_has_six_rows() -> None:
    with pytest.raises(
        RequestError, match=r"6 rows of 6 numbers, in the order r, t, n, vr, vt, vn"
    ):
        Dispersion.from_json([{"agent": "Planet", "covariance": ZERO, "frame": "rtn"}], SYSTEM)


def test_many_names_are_not_all_listed() -> None:
    with pytest.raises(RequestError, match=r"Body 6, Body 7, \.\.\.\.$"):
        Dispersion.from_json([{"agent": "Sun", "sigma": {}}], TEN)


entries_of_some_kind = st.fixed_dictionaries(
    {"agent": st.just("Planet")},
    optional={"sigma": jsonlike(), "covariance": jsonlike(), "frame": jsonlike()},
)


@given(st.lists(jsonlike() | entries_of_some_kind, max_size=3) | jsonlike())
def test_anything_is_a_dispersion_or_is_refused(value: object) -> None:
    try:
        read = Dispersion.from_json(value, NANO)
    except RequestError as error:
        assert error.where.startswith("dispersion")  # noqa: PT017 - or it is one
    else:
        assert Dispersion.from_json(read.to_json(), NANO) == read


def test_a_thousand_agents_are_read_in_a_moment() -> None:
    agents = [
        {"name": f"B{i}", "mu": float(i == 0), "x": float(i), "y": 1.0, "vx": 0.0, "vy": 1.0 + i}
        for i in range(1_000)
    ]
    scenario = NBodyScenario.from_json(
        {"model": "nbody", "integrator": "leapfrog", "dt": 0.1, "agents": agents}
    )
    entries = [
        {"agent": f"B{i}", "frame": "rtn", "sigma": {"r": 1.0, "vt": 0.5}} for i in range(1, 1_000)
    ]
    read = Dispersion.from_json(entries, scenario)
    assert read.dispersed == tuple(range(1, 1_000))
    assert read.of_member(scenario, 0, 3) != scenario


def test_a_dispersion_is_of_one_scenario() -> None:
    read = Dispersion.from_json(PLANE, NANO)
    read.check(NANO)
    for other in (SYSTEM, TEN):
        with pytest.raises(RequestError, match=r"^dispersion\[0\] is of another scenario"):
            read.check(other)
