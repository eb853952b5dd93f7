"""`porta propagate` as a process: with nothing configured, and with everything."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import psutil
import pyarrow.ipc
import pyarrow.parquet
import pytest

from tests.deadlines import LOCAL_CLUSTER_S, under_load, within
from tests.installation import Installation, installed
from tests.integration import naive
from tests.processes import eventually, lives
from tests.terminals import on_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.redis_servers import RedisServer
    from tests.terminals import Terminal


def porta(
    *words: str, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command line with these settings, and no other."""
    unset = {k: v for k, v in os.environ.items() if not k.startswith(("PORTA_", "DASK_", "REDIS"))}
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "frontend.cli", *words],
        env=dict(environ) if environ else unset,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def rows(records: list[naive.Record]) -> list[tuple[object, ...]]:
    """Records as the tabular formats have them."""
    return [
        (name, t0, t1, *(state[quantity] for quantity in naive.QUANTITIES[1:]))
        for t0, t1, states in records
        for name, state in states.items()
    ]


@pytest.mark.parametrize("workers", ["auto", "inline", "2"])
def test_the_numbers_are_the_same_in_every_way(tmp_path: Path, workers: str) -> None:
    file = tmp_path / "data.js"
    done = porta("propagate", "70000", "--seed", "3", "--workers", workers, "--output", str(file))
    assert done.returncode == 0, done.stderr
    assert naive.read_data_js(file.read_text(encoding="utf-8")) == naive.simulate(70_000, 3)


@pytest.mark.parametrize("workers", ["inline", "2"])
def test_a_member_has_the_same_numbers_in_every_way(tmp_path: Path, workers: str) -> None:
    file, member = tmp_path / "data.js", 2**53 - 1
    words = ("--seed", "3", "--member", str(member), "--workers", workers, "--output", str(file))
    done = porta("propagate", "70000", *words)
    assert done.returncode == 0, done.stderr
    expected = naive.simulate(70_000, 3, member=member)
    assert naive.read_data_js(file.read_text(encoding="utf-8")) == expected


def test_the_suffix_chooses_the_format(tmp_path: Path) -> None:
    expected = rows(naive.simulate(2_000))
    for suffix in (".csv", ".json", ".arrow", ".parquet"):
        done = porta("propagate", "2000", "--output", str(tmp_path / f"orbit{suffix}"))
        assert done.returncode == 0, done.stderr
    parquet = pyarrow.parquet.read_table(tmp_path / "orbit.parquet")
    arrow = pyarrow.ipc.open_file(tmp_path / "orbit.arrow").read_all()
    for table in (parquet, arrow):
        assert [tuple(row.values()) for row in table.to_pylist()] == expected
    lines = (tmp_path / "orbit.csv").read_text(encoding="utf-8").splitlines()[1:]
    for line, (name, *numbers) in zip(lines, expected, strict=True):
        words = line.split(",")
        assert words[0].strip('"') == name
        assert [float(word) for word in words[1:]] == numbers
    first, *others = json.loads((tmp_path / "orbit.json").read_bytes())
    assert first[0] is None
    assert others == naive.simulate(2_000)[1:]


def test_a_pipe_gets_a_summary_and_no_progress_bar() -> None:
    done = porta("propagate", "500")
    assert done.returncode == 0
    assert "805 records" in done.stdout
    assert "Satellite" in done.stdout
    assert done.stderr == ""


def test_a_file_that_is_not_finished_is_not_there(tmp_path: Path) -> None:
    folder = tmp_path / "taken.js"
    folder.mkdir()
    done = porta("propagate", "500", "--output", str(folder))
    assert done.returncode == 1
    assert "can't be written" in done.stderr
    assert list(tmp_path.iterdir()) == [folder]


