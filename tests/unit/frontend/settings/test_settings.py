"""Claims about the settings: what is read, what is refused, and that every one is documented."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontend.errors import SettingsError
from frontend.settings import VARIABLES, Settings
from sim.models.nbody.cost import FORCES, GAUSS_RADAU_FORCES, work_per_step

DOCUMENT = Path(__file__).parents[4] / "docs" / "configuration.md"


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_environ({}) == Settings()


def test_an_empty_variable_counts_as_absent() -> None:
    assert Settings.from_environ({"PORTA_MAX_RUNS": "", "REDIS_URL": " "}) == Settings()


def test_settings_cannot_be_changed_after_the_start() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().max_runs = 3  # type: ignore[misc] # the claim is that this fails


def test_every_variable_arrives_in_its_field() -> None:
    settings = Settings.from_environ(
        {
            "REDIS_URL": "rediss://user:secret@redis:6380/1",
            "DASK_GATEWAY_ADDRESS": "http://gateway:8000/",
            "DASK_GATEWAY_PROXY_ADDRESS": "tls://gateway:8786",
            "DASK_GATEWAY_PASSWORD": "hush",
            "PORTA_INLINE_WORK": "0",
            "PORTA_SLICE_BUDGET": "64MiB",
            "PORTA_RESULT_TTL": "30d",
            "PORTA_RUNNER": "external",
            "PORTA_AUTH": "none",
            "PORTA_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
        }
    )
    assert settings.trusted_proxies == ("10.0.0.0/8", "::1/128")
    assert settings.redis_location == "rediss://user:secret@redis:6380/1"
    assert settings.gateway_address == "http://gateway:8000"
    assert settings.gateway_proxy_address == "tls://gateway:8786"
    assert settings.gateway_password == "hush"  # noqa: S105 - a made-up one
    assert settings.inline_work == 0
    assert settings.slice_budget == 64 * 1024 * 1024
    assert settings.result_ttl_s == 30 * 24 * 3600
    assert (settings.runner, settings.auth, settings.has_dask) == ("external", "none", True)


def test_the_representation_shows_no_secret() -> None:
    settings = Settings(
        redis_url="redis://:secret@redis",
        gateway_password="secret",  # noqa: S106
        session_key="secret",
    )
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("address", "url"), [("redis", "redis://redis"), ("10.0.0.7:6380", "redis://10.0.0.7:6380")]
)
def test_the_originals_redis_addr_is_a_host(address: str, url: str) -> None:
    assert Settings.from_environ({"REDIS_ADDR": address}).redis_location == url


def test_redis_url_goes_before_redis_addr() -> None:
    environ = {"REDIS_ADDR": "old", "REDIS_URL": "redis://new"}
    assert Settings.from_environ(environ).redis_location == "redis://new"


@pytest.mark.parametrize("address", ["scheduler:8786", "tcp://scheduler:8786"])
def test_a_scheduler_is_named_with_or_without_its_protocol(address: str) -> None:
    assert Settings.from_environ({"DASK_SCHEDULER": address}).scheduler == "tcp://scheduler:8786"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "http://redis"),
        ("REDIS_URL", "unix://"),
        ("REDIS_ADDR", "redis://redis"),
        ("REDIS_ADDR", "redis:99999"),
        ("DASK_GATEWAY_ADDRESS", "gateway:8000"),
        ("DASK_GATEWAY_ADDRESS", "http://[::1"),
        ("DASK_GATEWAY_PROXY_ADDRESS", "gateway"),
        ("DASK_SCHEDULER", "scheduler"),
        ("DASK_SCHEDULER", "http://scheduler:8786"),
        ("PORTA_MAX_STEPS", "0"),
        ("PORTA_MAX_STEPS", "1e8"),
        ("PORTA_MAX_STEPS", "1_000"),
        ("PORTA_MAX_STEPS", "\u0665\u0660\u0660"),
        ("PORTA_INLINE_WORK", "20000001"),
        ("PORTA_SLICE_BUDGET", "2 potatoes"),
        ("PORTA_RESULT_TTL", "0"),
        ("PORTA_RESULT_TTL", "2w"),
        ("PORTA_RUNNER", "yes"),
        ("PORTA_AUTH", "anyone"),
        ("PORTA_REDIS_CA", "/nowhere"),
        ("PORTA_GATEWAY_CA", __file__),
        ("PORTA_SESSION_KEY", "short"),
        ("PORTA_AUTH_HEADER", "X_Forwarded_User"),
        ("PORTA_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("PORTA_TRUSTED_PROXIES", "proxy.example"),
        ("PORTA_QUOTA_STARTS", "60"),
        ("PORTA_QUOTA_WORK", "1e9/day"),
        ("PORTA_DASHBOARD_URL", "https://dask.example/clusters"),
        ("PORTA_DASHBOARD_URL", "https://dask.example/{name}"),
        ("PORTA_DASHBOARD_URL", "https://dask.example/{cluster"),
    ],
)
def test_a_bad_value_stops_the_start_with_a_sentence_that_names_the_variable(
    name: str, value: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ({name: value})
    assert caught.value.variable == name
    assert caught.value.detail.startswith(name)
    assert caught.value.detail.endswith(".")


def test_a_session_key_that_is_too_short_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ({"PORTA_SESSION_KEY": "hush"})
    assert "hush" not in caught.value.detail


def test_a_bad_redis_url_is_not_repeated_because_it_may_carry_a_password() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ({"REDIS_URL": "http://:secret@redis"})
    assert "secret" not in caught.value.detail


def test_an_unknown_porta_name_stops_the_start_and_the_likely_one_is_named() -> None:
    with pytest.raises(SettingsError, match=r"PORTA_MAX_RUN: .*did you mean PORTA_MAX_RUNS\?"):
        Settings.from_environ({"PORTA_MAX_RUN": "3"})
    with pytest.raises(SettingsError, match="PORTA_ZEBRA"):
        Settings.from_environ({"PORTA_ZEBRA": ""})


@pytest.mark.parametrize(
    "name",
    ["PORTA_PORT", "PORTA_PORT_80_TCP_ADDR", "PORTA_SERVICE_HOST", "PORTA_TEST_DOCKER", "HOME"],
)
def test_what_kubernetes_and_the_tests_put_there_is_ignored(name: str) -> None:
    assert Settings.from_environ({name: "tcp://10.0.0.1:80"}) == Settings()


def test_a_gateway_and_a_scheduler_together_are_refused() -> None:
    with pytest.raises(SettingsError, match="remove one"):
        Settings.from_environ({"DASK_GATEWAY_ADDRESS": "http://g", "DASK_SCHEDULER": "s:1"})


def test_the_dashboards_link_follows_the_template_if_there_is_one() -> None:
    templated = Settings(dashboard_url="https://dask.example/clusters/{cluster}/status")
    assert templated.dashboard("abc", None) == "https://dask.example/clusters/abc/status"
    assert Settings().dashboard("abc", "http://127.0.0.1/abc") == "http://127.0.0.1/abc"


@given(
    st.dictionaries(
        st.sampled_from([variable.name for variable in VARIABLES]),
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40),
        max_size=3,
    )
)
def test_any_text_is_read_or_refused_as_a_settings_error(environ: dict[str, str]) -> None:
    refused: str | None = None
    try:
        Settings.from_environ(environ)
    except SettingsError as error:
        refused = error.variable
    assert refused is None or refused in environ


def test_the_documentation_is_the_table_of_variables() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    table = document.partition("|---|---|---|\n")[2].partition("\n\n")[0]
    assert table.splitlines() == [variable.row for variable in VARIABLES]


def test_the_unit_of_work_is_described_as_both_models_count_it() -> None:
    (text,) = (one.row for one in VARIABLES if one.name == "PORTA_MAX_WORK")
    assert f"{FORCES['kahan-li-8']} times as much with `kahan-li-8`" in text
    assert f"the largest of {GAUSS_RADAU_FORCES}, 12 times agents times massive agents" in text
    for agents, massive in ((2, 1), (2, 0), (7, 5), (100, 1), (300, 300)):
        plain = max(1.0, agents * massive / 2)
        assert work_per_step(agents, massive, "leapfrog") == plain
        assert work_per_step(agents, massive, "kahan-li-8") == 17 * plain
        radau = max(192, 12 * agents * massive, 96 * agents)
        assert work_per_step(agents, massive, "gauss-radau-15") == radau
