"""What a real Kubernetes 1.36 answered to `infra.check`: only the fields that are read."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.check.answers import Answers, Release
from infra.check.releases import wanted_values
from infra.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SETTINGS", "changed", "recorded"]

RECORDED = Path(__file__).parent / "unit" / "infra" / "check" / "recorded"
SETTINGS = Settings.load({"INFRA_SECRETS_REVISION": "2"})  # as the healthy one was deployed


def recorded(name: str) -> Answers:
    """Return the answers that were recorded under a name."""
    answers = json.loads((RECORDED / f"{name}.json").read_text("utf-8"))
    # The values are not recorded: they were those that the settings give.
    given = wanted_values(SETTINGS)
    answers["releases"] = [Release(**one, values=given[one["name"]]) for one in answers["releases"]]
    return Answers(**answers)


def changed(
    answers: Answers, kind: str, name: str, change: Callable[[dict[str, Any]], object]
) -> Answers:
    """Return the answers with objects of a kind changed whose names start with `name`."""
    copied = replace(answers, cluster=deepcopy(answers.cluster), objects=deepcopy(answers.objects))
    found = [
        one
        for one in (*copied.cluster, *copied.objects)
        if one["kind"] == kind and one["metadata"]["name"].startswith(name)
    ]
    assert found, f"no {kind} {name} was recorded"
    for one in found:
        change(one)
    return copied
