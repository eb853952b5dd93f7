"""What the settings make of the chart's values."""

from __future__ import annotations

from typing import Any

import pytest

from infra import naming
from infra.charts.porta import values
from infra.settings import Settings

PRODUCTION = {"INFRA_PROFILE": "production", "INFRA_INGRESS_HOST": "porta.example.com"}


def of(**environ: str) -> dict[str, Any]:
    return values.of(Settings.load(environ))


def shape(node: object) -> object:
    """The keys of nested mappings; those that are free to choose are left out."""
    if not isinstance(node, dict):
        return None
    return {
        key: None if key in {"settings", "annotations"} else shape(value)
        for key, value in node.items()
    }


@pytest.mark.parametrize("environ", [{}, PRODUCTION, {"INFRA_EXPOSURE": "none"}])
def test_every_value_is_said_and_no_other(environ: dict[str, str]) -> None:
    assert shape(values.of(Settings.load(environ))) == shape(values.defaults())


def test_production_needs_hardly_more_than_the_defaults() -> None:
    own, production = values.defaults(), values.of(Settings.load(PRODUCTION))
    for component in ("runner", "notebook", "gateway", "redis", "image"):
        assert production[component] == own[component]


def test_the_secrets_are_those_that_the_base_makes() -> None:
    own = values.defaults()
    named = [
        (own["redis"]["secret"], own["redis"]["key"]),
        (own["gateway"]["secret"], own["gateway"]["key"]),
        (own["notebook"]["secret"], own["notebook"]["key"]),
        tuple(own["web"]["auth"]["tokens"].values()),
        tuple(own["web"]["auth"]["session"].values()),
    ]
    assert named == [
        (naming.REDIS_URL_SECRET, naming.REDIS_URL_KEY),
        (naming.GATEWAY_SECRET, naming.GATEWAY_KEY),
        (naming.NOTEBOOK_SECRET, naming.NOTEBOOK_KEY),
        (naming.TOKENS_SECRET, naming.TOKENS_FILE),
        (naming.SESSION_SECRET, naming.SESSION_KEY),
    ]


def test_variables_of_the_settings_override_the_charts() -> None:
    found = of(INFRA_APPLICATION="PORTA_LOG_FORMAT=console PORTA_THREADS=8", INFRA_MAX_RUNS="9")
    assert found["settings"] == {
        "PORTA_LOG_FORMAT": "console",
        "PORTA_MAX_RUNS": "9",
        "PORTA_MAX_WORKERS": "2",
        "PORTA_THREADS": "8",
    }


def test_proxies_are_trusted_behind_an_ingress_only() -> None:
    assert of()["web"]["trustedProxies"] == ""
    assert "10.0.0.0/8" in of(**PRODUCTION)["web"]["trustedProxies"]


def test_a_single_replica_has_no_budget_that_would_block_a_drain() -> None:
    assert not of()["web"]["disruptionBudget"]
    assert of(**PRODUCTION)["web"]["disruptionBudget"]


def test_monitoring_and_ingress_in_one_namespace_are_one_peer() -> None:
    found = of(**PRODUCTION, INFRA_INGRESS_NAMESPACE="shared", INFRA_MONITORING_NAMESPACE="shared")
    assert found["network"]["webPeers"] == [
        {"namespaceSelector": {"matchLabels": {naming.NAMESPACE_LABEL: "shared"}}}
    ]