def test_workers_write_the_parts_of_a_large_export(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    done = porta("propagate", "200000", "--workers", "2", "--output", f"{folder}/")
    assert done.returncode == 0, done.stderr
    parts = sorted(folder.glob("*.parquet"))
    table = pyarrow.parquet.read_table(folder)
    assert len(parts) > 1
    assert [tuple(row.values()) for row in table.to_pylist()] == rows(naive.simulate(200_000))


@pytest.fixture(scope="module")
def installation(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    with installed(redis_server.url, tmp_path_factory.mktemp("porta")) as running:
        yield running


def test_with_redis_and_dask_it_joins_the_run_that_a_page_would_join(
    installation: Installation, tmp_path: Path
) -> None:
    file = tmp_path / "data.js"
    words = ("propagate", "90000", "--seed", "8", "--output", str(file))
    done = porta(*words, environ=installation.environ)
    assert done.returncode == 0, done.stderr
    assert naive.read_data_js(file.read_text(encoding="utf-8")) == naive.simulate(90_000, 8)
    with installation.client() as client:
        answer = client.post("/api/v1/propagations", json={"steps": 90_000, "seed": 8})
    assert answer.status_code == 200
    assert answer.json()["cluster"] is not None


def test_a_folder_of_a_member_is_a_members(tmp_path: Path) -> None:
    member = 2**53 - 1
    words = ("--workers", "2", "--output", f"{tmp_path}/")
    done = porta("propagate", "140000", "--member", str(member), *words)
    assert done.returncode == 0, done.stderr
    found = manifest_of(tmp_path)
    assert (found["request"]["member"], found["complete"]) == (member, True)
    table = pyarrow.parquet.read_table(tmp_path)
    assert [tuple(row.values()) for row in table.to_pylist()] == rows(
        naive.simulate(140_000, member=member)
    )
    done = porta("propagate", "140000", "--member", "3", *words)
    assert done.returncode == 2
    assert f"seed 0, member {member}" in done.stderr


def test_without_a_runner_it_says_so_instead_of_waiting(installation: Installation) -> None:
    installation.stop("runner")
    done = porta("propagate", "90000", "--seed", "9", environ=installation.environ)
    installation.start_runner()
    assert done.returncode == 1
    assert "No runner is alive" in done.stderr


def test_clusters_are_listed_where_there_are_some(installation: Installation) -> None:
    done = porta("clusters", "--reap", environ=installation.environ)
    assert done.returncode == 0, done.stderr
    assert "Stopped 0." in done.stderr


def manifest_of(folder: Path) -> dict[str, Any]:
    path = folder / "_manifest.json"
    found: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {"parts": []}
    return found


def test_an_export_that_is_killed_says_so_and_a_rerun_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    words = ("propagate", "5000000", "--workers", "1", "--output", f"{folder}/")
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "frontend.cli", *words], start_new_session=True
    ) as killed:
        eventually(lambda: len(manifest_of(folder)["parts"]) > 2, within_s=LOCAL_CLUSTER_S)
        os.killpg(killed.pid, signal.SIGKILL)
    assert not manifest_of(folder)["complete"]
    kept = {
        path: path.stat().st_mtime_ns
        for path in (folder / part["name"] for part in manifest_of(folder)["parts"])
    }
    other = porta(*words, "--seed", "1")
    assert other.returncode == 2
    assert "--overwrite" in other.stderr
    done = porta(*words)
    assert done.returncode == 0, done.stderr
    assert f"holds {len(kept)} Parquet parts already" in done.stderr
    assert manifest_of(folder)["complete"]
    assert all(path.stat().st_mtime_ns == written for path, written in kept.items())
    sums = [
        hashlib.sha256((folder / part["name"]).read_bytes()).hexdigest() == part["sha256"]
        for part in manifest_of(folder)["parts"]
    ]
    assert all(sums)
    records = sum(pyarrow.parquet.read_metadata(part).num_rows for part in folder.glob("*.parquet"))
    assert records == manifest_of(folder)["rows"]
    again = porta(*words)
    assert again.returncode == 0
    assert "is complete already" in again.stderr


def children_of(terminal: Terminal) -> list[psutil.Process]:
    return psutil.Process(terminal.process.pid).children(recursive=True)


@pytest.mark.parametrize("shown", [b"starting a cluster", b"propagating"])
def test_ctrl_c_ends_a_cluster_without_a_traceback_and_leaves_nothing(
    shown: bytes, tmp_path: Path
) -> None:
    output = str(tmp_path / "orbit.csv")
    with on_terminal(
        *("-m", "frontend.cli", "propagate", "100000000", "--workers", "2", "--output", output)
    ) as terminal:
        eventually(lambda: shown in terminal.shown and children_of(terminal), within_s=120)
        workers = children_of(terminal)
        terminal.press_ctrl_c()
        terminal.process.wait(within(10))
        eventually(
            lambda: not any(lives(worker.pid) for worker in workers), within_s=under_load(10)
        )
    assert terminal.process.returncode == 130
    assert terminal.shown.endswith(b"Interrupted.\r\n")
    assert b"Traceback" not in terminal.shown
    assert list(tmp_path.iterdir()) == []
