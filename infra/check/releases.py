"""Helm releases: one that is pending or failed, and what differs from what was deployed.

Terraform sees neither a rollback nor a change by hand, so the check compares three things: the
values that the settings give, those of the newest revision, and the objects that are live.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from infra import naming
from infra.charts import third_party
from infra.charts.porta import chart
from infra.charts.porta import values as porta_values
from infra.check.answers import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.check.answers import Answers, Object, Release
    from infra.settings import Settings

__all__ = ["DEPLOY", "differences", "images", "states", "values"]

DEPLOY: Final = "cdktf deploy infra-base infra-apps"
NAMED: Final = 5  # names of values in a sentence; more are counted


def states(_settings: Settings, answers: Answers) -> Iterator[Finding]:
    """Find releases whose last deployment was interrupted or failed."""
    for release in answers.newest():
        name = f"The release {release.name} in {release.namespace}"
        if release.status.startswith("pending-"):
            yield Finding(
                f"{name} is {release.status}: a deployment was interrupted, or one is running. If"
                " none is running, end it before the next deployment.",
                _ending(release, answers),
            )
        elif release.status == "failed":
            yield Finding(
                f"The last deployment of {release.name} in {release.namespace} failed"
                f" ({release.description.rstrip('.')}). Mend what else is listed here, then deploy"
                " again.",
                DEPLOY,
            )


def _ending(release: Release, answers: Answers) -> str:
    """Return the command that ends a pending operation."""
    earlier = [
        one.revision
        for one in answers.releases
        if one.name == release.name and one.status in {"deployed", "superseded"}
    ]
    if not earlier:
        return f"helm -n {release.namespace} uninstall {release.name}"
    return f"helm -n {release.namespace} rollback {release.name} {max(earlier)}"


def values(settings: Settings, answers: Answers) -> Iterator[Finding]:
    """Find releases that were deployed with other values than the settings give now."""
    # A revision of Secrets below the deployed one is a finding of its own.
    revision = max(settings.secrets_revision, answers.secrets_revision())
    wanted = wanted_values(replace(settings, secrets_revision=revision))
    for release in answers.newest():
        if release.status != "deployed" or release.name not in wanted:
            continue
        names = differences(release.values, wanted[release.name])
        if not names:
            continue
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        yield Finding(
            f"The release {release.name} in {release.namespace} has other values than the settings"
            f" give: {', '.join(names[:NAMED])}{more}."
            + (
                " It was rolled back, which Terraform does not see."
                if release.description.startswith("Rollback")
                else ""
            ),
            _again(release, wanted[release.name], answers),
        )


def wanted_values(settings: Settings) -> dict[str, Object]:
    """Return the values that the settings give each release, by its name."""
    return {
        naming.REDIS_RELEASE: third_party.redis(settings),
        naming.GATEWAY_RELEASE: third_party.gateway(settings),
        chart.NAME: porta_values.of(settings),
    }


def _again(release: Release, wanted: Object, answers: Answers) -> str:
    """Return the command that deploys the settings; of a rollback Terraform sees no change."""
    same = [
        one.revision
        for one in answers.releases
        if one.name == release.name
        and one.status == "superseded"
        and not differences(one.values, wanted)
    ]
    if same and release.description.startswith("Rollback"):
        return f"helm -n {release.namespace} rollback {release.name} {max(same)}"
    return DEPLOY


def differences(one: Any, other: Any, name: str = "") -> list[str]:  # noqa: ANN401 -- any JSON
    """Return the names of the values that differ, such as `web.replicas`."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            found
            for key in sorted(one.keys() | other.keys())
            # To Helm, null is the same as a value that is not given.
            for found in differences(one.get(key), other.get(key), f"{name}.{key}".lstrip("."))
        ]
    return [] if one == other else [name]


def images(_settings: Settings, answers: Answers) -> Iterator[Finding]:
    """Find workloads that are missing, or run other images than their release has."""
    live = {
        f"{one['kind']}/{one['metadata']['name']}/{container['name']}": container["image"]
        for kind in ("Deployment", "StatefulSet")
        for one in answers.of_kind(kind)
        for container in one["spec"]["template"]["spec"]["containers"]
    }
    for release in answers.newest():
        if release.status != "deployed":
            continue
        undo = f"helm -n {release.namespace} rollback {release.name} {release.revision}"
        for name, image in release.images.items():
            workload = name.rpartition("/")[0].lower()
            if name not in live:
                yield Finding(
                    f"{workload} in {release.namespace} was deleted after it was deployed, which"
                    " Terraform does not see.",
                    undo,
                )
            elif live[name] != image:
                yield Finding(
                    f"{workload} in {release.namespace} runs the image {live[name]}, but"
                    f" {image} was deployed: it was changed by hand, which Terraform does not see.",
                    undo,
                )
