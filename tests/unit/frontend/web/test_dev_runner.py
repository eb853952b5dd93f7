"""Claims about when a runner is started along, and what is refused.

That it starts, once, and ends with its parent is claimed by tests/integration/test_dev_runner.py.
"""

from __future__ import annotations

import click
import psutil
import pytest

from frontend.errors import SettingsError
from frontend.settings import Settings
from frontend.web.dev_runner import settings_errors_as_usage, start_runner

REDIS = "redis://127.0.0.1:1"
DASK = "127.0.0.1:1"
COMPLETE = Settings(redis_url=REDIS, scheduler=DASK)


def command(name: str) -> click.Context:
    """A command line that runs this command."""
    return click.Context(click.Command(name))


def children() -> list[psutil.Process]:
    return psutil.Process().children()


def test_no_command_but_run_starts_a_runner() -> None:
    before = children()
    start_runner(COMPLETE)
    for name in ("routes", "shell", "web"):
        with command(name):
            start_runner(COMPLETE)
    assert children() == before


def test_the_reloaders_second_process_starts_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WERKZEUG_RUN_MAIN", "true")
    before = children()
    with command("run"):
        start_runner(COMPLETE)
    assert children() == before


def test_none_is_started_where_the_settings_name_another() -> None:
    before = children()
    with command("run"):
        start_runner(Settings(redis_url=REDIS, scheduler=DASK, runner="external"))
    assert children() == before


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        (Settings(scheduler=DASK), "REDIS_URL"),
        (Settings(redis_url=REDIS), "DASK_GATEWAY_ADDRESS"),
    ],
)
def test_a_runner_that_lacks_something_is_refused_before_it_starts(
    settings: Settings, variable: str
) -> None:
    with command("run"), pytest.raises(SettingsError, match=variable):
        start_runner(settings)


def test_under_a_command_line_a_wrong_setting_is_wrong_usage() -> None:
    with (
        command("run"),
        pytest.raises(click.UsageError, match="PORTA_AUTH"),
        settings_errors_as_usage(),
    ):
        raise SettingsError("PORTA_AUTH", "is wrong.")


def test_elsewhere_it_stays_what_it_is() -> None:
    with pytest.raises(SettingsError), settings_errors_as_usage():
        raise SettingsError("PORTA_AUTH", "is wrong.")
