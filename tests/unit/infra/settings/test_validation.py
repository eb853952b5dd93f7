"""The ends of what settings may be, and what the limits are that they name."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

import pytest

from infra.charts.porta import values
from infra.settings import Settings, SettingsError, validation
from infra.settings.quantities import cores, mebibytes
from tests.porta_chart import named, objects

RANGES = [(name, *ends) for name, ends in validation.RANGES.items()]


def settings(**given: Any) -> Settings:  # noqa: ANN401 -- any setting
    return Settings(**{"web_replicas_limit": 100} | given)


@pytest.mark.parametrize(("name", "low", "high"), RANGES)
def test_both_ends_of_a_range_are_allowed(name: str, low: float, high: float) -> None:
    for value in (low, high):
        assert getattr(settings(**{"web_replicas": 1, name: value}), name) == value


@pytest.mark.parametrize(("name", "low", "high"), RANGES)
def test_beyond_a_range_the_sentence_names_it(name: str, low: float, high: float) -> None:
    for value in (low / 2, high + 1):
        with pytest.raises(SettingsError, match=f"^{name} must be from {low} to {high}\\.$"):
            settings(**{name: value})


@pytest.mark.parametrize(("name", "smallest"), validation.SMALLEST.items())
def test_the_smallest_size_is_allowed_and_nothing_below(name: str, smallest: str) -> None:
    assert getattr(settings(**{name: smallest}), name) == smallest
    below = f"{int(mebibytes(smallest)) - 1}Mi"
    with pytest.raises(SettingsError, match=f"^{name} must be at least {smallest}\\.$"):
        settings(**{name: below})


def test_every_check_is_about_a_setting() -> None:
    checked = {
        *validation.CHOICES,
        *validation.NAMESPACES,
        *validation.SMALLEST,
        *validation.RANGES,
    }
    assert checked <= {field.name for field in fields(Settings)}


def test_a_request_never_exceeds_a_limit_of_the_chart() -> None:
    own = values.defaults()
    limits = [own[name]["resources"]["limits"] for name in ("web", "runner", "notebook")]
    assert min(cores(one["cpu"]) for one in limits) == validation.POD_LIMIT_CORES
    assert min(mebibytes(one["memory"]) for one in limits) == validation.POD_LIMIT_MIB


def test_a_limit_of_replicas_is_not_below_their_number() -> None:
    with pytest.raises(SettingsError, match="web_replicas_limit"):
        settings(web_replicas=3, web_replicas_limit=2)


@pytest.mark.parametrize("location", ["region", "region/bucket"])
def test_an_s3_backend_needs_all_three_parts(location: str) -> None:
    assert settings(backend="s3", backend_location="region/bucket/a/prefix").backend == "s3"
    with pytest.raises(SettingsError, match="region/bucket/prefix"):
        settings(backend="s3", backend_location=location)


@pytest.mark.parametrize(("variable", "setting"), validation.DECIDED.items())
def test_what_a_setting_decides_is_no_variable_of_the_application(
    variable: str, setting: str
) -> None:
    sentence = f"^application must not have {variable}: {setting} sets it\\.$"
    with pytest.raises(SettingsError, match=sentence):
        settings(application=((variable, "1"),))


@pytest.mark.parametrize(("variable", "setting"), validation.DECIDED_BY_INGRESS.items())
def test_what_an_ingress_decides_is_free_without_one(variable: str, setting: str) -> None:
    own = ((variable, "required"),)
    assert settings(application=own).application == own
    sentence = f"^application must not have {variable}: {setting} sets it\\.$"
    with pytest.raises(SettingsError, match=sentence):
        settings(application=own, exposure="ingress", ingress_host="porta.example.com")


@pytest.mark.parametrize("variable", ["PORTA_SESSION_KEY", "PORTA_TOKENS_FILE"])
def test_a_secret_is_no_variable_of_the_application(variable: str) -> None:
    with pytest.raises(SettingsError, match=f"{variable}: it belongs to the Secret porta-"):
        settings(application=((variable, "k" * 32),))


@pytest.mark.parametrize("variable", ["REDIS_URL", "DASK_GATEWAY_PASSWORD"])
def test_passwords_of_others_are_no_variables_of_the_application(variable: str) -> None:
    with pytest.raises(SettingsError, match=r"^application takes variables of Porta only"):
        Settings.load({"INFRA_APPLICATION": f"{variable}=secret"})


INGRESS: Final = {"exposure": "ingress", "ingress_host": "porta.example.com"}


@pytest.mark.parametrize("auth", ["none", "token", "header"])
def test_every_variable_that_the_chart_sets_is_refused_or_a_default(auth: str) -> None:
    more = {"redis_tls_secret": "redis-tls", "dashboard_url": "https://dask.example.com/{cluster}"}
    found = objects(settings(auth=auth, **more, **INGRESS))
    shared = set(named(found, "ConfigMap")["porta-settings"]["data"])
    for name in ("web", "runner"):
        (container,) = named(found, "Deployment")[name]["spec"]["template"]["spec"]["containers"]
        shared |= {one["name"] for one in container["env"]}
    ours = {name for name in shared if name.startswith("PORTA_")}
    known = {*validation.DECIDED, *validation.DECIDED_BY_INGRESS, *validation.SECRET}
    assert ours - known == {"PORTA_LOG_FORMAT"}  # which the application may change


@pytest.mark.parametrize("exposure", ["none", "nodeport"])
def test_a_proxys_header_is_trusted_behind_an_ingress_only(exposure: str) -> None:
    assert settings(auth="header", **INGRESS).auth == "header"
    with pytest.raises(
        SettingsError, match=r"^auth: header needs exposure: ingress, because .*\.$"
    ):
        settings(auth="header", exposure=exposure)


@pytest.mark.parametrize("name", ["namespace", "gateway_namespace"])
@pytest.mark.parametrize("space", ["default", "kube-system", "kube-public"])
def test_a_namespace_of_kubernetes_is_not_portas(name: str, space: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} must be a namespace of Porta's own, which"):
        settings(**{name: space})
