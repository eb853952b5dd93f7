from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

import pytest

from frontend.embedded.data_dir import LOG_LIMIT_BYTES, DataDir, default_data_dir
from frontend.embedded.errors import DataDirInUse, DataDirUnusable
from tests.deadlines import EVENTUALLY_S
from tests.processes import line_of, lives, python

URL: Final = "http://127.0.0.1:8080/"
HOLDER: Final = """
import os, subprocess, sys, time
from pathlib import Path
from frontend.embedded.data_dir import DataDir
with DataDir(Path(sys.argv[1])).locked("http://127.0.0.1:8080/") as lock:
    if sys.argv[2] == "share":  # as `porta serve` does with its supervisor
        subprocess.Popen((sys.executable, "-c", "import time; time.sleep(1)"), pass_fds=(lock,))
        os._exit(0)
    print("held", flush=True)
    time.sleep(60)
"""
KILLED: Final = """
import os, subprocess, sys
from pathlib import Path
from frontend.embedded.data_dir import DataDir
folder = DataDir(Path(sys.argv[1]))
with folder.locked("http://127.0.0.1:8080/") as lock, folder.prepared(lock) as sockets:
    (folder.run / "gateway.sqlite").touch()
    program = "import time; print(flush=True); time.sleep(60)"
    stray = subprocess.Popen(
        (sys.executable, "-c", program), env={**os.environ, **folder.mark},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    )
    stray.stdout.readline()  # only then is it all there, its environment included
    print(stray.pid, sockets, sep="\\n", flush=True)
    os.kill(os.getpid(), 9)
"""


def test_a_folder_is_made_for_this_user_alone(tmp_path: Path) -> None:
    folder = DataDir(tmp_path / "new" / "porta")
    with folder.locked(URL):
        assert folder.path.stat().st_mode & 0o777 == 0o700


def test_a_second_holder_is_refused_with_the_first_ones_name(tmp_path: Path) -> None:
    with python(HOLDER, tmp_path, "hold") as first:
        assert line_of(first) == "held"
        with pytest.raises(DataDirInUse) as refusal, DataDir(tmp_path).locked("other"):
            pass
        first.kill()
    assert refusal.value.pid == first.pid
    assert f"at {URL} (process {first.pid})" in refusal.value.detail
    assert str(tmp_path) in refusal.value.detail


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    with python(HOLDER, tmp_path, "hold") as first:
        assert line_of(first) == "held"
        first.kill()
    with DataDir(tmp_path).locked(URL):
        pass


def test_a_supervisor_that_is_still_tidying_up_is_waited_for(tmp_path: Path) -> None:
    with python(HOLDER, tmp_path, "share") as first:
        first.wait(EVENTUALLY_S)
    with DataDir(tmp_path).locked(URL):
        pass


def test_a_folder_that_cannot_be_made_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = DataDir(tmp_path / "file" / "porta")
    with pytest.raises(DataDirUnusable, match="Not a directory"), folder.locked(URL):
        pass


def test_what_is_of_one_start_only_is_gone_after_it_and_results_stay(tmp_path: Path) -> None:
    folder = DataDir(tmp_path)
    with folder.locked(URL) as lock:
        with folder.prepared(lock) as sockets:
            (folder.redis / "result").touch()
            (folder.run / "gateway.sqlite").touch()
            (sockets / "redis.sock").touch()
        assert not sockets.exists()
        assert not folder.run.exists()
        assert (folder.redis / "result").exists()


def test_what_a_killed_start_left_is_swept_before_the_next(tmp_path: Path) -> None:
    folder = DataDir(tmp_path)
    with python(KILLED, tmp_path) as killed:
        stray, sockets = line_of(killed), line_of(killed)
    assert lives(int(stray))
    assert Path(sockets).exists()
    with folder.locked(URL) as lock, folder.prepared(lock):
        assert not lives(int(stray))
        assert not Path(sockets).exists()
        assert list(folder.run.iterdir()) == []


@pytest.mark.parametrize("takes_its_place", [False, True])
def test_a_copy_of_a_folder_in_use_leaves_the_originals_sockets_and_processes_alone(
    tmp_path: Path, *, takes_its_place: bool
) -> None:
    original, copy = DataDir(tmp_path / "original"), DataDir(tmp_path / "copy")
    with original.locked(URL) as lock, original.prepared(lock) as sockets:
        (sockets / "redis.sock").touch()
        with python("import time; time.sleep(60)", environ=original.mark) as server:
            if takes_its_place:
                original.path.rename(tmp_path / "moved")
                shutil.copytree(tmp_path / "moved", original.path)
                copy = original
            else:
                shutil.copytree(original.path, copy.path)
            with copy.locked("another") as other, copy.prepared(other) as own:
                assert own != sockets
            assert not own.exists()
            assert (sockets / "redis.sock").exists()
            assert server.poll() is None
            server.kill()
    shutil.rmtree(sockets, ignore_errors=True)


def test_sweeping_leaves_alone_whoever_only_works_in_the_folder(tmp_path: Path) -> None:
    folder = DataDir(tmp_path)
    folder.run.mkdir()
    with (
        folder.locked(URL) as lock,
        python("import time; time.sleep(60)", folder=folder.run) as visitor,
    ):
        folder.sweep(lock)
        assert visitor.poll() is None
        visitor.kill()


def test_the_last_starts_logs_are_kept_beside_this_ones(tmp_path: Path) -> None:
    folder = DataDir(tmp_path)
    with folder.locked(URL) as lock:
        with folder.prepared(lock):
            folder.log("web").write_text("first")
        with folder.prepared(lock):
            assert not folder.log("web").exists()
            assert (folder.logs / "web.log.1").read_text() == "first"


def test_a_log_that_has_grown_long_begins_anew_for_its_writer(tmp_path: Path) -> None:
    folder = DataDir(tmp_path)
    folder.logs.mkdir()
    with folder.log("web").open("ab", buffering=0) as writer:
        writer.write(b"x" * (LOG_LIMIT_BYTES + 1))
        folder.trim_logs()
        writer.write(b"new")
    assert folder.log("web").read_bytes() == b"new"
    assert (folder.logs / "web.log.1").stat().st_size == LOG_LIMIT_BYTES + 1


def test_the_default_is_the_users_own_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "linux":
        monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
        assert default_data_dir() == Path("/somewhere/porta")
    assert default_data_dir().name == "porta"
