from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from frontend.embedded.data_dir import DataDir
from frontend.embedded.errors import PortTaken
from frontend.embedded.messages import Plan
from frontend.embedded.stack import Stack, browser_url, compose
from frontend.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from frontend.embedded.managed_process import ManagedProcess

ENVIRON: Final = {"PATH": "/bin", "PORTA_MAX_STEPS": "1000", "HOME": "/home/ada"}


class Composer:
    def __init__(self, data: Path) -> None:
        self.data_dir = DataDir(data)
        self._made: list[Stack] = []

    def __call__(self, environ: Mapping[str, str] = ENVIRON, **others: bool | int) -> Stack:
        asked = {"port": 0, "redis": True, "gateway": True, "porta": True, **others}
        plan = Plan.from_text(json.dumps({"data": "", "lock": 0, "host": "127.0.0.1"} | asked))
        self._made.append(compose(plan, self.data_dir, self.data_dir.path, environ))
        return self._made[-1]

    def close(self) -> None:
        for process in (process for stack in self._made for process in stack.processes):
            if process.port is not None:
                process.port.release()


@pytest.fixture
def composed(tmp_path: Path) -> Iterator[Composer]:
    composer = Composer(tmp_path)
    yield composer
    composer.close()


def named(stack: Stack) -> dict[str, ManagedProcess]:
    return {process.name: process for process in stack.processes}


def test_all_five_servers_are_embedded_where_nothing_is_configured(composed: Composer) -> None:
    assert list(named(composed())) == ["redis", "gateway", "proxy", "web", "runner"]


def test_jupyterlab_is_a_sixth_where_it_is_asked_for_and_no_other_process_knows_its_token(
    composed: Composer,
) -> None:
    stack = composed(notebook=True)
    token = json.loads(stack.addresses)["notebook"].rpartition("=")[2]
    knowing = {p.name for p in stack.processes if token in p.environ.values()}
    assert list(named(stack)) == ["redis", "gateway", "proxy", "web", "runner", "notebook"]
    assert knowing == {"notebook"}


def test_what_is_configured_is_not_embedded(composed: Composer) -> None:
    assert list(named(composed(redis=False, gateway=False))) == ["web", "runner"]


def test_the_runner_waits_for_the_gateway_so_that_it_puts_off_no_run(composed: Composer) -> None:
    assert named(composed())["runner"].after == ("redis", "proxy")
    assert named(composed(redis=False, gateway=False))["runner"].after == ()


def test_only_the_runner_and_the_gateway_know_the_password(composed: Composer) -> None:
    stack = composed()
    password = json.loads(stack.addresses)["DASK_GATEWAY_PASSWORD"]
    knowing = {p.name for p in stack.processes if password in str(p.environ)}
    assert knowing == {"gateway", "runner"}


def test_a_configured_gateways_password_is_kept_from_the_web(composed: Composer) -> None:
    environ = {
        **ENVIRON,
        "DASK_GATEWAY_ADDRESS": "http://gateway",
        "DASK_GATEWAY_PASSWORD": "secret",
    }
    processes = named(composed(environ, gateway=False))
    assert "DASK_GATEWAY_PASSWORD" not in processes["web"].environ
    assert processes["runner"].environ["DASK_GATEWAY_PASSWORD"] == "secret"  # noqa: S105 - the test's own


def test_the_notebook_is_told_the_gateway_and_the_scheduler_that_there_is(
    composed: Composer,
) -> None:
    embedded = composed(notebook=True)
    scheduler = composed(ENVIRON | {"DASK_SCHEDULER": "there:8786"}, gateway=False, notebook=True)

    address = json.loads(embedded.addresses)["DASK_GATEWAY_ADDRESS"]
    assert named(embedded)["notebook"].environ["DASK_GATEWAY__ADDRESS"] == repr(address)
    told = named(scheduler)["notebook"].environ
    assert told["DASK_SCHEDULER_ADDRESS"] == repr("tcp://there:8786")


def test_kernels_give_back_clusters_of_a_gateway_that_goes_on(composed: Composer) -> None:
    elsewhere = ENVIRON | {"DASK_GATEWAY_ADDRESS": "http://gateway"}
    assert not named(composed(notebook=True))["notebook"].gives_back
    assert named(composed(elsewhere, gateway=False, notebook=True))["notebook"].gives_back


def test_a_clients_configuration_is_written_for_an_embedded_gateway(composed: Composer) -> None:
    told = json.loads(composed().addresses)
    written = json.loads(Path(told["dask_config"]).read_text())
    assert written["gateway"]["address"] == told["DASK_GATEWAY_ADDRESS"]
    assert "dask_config" not in json.loads(composed(gateway=False).addresses)


def test_only_web_and_runner_know_redis(composed: Composer) -> None:
    stack = composed()
    url = json.loads(stack.addresses)["redis_url"]
    knowing = {p.name for p in stack.processes if url in p.environ.values()}
    assert knowing == {"web", "runner"}


def test_settings_reach_web_and_runner(composed: Composer) -> None:
    processes = named(composed())
    assert processes["web"].environ["PORTA_MAX_STEPS"] == "1000"
    assert processes["runner"].environ["PORTA_MAX_STEPS"] == "1000"


def test_a_wrong_setting_is_refused_before_anything_starts(composed: Composer) -> None:
    with pytest.raises(SettingsError, match="PORTA_MAX_STEPS"):
        composed({**ENVIRON, "PORTA_MAX_STEPS": "many"})


def test_a_number_of_workers_that_was_asked_for_is_kept(composed: Composer) -> None:
    processes = named(composed({**ENVIRON, "PORTA_MAX_WORKERS": "9"}))
    assert processes["runner"].environ["PORTA_MAX_WORKERS"] == "9"
    assert json.loads(processes["gateway"].environ["EMBEDDED_GATEWAY"])["max_workers"] == 9


def test_every_process_carries_the_folders_mark(composed: Composer) -> None:
    for process in composed().processes:
        assert process.environ.items() >= composed.data_dir.mark.items()


def test_commands_need_nothing_but_this_environments_python(composed: Composer) -> None:
    processes = named(composed())
    for name in ("gateway", "web", "runner"):
        assert processes[name].command[0] == sys.executable


def test_a_taken_port_is_refused(composed: Composer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(PortTaken):
        composed(port=other.getsockname()[1])


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80/"),
        ("0.0.0.0", "http://127.0.0.1:80/"),  # noqa: S104 - nobody listens
        ("::", "http://[::1]:80/"),
        ("orbit.example", "http://orbit.example:80/"),
    ],
)
def test_the_url_is_one_that_a_browser_here_can_open(host: str, url: str) -> None:
    assert browser_url(host, 80) == url


@pytest.mark.parametrize("given", ["", "/somewhere"])
def test_the_web_keeps_exports_in_the_data_directory_unless_it_is_told_otherwise(
    composed: Composer, given: str
) -> None:
    web = named(composed(ENVIRON | {"PORTA_EXPORT_FOLDER": given}))["web"]
    expected = given or str(composed.data_dir.exports)
    assert web.environ["PORTA_EXPORT_FOLDER"] == expected
