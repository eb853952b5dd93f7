from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import porta
from sim.presets import preset

if TYPE_CHECKING:
    from pathlib import Path

LABELS = {"epoch": "2026-01-01T00:00:00", "time_scale": "TDB", "frame": "ICRF", "center": "EARTH"}


@pytest.fixture
def scenario() -> dict[str, Any]:
    return {**preset("circular").scenario.to_json(), **LABELS}


def test_a_scenario_starts_where_the_orbit_data_says(
    tmp_path: Path, scenario: dict[str, Any]
) -> None:
    pytest.importorskip("ccsds_ndm")
    run = porta.propagate(20, scenario=scenario)
    path = run.save(tmp_path / "orbit.oem")
    found = porta.initial_scenario(path)
    assert {name: found[name] for name in LABELS} == LABELS
    by_name = {agent["name"]: agent for agent in found["agents"]}
    for agent in scenario["agents"]:
        for axis in ("x", "y", "z", "vx", "vy", "vz"):
            assert by_name[agent["name"]][axis] == pytest.approx(agent[axis], abs=1e-9)
    placed = porta.initial_scenario(path, scenario=scenario)
    assert porta.propagate(20, scenario=placed).steps == 20


def test_an_oem_is_refused_for_a_scenario_that_does_not_say_when_and_where(tmp_path: Path) -> None:
    with pytest.raises(porta.ArgumentError, match="epoch"):
        porta.propagate(20, preset="circular").save(tmp_path / "orbit.oem")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_orbit_data_is_refused_by_name(tmp_path: Path) -> None:
    pytest.importorskip("ccsds_ndm")
    path = tmp_path / "a.oem"
    path.write_text("CCSDS_OEM_VERS = 2.0\n")
    with pytest.raises(porta.ArgumentError, match=r"a\.oem"):
        porta.initial_scenario(path)
    with pytest.raises(porta.ArgumentError, match="can't be read"):
        porta.initial_scenario(tmp_path / "none.oem")
    with pytest.raises(porta.ArgumentTypeError, match="not of type int"):
        porta.initial_scenario(3)  # type: ignore[arg-type]
