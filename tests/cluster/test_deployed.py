"""From nothing to a page that answers."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Final

from tests.cluster import commands
from tests.cluster.choices import HOUSE
from tests.cluster.kube import GATEWAY, PORTA
from tests.cluster.story import say
from tests.cluster.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cluster.deployment import Deployment
    from tests.cluster.kube import Kube
    from tests.cluster.site import Site

LOAD_S: Final = 900.0
READY_S: Final = 120.0
SECRETS: Final = (
    *((PORTA, name) for name in ("redis-users", "porta-redis", "porta-session", "porta-notebook")),
    *((space, "porta-dask-gateway") for space in (PORTA, GATEWAY)),
)


def test_the_check_finds_a_cluster_that_is_fit_for_it(deployment: Deployment) -> None:
    report = deployment.check()
    assert report.code == 0, report.text
    assert "releases: none yet" in report.text


def test_a_first_deployment_is_ready_from_nothing(deployment: Deployment, site: Site) -> None:
    deployment.shell.run(commands.LOAD, within_s=LOAD_S)
    deployment.deploy()
    until(site.is_ready, "/readyz says ok", within_s=READY_S)
    say(f"/readyz: {site.readiness()}")
    deployment.is_sound()


def test_a_second_deployment_restarts_nothing(deployment: Deployment) -> None:
    before = deployment.pods()
    deployment.deploy()
    assert deployment.pods() == before


def test_no_password_is_in_a_file_a_value_or_a_log(deployment: Deployment, kube: Kube) -> None:
    secrets = [text for space, name in SECRETS for text in kube.secret(space, name).values()]
    passwords = {word for text in secrets for word in _passwords(b64decode(text).decode())}
    assert len(passwords) == 5
    assert deployment.printed
    written = {
        "ConfigMaps": "".join(str(kube.items("configmaps", space)) for space in (PORTA, GATEWAY)),
        "what deployments printed": deployment.printed,
        "logs": deployment.logs(),
        "pods": "".join(str(kube.items("pods", space)) for space in (PORTA, GATEWAY)),
        "releases": "".join(
            deployment.shell.run(f"helm -n {space} get all {name}").output
            for space, name in ((PORTA, "porta"), (PORTA, "redis"), (GATEWAY, "dask-gateway"))
        ),
        **{str(file): file.read_text(errors="replace") for file in _synthesised()},
    }
    assert [
        (place, word[:4]) for place, text in written.items() for word in passwords if word in text
    ] == []


def _passwords(text: str) -> list[str]:
    """Return the words of forty letters and digits in a Secret."""
    words = "".join(each if each.isalnum() else " " for each in text).split()
    return [word for word in words if len(word) == 40]


def _synthesised() -> list[Path]:
    outputs = [one for one in (HOUSE / "cdktf.out").rglob("*") if one.suffix in {".json", ".yaml"}]
    return [*outputs, *HOUSE.glob("terraform.*.tfstate*")]


def test_the_runner_says_that_it_is_alive(deployment: Deployment) -> None:
    deployment.shell.run(commands.PROBE)
