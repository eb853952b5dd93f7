from __future__ import annotations

from typing import TYPE_CHECKING, Any

from frontend.web.pages.element_tables import element_rows
from sim import NANO, Propagation, Trajectory
from sim.presets import preset

if TYPE_CHECKING:
    from frontend.web.pages.element_tables import Element
    from sim.scenario import Scenario

OF_ELLIPSE = ["Period", "Periapsis", "Apoapsis"]


def summary(scenario: Scenario, steps: int = 100) -> dict[str, Any]:
    return Propagation.open(Trajectory(scenario), steps).summary()


def rows(name: str, known: dict[str, Any], scenario: Scenario) -> dict[str, Element]:
    return {row.name: row for row in element_rows(name, known, scenario)}


def test_an_orbit_in_space_has_all_its_elements_with_units() -> None:
    scenario = preset("outer-solar-system").scenario
    known = summary(scenario)
    found = rows("Pluto", known, scenario)
    assert list(found) == [
        *("Semi-major axis", "Eccentricity", "Inclination", "Ascending node"),
        *("Argument of periapsis", "True anomaly", *OF_ELLIPSE),
    ]
    assert [row.unit for row in found.values()] == ["au", "", *"°°°°", "d", "au", "au"]
    described = known["elements"]["Pluto"]
    assert found["Ascending node"].start == described["start"]["node"]
    assert found["True anomaly"].end == described["end"]["true_anomaly"]


def test_an_orbit_in_the_plane_has_no_inclination_and_no_node() -> None:
    found = rows("Satellite", summary(NANO), NANO)
    assert "Inclination" not in found
    assert "Ascending node" not in found
    assert {row.unit for row in found.values()} == {"", "°"}


def test_an_open_orbit_has_a_speed_at_infinity_and_no_period() -> None:
    scenario = preset("earth-moon-transfer").scenario
    known = summary(scenario)
    known["elements"]["Moon"] = {
        when: {**elements, "period": None, "apoapsis": None, "speed_at_infinity": 2.0}
        for when, elements in known["elements"]["Moon"].items()
    }
    found = rows("Moon", known, scenario)
    assert found["Speed at infinity"].unit == "km/s"
    assert not {"Period", "Apoapsis"} & set(found)


def test_a_result_from_before_elements_were_described_has_two() -> None:
    known = summary(NANO)
    del known["elements"]
    found = rows("Satellite", known, NANO)
    assert list(found) == ["Semi-major axis", "Eccentricity"]
    assert found["Eccentricity"].end == known["statistics"]["Satellite"]["eccentricity"]["end"]
