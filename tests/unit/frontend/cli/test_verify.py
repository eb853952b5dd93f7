"""Claims about `porta verify`: what it says, and its exit codes."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from click.testing import CliRunner

from frontend.bootstrap import build_services
from frontend.cli.main import porta
from frontend.domain import manifest
from frontend.embedded.data_dir import DataDir
from frontend.embedded.valkey import redis_process
from frontend.embedded.valkey import redis_url as redis_url_of
from frontend.settings import Settings
from frontend.storage import keys
from sim import Propagation, Trajectory
from sim.scenario import PropagationRequest
from tests.processes import eventually
from tests.written_files import flip, members_that_collide, records_file

if TYPE_CHECKING:
    import redis
    from click.testing import Result

    from frontend.bootstrap import Services

HOUSE: Final = Path(__file__).parents[4]
SHORT = Propagation.open(Trajectory(), 500)


def run(*words: str, redis_url: str = "", data: str = "/nowhere") -> Result:
    environ = {"REDIS_URL": redis_url, "DASK_GATEWAY_ADDRESS": "", "PORTA_DATA": data}
    return CliRunner(env=environ).invoke(porta, words)


@pytest.fixture
def orbit(tmp_path: Path) -> Path:
    return records_file(tmp_path / "orbit.parquet", SHORT)


def test_what_is_right_is_0_and_says_which_share_it_was(orbit: Path) -> None:
    result = run("verify", str(orbit))
    assert result.exit_code == 0
    assert result.stdout == f"{orbit} is what 500 gives, by all 805 records.\n"


def test_what_is_different_is_1_and_names_the_first_value(orbit: Path) -> None:
    flip(orbit, 9_000)
    result = run("verify", str(orbit), "--all")
    assert result.exit_code == 1
    assert "is not what 500 gives, by all 805 records:\n  row " in result.stdout


def test_a_sample_says_its_seed_and_is_drawn_again_by_it(tmp_path: Path) -> None:
    path = members_that_collide(tmp_path / "members.parquet")
    said = [run("verify", str(path)).stdout for _ in range(2)]
    seeds = [re.search(r"a sample: \d+ of 2,000 members \(seed (\d+)\)", one) for one in said]
    drawn = [found[1] for found in seeds if found is not None]
    assert len(set(drawn)) == 2
    assert run("verify", str(path), "--seed", drawn[0]).stdout == said[0]
    assert run("verify", str(path), "--seed", "-1").exit_code == 2


def test_what_is_damaged_is_1_with_a_sentence(orbit: Path) -> None:
    orbit.write_bytes(orbit.read_bytes()[:10_000])
    result = run("verify", str(orbit))
    assert result.exit_code == 1
    assert "is not a whole Parquet file" in result.stdout


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("theirs.csv", "theirs.csv.meta.json is missing"), ("nothing", "There is no file 'nothing'")],
)
def test_what_can_not_be_verified_is_2_with_a_sentence(
    tmp_path: Path, name: str, sentence: str
) -> None:
    (tmp_path / "theirs.csv").write_text("a\n1\n")
    result = run("verify", str(tmp_path / name) if name != "nothing" else name)
    assert result.exit_code == 2
    assert sentence in result.stderr


@pytest.mark.parametrize("name", ["a" * 300, "a\0b", f"{'a' * 300}/b"])
def test_a_path_that_the_system_refuses_is_2_with_a_sentence(name: str) -> None:
    result = run("verify", name)
    assert result.exit_code == 2
    assert "can't be read" in result.stderr


def test_an_id_is_looked_up_in_the_configured_redis(
    services: Services, redis_url: str, redis_client: redis.Redis
) -> None:
    request = PropagationRequest(500)
    services.store.remember(request)
    document = manifest.compose(request, SHORT, manifest.Computed(by="a test"))
    services.runs.publish_derived(request, document)
    result = run("verify", "500", "--all", redis_url=redis_url)
    assert (result.exit_code, result.stdout) == (0, "500 is what 500 gives, by all 500 steps.\n")
    redis_client.set(keys.manifest("500"), document.replace(b'"records":805', b'"records":804'))
    assert run("verify", "500", "--all", redis_url=redis_url).exit_code == 1
    unknown = run("verify", "500-0123456789abcdef", redis_url=redis_url)
    assert unknown.exit_code == 2
    assert "its scenario is not known here" in unknown.stderr


def test_an_id_is_looked_up_in_the_redis_of_a_porta_serve_beside_it(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    with data_dir.locked("http://127.0.0.1:8080/") as lock, data_dir.prepared(lock) as sockets:
        server = redis_process(data_dir, sockets, os.environ)
        with server.start() as running:
            try:
                eventually(server.answers)
                services = build_services(Settings(redis_url=redis_url_of(sockets)))
                request = PropagationRequest(500)
                services.store.remember(request)
                document = manifest.compose(request, SHORT, manifest.Computed(by="a test"))
                services.runs.publish_derived(request, document)
                services.close()
                verified = run("verify", "500", data=str(tmp_path))
                written = run(
                    "export", "500", "--output", str(tmp_path / "a.csv"), data=str(tmp_path)
                )
                listed = run("clusters", data=str(tmp_path))
            finally:
                running.kill()
    assert verified.exit_code == 0
    assert verified.stdout == "500 is what 500 gives, by all 500 steps.\n"
    assert "those of the porta serve at http://127.0.0.1:8080/" in verified.stderr
    assert written.exit_code == 0
    assert (tmp_path / "a.csv").read_text().count("\n") == 806
    assert "DASK_GATEWAY_ADDRESS" in listed.stderr  # it has got to where it needs one


def test_where_no_porta_serve_runs_what_to_do_is_said() -> None:
    for words in (("verify", "500"), ("export", "500", "--output", "a.csv")):
        told = run(*words)
        assert told.exit_code == 2
        assert "set REDIS_URL, or run `porta serve` beside it" in told.stderr


def test_a_path_that_exists_is_taken_before_an_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "500").write_text("no file of porta")
    result = run("verify", "500", redis_url="redis://127.0.0.1:1")
    assert result.exit_code == 2
    assert "500 is no file that Porta has written" in result.stderr


@pytest.mark.parametrize("suffix", ["csv", "json", "parquet"])
def test_a_file_and_its_sidecar_are_written_and_verified(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"orbit.{suffix}"
    written = run("propagate", "500", "--workers", "inline", "--output", str(path), "--sidecar")
    assert f"Wrote {path}.meta.json." in written.stderr
    assert run("verify", str(path)).exit_code == 0


def test_a_sidecar_needs_a_file(tmp_path: Path) -> None:
    for output in ("-", f"{tmp_path}/parts/"):
        result = run("propagate", "500", "--output", output, "--sidecar")
        assert result.exit_code == 2
        assert "give --output a file's name" in result.stderr


def test_an_oem_with_a_sidecar_is_verified_as_a_whole(tmp_path: Path) -> None:
    labels = {"time_scale": "TDB", "frame": "ICRF", "center": "EARTH"}
    scenario = json.loads((HOUSE / "docs" / "examples" / "satellite.json").read_bytes())
    units = {"units": {"length": "km", "time": "s"}, "epoch": "2026-01-01T00:00:00"}
    (tmp_path / "scenario.json").write_text(json.dumps(scenario | labels | units))
    path = tmp_path / "orbit.oem"
    named = ["--scenario", str(tmp_path / "scenario.json"), "--workers", "inline"]
    written = run("propagate", "500", *named, "--output", str(path), "--sidecar")
    assert written.exit_code == 0, written.output
    assert run("verify", str(path)).stdout.endswith("by all 1,002 records.\n")
    flip(path, path.stat().st_size // 2)
    assert run("verify", str(path)).exit_code == 1
