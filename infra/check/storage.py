"""Volumes: a StorageClass that is missing, and sizes that can't be changed in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from infra import naming
from infra.check.answers import Finding
from infra.check.quantity import number
from infra.check.releases import DEPLOY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.check.answers import Answers, Object
    from infra.settings import Settings

__all__ = ["classes", "volumes"]

DEFAULT: Final = "storageclass.kubernetes.io/is-default-class"
REDIS_CLAIM: Final = f"data-{naming.REDIS_RELEASE}-0"
NOTEBOOK_CLAIM: Final = "notebook"
# The folder itself and its lost+found belong to the volume: from inside nobody may set their times
# and modes, so tar would fail.
SAVE_NOTEBOOKS: Final = (
    "exec deployment/notebook -- tar -C /work --exclude ./lost+found -cf - . > notebooks.tar"
)
BRING_NOTEBOOKS: Final = (
    "exec -i deployment/notebook -- tar -C /work --strip-components 1 -xf - < notebooks.tar"
)


def classes(settings: Settings, answers: Answers) -> Iterator[Finding]:
    """Find that new volumes have no StorageClass."""
    if _wanted(settings).keys() <= _bound(answers):
        return
    found = answers.of_cluster("StorageClass")
    names = ", ".join(one["metadata"]["name"] for one in found) or "none"
    if settings.storage_class:
        if settings.storage_class not in names.split(", "):
            yield Finding(
                f"There is no StorageClass {settings.storage_class}, which storage_class names;"
                f" there is: {names}. No volume can be made.",
                "kubectl get storageclass    # set storage_class to one of them",
            )
    elif not any(_annotations(one).get(DEFAULT) == "true" for one in found):
        first = found[0]["metadata"]["name"] if found else "NAME"
        yield Finding(
            "No StorageClass is the default, so no volume can be made;"
            f" there is: {names}. Name one in storage_class, or make it the default.",
            f"kubectl annotate --overwrite storageclass {first} {DEFAULT}=true"
            if found
            else "kubectl get storageclass    # install a provisioner of volumes first",
        )


def volumes(settings: Settings, answers: Answers) -> Iterator[Finding]:
    """Find volumes that the settings would change: Kubernetes refuses that."""
    expandable = {
        one["metadata"]["name"]
        for one in answers.of_cluster("StorageClass")
        if one.get("allowVolumeExpansion")
    }
    rebuild = _rebuild(settings, answers)
    for claim in answers.of_kind("PersistentVolumeClaim"):
        name = claim["metadata"]["name"]
        if name not in _wanted(settings):
            continue
        setting, size = _wanted(settings)[name]
        live = claim["spec"]["resources"]["requests"]["storage"]
        used = claim["spec"].get("storageClassName", "")
        larger = number(size) > number(live)
        if number(size) != number(live) and not (
            larger and name == NOTEBOOK_CLAIM and used in expandable
        ):
            yield _refused(setting, size, name, live, rebuild)
        if settings.storage_class and settings.storage_class != used:
            yield _refused("storage_class", settings.storage_class, name, used, rebuild)


def _refused(setting: str, value: str, claim: str, live: str, rebuild: str) -> Finding:
    return Finding(
        f"{setting} is {value}, but the volume {claim} was made with {live}, and that can't be"
        f" changed in place. Set {setting} back to {live}, or make the volume anew: back up,"
        " destroy, deploy, restore.",
        rebuild,
    )


def _rebuild(settings: Settings, answers: Answers) -> str:
    """Return the command that makes all volumes anew, and keeps what is in them."""
    space = f"NAMESPACE={settings.namespace}"
    claims = {claim["metadata"]["name"] for claim in answers.of_kind("PersistentVolumeClaim")}
    notebook = settings.notebook and NOTEBOOK_CLAIM in claims
    kubectl = f"kubectl -n {settings.namespace}"
    return " && ".join(
        [
            f"{space} scripts/redis-backup > porta.rdb",
            *([f"{kubectl} {SAVE_NOTEBOOKS}"] if notebook else []),
            "cdktf destroy infra-apps infra-base",
            DEPLOY,
            f"{space} scripts/redis-restore < porta.rdb",
            *([f"{kubectl} {BRING_NOTEBOOKS}"] if notebook else []),
        ]
    )


def _wanted(settings: Settings) -> dict[str, tuple[str, str]]:
    """Return the setting and the size of each volume, by its claim."""
    notebook = {NOTEBOOK_CLAIM: ("notebook_volume", settings.notebook_volume)}
    return {
        REDIS_CLAIM: ("redis_volume", settings.redis_volume),
        **(notebook if settings.notebook else {}),
    }


def _bound(answers: Answers) -> set[str]:
    claims = answers.of_kind("PersistentVolumeClaim")
    return {one["metadata"]["name"] for one in claims if one["status"].get("phase") == "Bound"}


def _annotations(one: Object) -> dict[str, Any]:
    found: dict[str, Any] = one["metadata"].get("annotations") or {}
    return found
