"""`porta propagate` in this process; as a process, and on clusters, it is in test_cli.py."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from frontend.cli.propagate import Arguments, run
from frontend.cli.summary import summary
from frontend.errors import BadRequest, FrontendError
from frontend.settings import Settings
from sim.engine import Propagation
from sim.export import FORMATS
from sim.export.folder import ExportFolder
from sim.scenario import NANO, Dispersion, PropagationRequest, Trajectory
from tests.labelled import OF_ANY
from tests.written_arguments import written

if TYPE_CHECKING:
    from pathlib import Path


def arguments(**others: object) -> Arguments:
    return written(**{"steps": "500", **others})


def test_a_summary_goes_to_standard_output_and_nothing_to_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(Settings(), arguments())
    printed = capsys.readouterr()
    assert printed.out.startswith("500 steps, seed 0: 805 records\n")
    assert printed.err == ""


def test_a_dispersion_is_read_from_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "dispersion.json"
    file.write_text('[{"agent": "Satellite", "sigma": {"x": 0.001}}]')
    run(Settings(), arguments(member="3", dispersion=file))
    spread = Dispersion.from_json(json.loads(file.read_text()), NANO)
    trajectory = Trajectory(member=3, dispersion=spread)
    asked = PropagationRequest(500, trajectory)
    opened = Propagation.open(trajectory, 500)
    assert capsys.readouterr().out == summary(asked, opened) + "\n"
    request = arguments(members="10", dispersion=file, agents="Satellite").request(Settings())
    assert request == PropagationRequest(500, Trajectory(dispersion=spread), 10)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[", "not valid JSON"),
        ("{}", "dispersion must be a list"),
        ('[{"agent": "Moon", "sigma": {}}]', "must be the name of an agent"),
        ("[" + " " * 2**21 + "]", "too many for a dispersion"),
    ],
    ids=("no JSON", "no list", "no agent", "too long"),
)
def test_a_file_that_is_no_dispersion_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "dispersion.json"
    file.write_text(text)
    with pytest.raises(BadRequest, match=sentence):
        arguments(member="3", dispersion=file).request(Settings())


def test_agents_are_named_with_commas_and_only_of_an_ensemble() -> None:
    with pytest.raises(BadRequest, match="agents can't name Planet, which has no primary"):
        arguments(members="10", agents="Satellite,Planet").request(Settings())
    with pytest.raises(BadRequest, match="agents chooses what an ensemble analyses"):
        arguments(agents="Satellite").request(Settings())


def test_a_member_is_a_run_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    for member in ("3", str(2**53 - 1)):
        run(Settings(), arguments(seed="7", member=member))
        trajectory = Trajectory(seed=7, member=int(member))
        printed = capsys.readouterr().out
        assert (
            printed
            == summary(PropagationRequest(500, trajectory), Propagation.open(trajectory, 500))
            + "\n"
        )
        assert printed.startswith(f"500 steps, seed 7, member {member}: ")


@pytest.mark.parametrize("suffix", [FORMATS[form].suffix for form in OF_ANY])
def test_a_file_of_each_format_is_written_and_named_on_standard_error(
    suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / f"orbit{suffix}"
    run(Settings(), arguments(output=str(file)))
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    printed = capsys.readouterr()
    assert printed.out == ""
    size_bytes = file.stat().st_size
    assert printed.err == f"Wrote {file}: 805 records, {size_bytes:,} bytes.\n"


def test_an_unknown_suffix_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(BadRequest) as refusal:
        run(Settings(), arguments(output=str(tmp_path / "orbit.txt")))
    assert all(form.suffix in refusal.value.detail for form in FORMATS.values())


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "orbit.js").mkdir()
    with pytest.raises(FrontendError, match="can't be written"):
        run(Settings(), arguments(output=str(tmp_path / "orbit.js")))
    assert [path.name for path in tmp_path.iterdir()] == ["orbit.js"]


def test_a_scenario_is_read_from_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = NANO.to_json()
    document["agents"][0]["name"] = "Sun"  # type: ignore[index] # a list of objects
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(document))
    run(Settings(), arguments(scenario=file))
    assert "\nSun " in capsys.readouterr().out


def test_the_limits_of_the_settings_hold_here_too() -> None:
    with pytest.raises(BadRequest, match="100"):
        run(Settings(max_steps=100), arguments())


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (json.dumps(NANO.to_json()).encode("utf-16"), "UTF-16; save it as UTF-8"),
        (b"{", "is not valid JSON"),
        (b'{"agents": [], "agents": []}', "has the field 'agents' twice"),
        (b" " * (2**24 + 1), "16,777,216 bytes"),
    ],
)
def test_a_scenario_that_is_no_utf_8_json_is_refused_with_a_sentence(
    data: bytes, sentence: str, tmp_path: Path
) -> None:
    file = tmp_path / "scenario.json"
    file.write_bytes(data)
    with pytest.raises(BadRequest, match=sentence):
        run(Settings(), arguments(scenario=file))


def test_a_scenario_with_a_byte_order_mark_is_read_as_editors_write_it(tmp_path: Path) -> None:
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(NANO.to_json()), encoding="utf-8-sig")
    run(Settings(), arguments(scenario=file))


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ({"output": ""}, "--output needs a name"),
        ({"output_format": "csv"}, "--format needs an --output"),
        ({"overwrite": True}, "--overwrite is for a directory"),
        ({"overwrite": True, "output": "orbit.csv"}, "--overwrite is for a directory"),
    ],
)
def test_an_option_that_would_have_no_effect_is_refused(
    others: dict[str, object], sentence: str
) -> None:
    with pytest.raises(BadRequest, match=sentence):
        run(Settings(), arguments(**others))


def test_a_preset_is_propagated_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    run(Settings(), arguments(preset="nano"))
    assert capsys.readouterr().out.startswith("500 steps, seed 0: 805 records\n")


def test_without_a_number_of_steps_a_preset_gives_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(Settings(), arguments(steps=None, preset="figure-eight"))
    printed = capsys.readouterr()
    assert printed.out.startswith("6,326 steps: ")
    assert printed.err == "6,326 steps, as the preset says.\n"
    with pytest.raises(BadRequest, match=r"^--preset must be one of nano, circular, "):
        run(Settings(), arguments(steps=None, preset="kepler"))


def test_a_preset_that_there_is_not_or_beside_a_scenario_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"^--preset must be one of nano, circular, "):
        run(Settings(), arguments(preset="kepler"))
    with pytest.raises(BadRequest, match=r"^--preset is a scenario already: leave out --scenario"):
        run(Settings(), arguments(preset="nano", scenario=tmp_path / "scenario.json"))


@pytest.mark.parametrize(
    ("others", "sentence"),
    [({"workers": "inline"}, "--workers auto"), ({"output_format": "csv"}, "gets Parquet parts")],
)
def test_a_directory_is_written_by_workers_and_as_parquet(
    others: dict[str, object], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(BadRequest, match=sentence):
        run(Settings(), arguments(**{"workers": 1, "output": f"{tmp_path}/parts/", **others}))


def test_a_directory_of_another_request_is_refused_before_a_cluster_is_started(
    tmp_path: Path,
) -> None:
    with ExportFolder.locked(tmp_path, PropagationRequest(7)):
        pass
    with pytest.raises(BadRequest, match=r"another request \(7 steps, seed 0\)"):
        run(Settings(), arguments(workers=1, output=f"{tmp_path}/"))


def test_a_directory_of_another_member_is_refused_by_its_number(tmp_path: Path) -> None:
    with ExportFolder.locked(tmp_path, PropagationRequest(500, Trajectory(member=3))):
        pass
    for member in (None, "4"):
        with pytest.raises(BadRequest, match=r"another request \(500 steps, seed 0, member 3\)"):
            run(Settings(), arguments(workers=1, output=f"{tmp_path}/", member=member))


def test_a_directory_that_is_complete_needs_no_cluster(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ExportFolder.locked(tmp_path, PropagationRequest(500)) as folder:
        folder.finish(0)
    settings = Settings(scheduler="tcp://127.0.0.1:1")
    run(settings, arguments(workers=1, output=f"{tmp_path}/"))
    assert capsys.readouterr().err == f"{tmp_path}/ is complete already: 0 Parquet parts.\n"
