from __future__ import annotations

from typing import TYPE_CHECKING

import ccsds_ndm
import pytest

from frontend.cli.initial import scenario_from
from frontend.cli.propagate import run
from frontend.errors import BadRequest
from frontend.settings import Settings
from sim.presets import preset
from tests.labelled import varied
from tests.unit.sim.test_orbit_data import opm
from tests.written_arguments import written

if TYPE_CHECKING:
    from pathlib import Path


def ask(**others: object) -> None:
    run(Settings(), written(**others))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "probe.opm"
    path.write_bytes(opm())
    return path


def test_a_run_starts_from_a_file_and_goes_on_from_its_own(file: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.oem", tmp_path / "second.oem"
    ask(steps="5", initial=file, output=str(first))
    message = ccsds_ndm.from_file(str(first))
    start, *_, end = message.segments[1].data.state_vector
    assert (start.x, start.z_dot) == (6655.9942, -0.00101495)
    ask(steps="5", initial=first, initial_epoch=end.epoch, output=str(second))
    onward = ccsds_ndm.from_file(str(second)).segments[1].data.state_vector[0]
    assert (onward.epoch, onward.x, onward.y_dot) == (end.epoch, end.x, end.y_dot)


def test_what_is_added_is_said(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = scenario_from(file, preset("circular").scenario.to_json(), None)
    assert isinstance(scenario, dict)
    assert [agent["name"] for agent in scenario["agents"]] == ["Earth", "Satellite", "PROBE"]
    assert capsys.readouterr().err == "PROBE is added to the scenario, without mass.\n"


def test_the_states_of_one_agent_are_written_alone(tmp_path: Path) -> None:
    scenario, oem = tmp_path / "three.json", tmp_path / "one.oem"
    scenario.write_text(varied().canonical)
    ask(steps="20", scenario=scenario, agent="Sat 1", every="10", output=str(oem))
    (segment,) = ccsds_ndm.from_file(str(oem)).segments
    assert segment.metadata.object_name == "Sat 1"
    assert [s.epoch[14:19] for s in segment.data.state_vector] == ["00:00", "01:40", "03:20"]


def test_what_does_not_go_together_is_refused(file: Path, tmp_path: Path) -> None:
    scenario = tmp_path / "three.json"
    scenario.write_text(varied().canonical)
    output = str(tmp_path / "x.oem")
    for others, why in (
        ({"agent": "Sat 1"}, "give an --output"),
        ({"agent": "Sat 1", "output": str(tmp_path / "x.csv")}, "--agent is for an OEM"),
        ({"agent": "Sat 3", "output": output}, "names no agent of the scenario"),
        ({"initial_epoch": "2026-01-01T00:00:00"}, "name it by --initial"),
        ({"initial": file}, "frame is EME2000 in the file and ICRF"),
    ):
        with pytest.raises(BadRequest, match=why):
            ask(steps="20", scenario=scenario, **others)
    with pytest.raises(BadRequest, match="nano is a plane without units"):
        ask(steps="20", output=output)
    assert [path.name for path in tmp_path.iterdir()] == ["probe.opm", "three.json"] or not any(
        path.suffix == ".oem" for path in tmp_path.iterdir()
    )
