"""Claims about crates on the command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

import pytest
from click.testing import CliRunner

from frontend.cli.main import porta

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def run(*words: str) -> Result:
    return CliRunner(env={"REDIS_URL": "", "DASK_GATEWAY_ADDRESS": ""}).invoke(porta, words)


@pytest.mark.parametrize("words", [("500",), ("500", "--members", "20"), ("--until", "50")])
@pytest.mark.parametrize("name", ["orbit.crate/", "orbit.crate.zip"])
def test_a_crate_is_written_at_once_and_verified(
    tmp_path: Path, words: tuple[str, ...], name: str
) -> None:
    output = f"{tmp_path}/{name}"
    written = run("propagate", *words, "--workers", "inline", "--output", output)
    assert written.exit_code == 0, written.output
    assert f"Wrote {output}: an RO-Crate" in written.stderr
    assert run("verify", output, "--all").exit_code == 0
    again = run("propagate", *words, "--workers", "inline", "--output", output)
    assert again.exit_code == 2
    assert "is there already; choose another name" in again.stderr


@pytest.mark.parametrize(
    "words", [("--every", "2"), ("--times", "1"), ("--format", "csv"), ("--sidecar",)]
)
def test_what_has_no_meaning_for_a_crate_is_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    result = run("propagate", "500", "--output", f"{tmp_path}/orbit.crate/", *words)
    assert result.exit_code == 2
    assert f"leave out {words[0]}" in result.stderr


@pytest.mark.parametrize("words", [("500",), ("500", "--members", "20"), ("--until", "50")])
@pytest.mark.parametrize(
    ("name", "epoch", "sentence"),
    [
        ("there.crate/", "", "is there already; choose another name"),
        ("dangling.crate.zip", "", "is there already; choose another name"),
        ("nowhere/orbit.crate/", "", "is no directory to write to"),
        ("orbit.crate/", "yesterday", "number of seconds since 1970"),
    ],
)
def test_where_a_crate_can_not_be_written_is_refused_before_it_is_computed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    name: str,
    epoch: str,
    sentence: str,
) -> None:
    def never(*_: object, **__: object) -> NoReturn:
        raise AssertionError("computed")

    monkeypatch.setattr("frontend.cli.execution.choice.propagation", never)
    monkeypatch.setattr("frontend.cli.execution.choice.ensemble", never)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    (tmp_path / "there.crate").mkdir()
    (tmp_path / "dangling.crate.zip").symlink_to(tmp_path / "elsewhere")
    for command in (
        ("propagate", *words, "--workers", "inline", "--output", f"{tmp_path}/{name}"),
        ("export", "500", "--crate", f"{tmp_path}/{name}"),
    ):
        result = run(*command)
        assert result.exit_code == 2, result.output
        assert sentence in result.stderr
    assert not (tmp_path / "elsewhere").exists()


def test_without_rocrate_a_crate_is_refused_before_it_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rocrate", None)
    result = run("export", "500", "--crate", f"{tmp_path}/orbit.crate/")
    assert result.exit_code == 2
    assert "needs the package rocrate" in result.stderr
