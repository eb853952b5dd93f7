"""Claims about the dashboard and the alert rules as such; their metrics: tests/integration."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from tests.promql import CHARTS, Asked, alerts, dashboard, everything_asked

HOUSE: Final = Path(__file__).parents[2]
CASES: Final = CHARTS / "prometheus" / "porta.rules.test.yaml"
SEVERITIES: Final = {"critical", "warning", "info"}
SPAN: Final = re.compile(r"[1-9][0-9]*[smh]")
GRID_WIDTH: Final = 24


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = dashboard()["panels"]
    return found


@pytest.mark.parametrize("asked", everything_asked(), ids=lambda asked: asked.where)
def test_prometheus_understands_what_is_asked(asked: Asked) -> None:
    assert asked.parsed is not None


def test_what_prometheus_would_refuse_is_refused() -> None:
    asked = Asked("here", "rate(porta_iterations_total)")  # over which span?
    with pytest.raises(ValueError, match="expected type"):
        _ = asked.parsed


def test_every_alert_has_a_name_of_its_own() -> None:
    names = [rule["alert"] for rule in alerts()]
    assert len(names) == len(set(names)) > 10


def test_alerts_fire_when_they_should_and_only_then() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not on the PATH (it comes with Prometheus)")
    done = subprocess.run(  # noqa: S603 - a fixed command
        (promtool, "test", "rules", CASES), check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_case_in_which_it_fires() -> None:
    fired = set(re.findall(r'{alertname="(\w+)"}', CASES.read_text()))
    assert fired == {rule["alert"] for rule in alerts()}


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_says_how_grave_it_is_what_happened_and_where_to_read_on(
    rule: dict[str, Any],
) -> None:
    assert rule["labels"]["severity"] in SEVERITIES
    assert rule["annotations"]["summary"].endswith(".")
    assert SPAN.fullmatch(rule.get("for", "1m"))
    document, anchor = rule["annotations"]["runbook"].split("#")
    assert anchor == rule["alert"].lower()
    assert f"\n### {rule['alert']}\n" in (HOUSE / document).read_text()


def test_what_to_do_is_said_of_no_alert_that_there_is_not() -> None:
    told = re.findall(r"^### (Porta\w+)$", (HOUSE / "docs/operations.md").read_text(), re.MULTILINE)
    assert sorted(told) == sorted(rule["alert"] for rule in alerts())


def test_panels_have_ids_of_their_own_and_say_what_they_show() -> None:
    ids = [panel["id"] for panel in panels()]
    assert len(ids) == len(set(ids))
    assert all(panel["description"] for panel in panels() if panel["type"] != "row")


def test_no_panel_covers_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridPos"]
        cells = {(at["x"] + dx, at["y"] + dy) for dx in range(at["w"]) for dy in range(at["h"])}
        assert at["x"] + at["w"] <= GRID_WIDTH
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_panel_asks_the_prometheus_that_is_chosen() -> None:
    sources = {panel["datasource"]["uid"] for panel in panels() if panel["type"] != "row"}
    variables = {one["name"] for one in dashboard()["templating"]["list"]}
    assert sources == {"${source}"}
    used = set(re.findall(r"\$\{?([a-z]+)", " ".join(asked.expr for asked in everything_asked())))
    assert used <= variables


def test_every_test_that_a_promise_names_is_there() -> None:
    document = (HOUSE / "docs" / "operations.md").read_text()
    named = set(re.findall(r"`(test_\w+)`", document))
    sources = "".join(path.read_text() for path in (HOUSE / "tests").rglob("*.py"))
    assert named
    assert {name for name in named if f"def {name}(" not in sources} == set()
