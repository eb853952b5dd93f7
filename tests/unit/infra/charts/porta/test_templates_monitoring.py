"""What the chart installs for Prometheus and Grafana."""

from __future__ import annotations

import json
from typing import Any, Final

import yaml

from infra.settings import Settings
from tests.porta_chart import named, objects
from tests.promql import CHARTS

OPERATOR: Final = {"INFRA_MONITORING": "operator", "INFRA_MONITORING_LABEL": "release=stack"}
DASHBOARD: Final = {"INFRA_GRAFANA_DASHBOARD": "true"}


def of_kind(kind: str, environ: dict[str, str]) -> dict[str, dict[str, Any]]:
    return named(objects(Settings.load(environ)), kind)


def test_the_operator_scrapes_the_webs_service() -> None:
    spec = of_kind("ServiceMonitor", OPERATOR)["porta"]["spec"]
    service = of_kind("Service", OPERATOR)["porta"]
    assert spec["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (endpoint,) = spec["endpoints"]
    assert endpoint == {"port": service["spec"]["ports"][0]["name"], "path": "/metrics"}


def test_the_operator_gets_the_alert_rules_word_for_word() -> None:
    rules = yaml.safe_load((CHARTS / "prometheus" / "porta.rules.yaml").read_text("utf-8"))
    assert of_kind("PrometheusRule", OPERATOR)["porta"]["spec"] == {"groups": rules["groups"]}


def test_what_the_operator_reads_has_the_label_that_its_prometheus_selects() -> None:
    for kind in ("ServiceMonitor", "PrometheusRule"):
        assert of_kind(kind, OPERATOR)["porta"]["metadata"]["labels"]["release"] == "stack"


def test_no_pod_is_scraped_twice() -> None:
    web = of_kind("Deployment", OPERATOR)["web"]["spec"]["template"]
    assert "prometheus.io/scrape" not in web["metadata"]["annotations"]


def test_without_the_operator_nothing_needs_its_definitions() -> None:
    for environ in ({}, DASHBOARD):
        kinds = {one["apiVersion"].partition("/")[0] for one in objects(Settings.load(environ))}
        assert "monitoring.coreos.com" not in kinds


def test_grafana_finds_the_dashboard_by_its_label() -> None:
    found = of_kind("ConfigMap", DASHBOARD)["porta-dashboard"]
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    shipped = (CHARTS / "grafana" / "porta.json").read_text("utf-8")
    assert json.loads(found["data"]["porta.json"]) == json.loads(shipped)
    assert "porta-dashboard" not in of_kind("ConfigMap", {})
