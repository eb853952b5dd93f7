"""The PromQL expressions of dashboard and alert rules, parsed as Prometheus does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import promql_parser as promql
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

CHARTS: Final = Path(__file__).parents[1] / "charts"
# Variables that Grafana replaces by a duration in its queries.
INTERVAL: Final = {"$__rate_interval": "5m"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One expression, and where it is."""

    where: str
    expr: str

    @property
    def parsed(self) -> promql.Expr:
        """The expression as a tree; raises ValueError where Prometheus would refuse it."""
        text = self.expr
        for variable, span in INTERVAL.items():
            text = text.replace(variable, span)
        return promql.parse(text)


@dataclass(frozen=True, slots=True)
class Selected:
    """A metric that is selected, and the matchers of its labels."""

    metric: str
    matchers: tuple[tuple[str, str, str], ...]


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CHARTS / "grafana" / "porta.json").read_text())
    return found


def alerts() -> list[dict[str, Any]]:
    rules = yaml.safe_load((CHARTS / "prometheus" / "porta.rules.yaml").read_text())
    return [rule for group in rules["groups"] for rule in group["rules"]]


def everything_asked() -> list[Asked]:
    panels = [
        Asked(f"panel {panel['id']}{target['refId']} {panel['title']}", target["expr"])
        for panel in dashboard()["panels"]
        for target in panel.get("targets", ())
    ]
    return [*panels, *(Asked(f"alert {rule['alert']}", rule["expr"]) for rule in alerts())]


def parts(expr: Any) -> Iterator[Any]:  # noqa: ANN401 - a union of a dozen classes
    """Yield an expression and all its parts."""
    yield expr
    inner = [getattr(expr, name, None) for name in ("lhs", "rhs", "expr", "vector_selector")]
    for part in (*inner, *getattr(expr, "args", ())):
        if part is not None:
            yield from parts(part)


def selected(expr: Any) -> list[Selected]:  # noqa: ANN401 - as above
    """Return the metrics that an expression reads."""
    return [
        Selected(
            part.name or "",
            tuple((one.name, str(one.op), one.value) for one in part.matchers.matchers),
        )
        for part in parts(expr)
        if isinstance(part, promql.VectorSelector)
    ]


def grouped(expr: Any) -> set[str]:  # noqa: ANN401 - as above
    """Return the labels by which, or without which, an expression aggregates."""
    modifiers = [
        part.modifier
        for part in parts(expr)
        if isinstance(part, promql.AggregateExpr) and part.modifier is not None
    ]
    return {label for modifier in modifiers for label in modifier.labels}
