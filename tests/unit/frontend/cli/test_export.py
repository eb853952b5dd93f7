"""Claims about `porta export`: it writes what is stored, and starts nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from frontend.cli.main import porta
from frontend.domain import manifest
from frontend.domain.resource import Timings
from sim import Propagation
from sim.crates.contents import DESCRIPTION
from sim.scenario import PropagationRequest, Trajectory
from tests.stored_ensembles import RunOfEnsemble
from tests.written_files import records_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from frontend.bootstrap import Services

REQUEST = PropagationRequest(500, Trajectory(seed=7))
OPENED = Propagation.open(REQUEST.trajectory, REQUEST.steps)


def run(*words: str, redis_url: str = "") -> Result:
    return CliRunner(env={"REDIS_URL": redis_url, "DASK_GATEWAY_ADDRESS": ""}).invoke(porta, words)


@pytest.fixture
def stored(services: Services) -> Services:
    timings = Timings(finished_at="2026-02-03T04:05:06.000+00:00")
    computed = manifest.Computed(by="a test", timings=timings)
    services.store.remember(REQUEST)
    services.runs.publish_derived(REQUEST, manifest.compose(REQUEST, OPENED, computed))
    return services


@pytest.mark.usefixtures("stored")
def test_a_stored_run_is_written_as_a_crate_of_the_day_it_was_computed(
    redis_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "orbit.crate"
    written = run("export", REQUEST.id, "--crate", f"{path}/", redis_url=redis_url)
    assert written.exit_code == 0, written.output
    description = json.loads((path / DESCRIPTION).read_bytes())
    root = next(one for one in description["@graph"] if one["@id"] == "./")
    assert root["datePublished"] == "2026-02-03"
    assert run("verify", str(path), "--all").exit_code == 0


@pytest.mark.usefixtures("stored")
def test_a_stored_run_is_written_as_a_file(redis_url: str, tmp_path: Path) -> None:
    path = tmp_path / "orbit.parquet"
    written = run("export", REQUEST.id, "--output", str(path), redis_url=redis_url)
    assert written.exit_code == 0, written.output
    assert path.read_bytes() == records_bytes(OPENED, "parquet")


def test_a_stored_ensemble_is_written_as_a_crate(
    services: Services, redis_url: str, tmp_path: Path
) -> None:
    request = PropagationRequest(500, members=40)
    made = RunOfEnsemble(services, request)
    made.compute([range(40)])
    made.publish()
    path = tmp_path / "members.crate.zip"
    written = run("export", request.id, "--crate", str(path), redis_url=redis_url)
    assert written.exit_code == 0, written.output
    assert run("verify", str(path), "--all").exit_code == 0
    refused = run("export", request.id, "--output", "members.csv", redis_url=redis_url)
    assert "writes its --crate" in refused.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("500",), "Give either --crate"),
        (("500", "--crate", "a.crate/", "--output", "a.csv"), "Give either --crate"),
        (("500", "--crate", "/"), "--crate needs a name"),
        (("500", "--crate", "a.crate/"), "set REDIS_URL"),
        (("500", "--output", "orbit/"), "written by porta propagate --output NAME/."),
        (("500", "--output", "."), "written by porta propagate --output NAME/."),
        (("500", "--output", "orbit.xls"), "Use .js, .json, .csv, .arrow, .parquet, .oem."),
    ],
)
def test_what_can_not_be_written_is_refused_with_a_sentence(
    words: tuple[str, ...], sentence: str
) -> None:
    result = run("export", *words)
    assert result.exit_code == 2
    assert sentence in result.stderr
