"""Claims about how gunicorn is configured, and where `porta web` refuses to start.

That it serves and stops as a process is claimed by tests/integration/test_web.py.
"""

from __future__ import annotations

import resource
import sys
from typing import TYPE_CHECKING, Any

import pytest
from gunicorn.config import Config

from frontend.errors import SettingsError
from frontend.settings import Settings
from frontend.web.http.limits import BODY_LIMIT_BYTES
from frontend.web.server import gunicorn_app
from frontend.web.server.gunicorn_app import PortaApplication, options, serve
from frontend.web.server.worker import PortaWorker

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = Settings(redis_url="redis://127.0.0.1:1", threads=7, processes=3, log_level="warning")


def configured(host: str = "127.0.0.1") -> Any:  # noqa: ANN401 - gunicorn is not annotated
    return PortaApplication(SETTINGS, options(SETTINGS, host, 8080)).cfg


def test_gunicorn_takes_every_option_and_the_settings_say_how_much_it_serves() -> None:
    cfg = configured()
    assert (cfg.workers, cfg.threads, cfg.loglevel) == (3, 7, "warning")
    assert cfg.worker_class is PortaWorker
    assert cfg.worker_connections > cfg.threads
    assert not cfg.preload_app


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", ("127.0.0.1", 8080)),
        ("localhost", ("localhost", 8080)),
        ("::1", ("::1", 8080)),
    ],
)
def test_it_listens_on_the_address_that_is_given(host: str, address: tuple[str, int]) -> None:
    assert configured(host).address == [address]


def test_neither_a_file_nor_the_environment_nor_the_command_line_configures_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "gunicorn.conf.py").write_text("threads = 99\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--threads 98")
    monkeypatch.setattr(sys, "argv", ["porta", "--threads", "97"])
    assert configured().threads == 7


def test_what_a_client_may_send_is_bounded_below_gunicorns_defaults_or_at_them() -> None:
    cfg, usual = configured(), Config()
    for name in ("limit_request_line", "limit_request_fields", "limit_request_field_size"):
        assert 0 < getattr(cfg, name) <= getattr(usual, name)
    assert BODY_LIMIT_BYTES == 2_000_000


def test_its_connections_fit_into_the_files_that_it_may_open() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    settings = Settings(redis_url="redis://127.0.0.1:1", threads=1_280)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 1_024), hard))
        assert options(settings, "127.0.0.1", 8080)["worker_connections"] < 1_024
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_process_has_the_time_to_compile_the_kernel_before_it_is_taken_for_stuck() -> None:
    assert configured().timeout == 120


def test_no_header_makes_gunicorn_trust_a_proxy() -> None:
    assert configured().forwarded_allow_ips == []


def test_strangers_are_not_listened_to_until_somebody_has_decided_that() -> None:
    with pytest.raises(SettingsError, match="PORTA_AUTH"):
        serve(SETTINGS, "0.0.0.0", 8080)  # noqa: S104 - refused


def test_without_a_redis_it_does_not_start_and_says_what_brings_one() -> None:
    with pytest.raises(SettingsError, match=r"REDIS_URL.*porta serve"):
        serve(Settings(), "127.0.0.1", 8080)


def test_a_way_to_authenticate_that_lacks_something_is_refused_on_loopback_too() -> None:
    with pytest.raises(SettingsError, match="PORTA_TOKENS_FILE"):
        serve(Settings(redis_url="redis://127.0.0.1:1", auth="token"), "127.0.0.1", 8080)


def test_it_may_have_as_many_open_files_as_the_system_allows() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
        gunicorn_app._allow_connections()  # noqa: SLF001 - `serve` does not return
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == hard
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
