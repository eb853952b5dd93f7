from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

import porta
from tests.tls import authority, terminated
from tests.unit.porta.execution.test_api_client import answering, problem

if TYPE_CHECKING:
    from pathlib import Path

RUN = porta.propagate(800, seed=6)
REFUSED = problem(401, "A token is required.")
AWAY = "2130706433"  # 127.0.0.1, by a name that does not say that it is this machine
ENSEMBLE = porta.propagate(100, members=10)


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.csv"])
def test_a_file_opens_as_the_result_that_it_is_of(tmp_path: Path, name: str) -> None:
    opened = porta.open(RUN.save(tmp_path / name, every=100, sidecar=True))
    assert isinstance(opened, porta.Propagation)
    assert opened.manifest == RUN.manifest
    members = ENSEMBLE.members.where(agent="Satellite").save(tmp_path / name, sidecar=True)
    assert porta.open(str(members)).manifest == ENSEMBLE.manifest


@pytest.mark.parametrize("result", [RUN, ENSEMBLE], ids=["a run", "an ensemble"])
def test_a_crate_opens_as_what_it_is_of(
    tmp_path: Path, result: porta.Propagation | porta.Ensemble
) -> None:
    pytest.importorskip("rocrate")
    for name in ("a.crate", "a.crate.zip"):
        assert porta.open(result.save(tmp_path / name)).manifest == result.manifest


def test_a_zip_that_is_not_whole_or_no_crate_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("orbit.csv", "x" * 100)
    with pytest.raises(porta.VerificationError, match=f"{path} is a zip without ro-crate-metadata"):
        porta.open(path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(
        porta.VerificationError, match=f"{path} is not a whole zip: .*copy it again"
    ):
        porta.open(path)


def test_a_path_that_exists_is_taken_before_an_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    RUN.save(tmp_path / "500.parquet").rename("500")
    assert porta.open("500").id == RUN.id


@pytest.mark.parametrize("on", [None, 3], ids=["nothing", "no address"])
def test_an_id_alone_is_refused_with_where_it_could_be_looked_up(on: Any) -> None:  # noqa: ANN401
    with pytest.raises(porta.ArgumentError, match=r"no file '500'.* on='http://127\.0\.0\.1:8080'"):
        porta.open("500", on=on)


def test_an_address_names_the_porta_and_takes_no_other() -> None:
    page = "http://127.0.0.1:8080/propagate/500"
    for other in ("http://127.0.0.1:8081", porta.Server("http://porta.example"), 3):
        with pytest.raises(porta.ArgumentError, match="names the Porta at http"):
            porta.open(page, on=other)
    with pytest.raises(porta.ArgumentError, match="workers can't be chosen"):
        porta.open(page, workers=2)
    with pytest.raises(porta.ArgumentError, match="no user, query or fragment; a token"):
        porta.open("http://me:pass@127.0.0.1:8080/propagate/500")


def test_a_token_for_an_address_is_sent() -> None:
    unknown = problem(404, "It has not been requested yet.")
    with answering(unknown, unknown) as (url, seen), pytest.raises(porta.ExecutionError):
        porta.open(f"{url}/propagate/500", on=porta.Server(f"{url}/", token="abc"))  # noqa: S106
    assert [one["Authorization"] for one in seen] == ["Bearer abc", "Bearer abc"]


def test_a_link_gets_the_token_of_the_environment_on_this_machine_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PORTA_TOKEN", "secret")
    served = authority(tmp_path, AWAY)
    monkeypatch.setenv("SSL_CERT_FILE", str(served.file))
    with (
        answering(REFUSED, REFUSED, REFUSED) as (here, seen),
        terminated(served, urlsplit(here).port or 0) as port,
    ):
        url = f"https://{AWAY}:{port}"
        with pytest.raises(porta.ExecutionError, match=rf"on=porta\.Server\('{url}', token="):
            porta.open(f"{url}/propagate/500")
        for on in (url, porta.Server(url)):
            with pytest.raises(porta.ExecutionError, match="Give a token"):
                porta.open(f"{url}/propagate/500", on=on)
    assert [one.get("Authorization") for one in seen] == [None, *["Bearer secret"] * 2]
    with (
        answering(REFUSED) as (url, seen),
        pytest.raises(porta.ExecutionError, match="or PORTA_TOKEN"),
    ):
        porta.open(f"{url}/propagate/500")
    assert seen[0]["Authorization"] == "Bearer secret"


def test_the_limits_hold_for_what_a_file_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = RUN.save(tmp_path / "a.parquet")
    monkeypatch.setenv("PORTA_MAX_STEPS", "10")
    with pytest.raises(porta.LimitError, match="largest allowed is 10"):
        porta.open(path)


def test_what_does_not_say_what_it_is_of_is_refused_by_name(tmp_path: Path) -> None:
    path = RUN.save(tmp_path / "a.csv")
    with pytest.raises(porta.VerificationError, match=r"a\.csv"):
        porta.open(path)
    with pytest.raises(porta.VerificationError, match="part-000000"):
        porta.open(tmp_path)
    with pytest.raises(porta.VerificationError, match="no such file"):
        porta.open(tmp_path / "no such file")
    with pytest.raises(porta.ArgumentTypeError, match="not of type int"):
        porta.open(500)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["a" * 300, "a\0b"])
def test_a_path_that_the_system_refuses_is_a_sentence(name: str) -> None:
    for look in (porta.open, porta.verify):
        with pytest.raises(porta.VerificationError, match="can't be read"):
            look(name)
    with pytest.raises(porta.ArgumentError, match=r"can't be read|is no path of a file"):
        porta.initial_scenario(name)


def test_an_error_in_a_zip_names_the_zip(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ro-crate-metadata.json", "{}")
    with pytest.raises(porta.VerificationError, match=rf"^{path}/request\.json can't be read"):
        porta.open(path)
