from __future__ import annotations

import errno
import tempfile
from pathlib import Path

import pytest

from sim.errors import DamagedError, VerificationError
from sim.verification import verify
from sim.verification.paths import exists, is_folder, named, temporary_folder, writing

LONG = Path("a" * 300)


def test_what_is_there_is_told_from_what_is_not(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert [exists(path) for path in (tmp_path, file, tmp_path / "none", file / "in")] == [
        *(True, True, False, False)
    ]
    assert [is_folder(path) for path in (tmp_path, file, tmp_path / "none")] == [True, False, False]


@pytest.mark.parametrize(
    ("path", "words"),
    [(LONG, "File name too long"), (Path("a\0b"), r"^a\\0b can't .* embedded null")],
)
def test_a_path_that_the_system_refuses_is_a_sentence(path: Path, words: str) -> None:
    for look in (exists, is_folder, verify):
        with pytest.raises(VerificationError, match=f"{words}.*"):
            look(path)


def test_a_name_for_which_no_sidecar_can_be_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / f"{'a' * 250}.csv"
    path.touch()
    with pytest.raises(VerificationError, match="can't be read: File name too long"):
        verify(path)


def test_where_nothing_temporary_can_be_written_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with (
        pytest.raises(VerificationError, match=r"a\.zip needs room in .*none \(No such"),
        temporary_folder("a.zip"),
    ):
        pass
    with pytest.raises(VerificationError, match=r"\(no room\): set TMPDIR"), writing("a.zip"):
        raise OSError(errno.ENOSPC, "no room")


def test_an_error_names_what_was_asked_for_and_stays_what_it_is() -> None:
    with pytest.raises(DamagedError) as found, named(Path("/tmp/x"), "a.zip"):  # noqa: S108
        raise DamagedError("/tmp/x/records", "is not as /tmp/x/request says")  # noqa: S108
    assert str(found.value) == "a.zip/records is not as a.zip/request says"
