from __future__ import annotations

from typing import TYPE_CHECKING, Any

from frontend.web.pages.system_table import system_rows
from sim import NANO, Propagation, Trajectory
from sim.presets import preset

if TYPE_CHECKING:
    from sim.scenario import Scenario


def summary(scenario: Scenario) -> dict[str, Any]:
    return Propagation.open(Trajectory(scenario), 100).summary()


def test_each_quantity_has_its_components_its_departure_and_its_unit() -> None:
    scenario = preset("outer-solar-system").scenario
    known = summary(scenario)
    rows = {row.name: row for row in system_rows(known, scenario.units)}
    assert {name: row.unit for name, row in rows.items()} == {
        "Energy": "au^5/d^4",
        "Momentum": "au^4/d^3",
        "Angular momentum": "au^5/d^3",
        "Barycentre": "au",
    }
    assert rows["Energy"].start == (known["system"]["energy"]["start"],)
    assert rows["Momentum"].end == tuple(known["system"]["momentum"]["end"])
    assert rows["Energy"].relative == known["system"]["energy"]["relative_departure"]
    assert [row.has_relative for row in rows.values()] == [True, False, False, False]


def test_in_the_plane_the_angular_momentum_is_one_number() -> None:
    rows = {row.name: row for row in system_rows(summary(NANO), NANO.units)}
    assert [len(row.start) for row in rows.values()] == [1, 2, 1, 2]


def test_what_is_no_number_has_no_components() -> None:
    known = summary(NANO)
    known["system"]["barycentre"] = {"start": None, "end": None, "departure": None}
    assert system_rows(known, NANO.units)[-1].start == ()


def test_of_an_energy_of_0_no_departure_is_relative() -> None:
    scenario = preset("circular").scenario
    energy = system_rows(summary(scenario), scenario.units)[0]
    assert (energy.start, energy.has_relative) == ((0.0,), False)


def test_a_result_from_before_systems_were_described_has_no_rows() -> None:
    known = summary(NANO)
    del known["system"]
    assert system_rows(known, NANO.units) == ()
