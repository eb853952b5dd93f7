"""What is chosen for a cluster test, and why it would not begin: read once, from the environment.

- `CONTEXT` names the cluster, and must be kubectl's current context.
- `DEPLOY_WITH` is `cdktf`, `cdktn` or `direct`; else it is the first that works here.
- `PAGE_URL` is where the web is reached; else a node's port, else a port that is forwarded.
- `IMAGE_LOAD` and `KIND` are those of `make image-load`.
- `UPGRADE_TAG` names other images; it has to, where the nodes pull them.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.main import synthesise
from infra.settings import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HOUSE", "STRANGERS", "Choices", "Refusal", "choose", "found_tool", "is_initialised"]

HOUSE: Final = Path(__file__).parents[2]
STRANGERS: Final = "porta-strangers"  # the namespace of a pod that is not Porta's
TOOLS: Final = ("cdktf", "cdktn", "direct")
PROVIDERS_S: Final = 300.0
STATES: Final = ("terraform.infra-base.tfstate", "terraform.infra-apps.tfstate")


class Refusal(Exception):
    """Why the test does not begin, as a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a cluster test is told."""

    context: str
    tool: str  # one of TOOLS
    why: str  # that tool, for the first line that is printed
    page_url: str


def choose(environ: Mapping[str, str], *, house: Path = HOUSE) -> Choices:
    """Read the choices, and look whether the cluster may be used; raises Refusal."""
    context = environ.get("CONTEXT", "")
    if not context:
        raise Refusal("Say which cluster, by its context: make cluster-test CONTEXT=name.")
    current = _kubectl("config", "current-context").strip()
    if context != current:
        raise Refusal(f"CONTEXT is {context}, but kubectl's current context is {current}.")
    settings = _settings(environ)
    _look_for_namespaces(settings, context)
    tool, why = found_tool(environ, settings)
    if tool != "direct":
        _look_for_states(settings, house)
    if shutil.which("helm") is None:
        raise Refusal("helm is not installed, or not in PATH.")
    return Choices(context=context, tool=tool, why=why, page_url=environ.get("PAGE_URL", ""))


def _settings(environ: Mapping[str, str]) -> Settings:
    try:
        settings = Settings.load(environ)
    except SettingsError as error:
        raise Refusal(f"infra: {error}") from None
    own = Settings.load({})
    if (settings.namespace, settings.gateway_namespace) != (own.namespace, own.gateway_namespace):
        raise Refusal(
            "The test runs the commands of docs/deploy.md, which name the namespaces sedaro and"
            " sedaro-gateway: unset INFRA_NAMESPACE and INFRA_GATEWAY_NAMESPACE."
        )
    if settings.auth != "none":
        raise Refusal("The test signs in nowhere: unset INFRA_AUTH.")
    if settings.secrets != "made":
        raise Refusal("The test has new passwords made: unset INFRA_SECRETS.")
    if _are_pulled(settings, environ) and not environ.get("UPGRADE_TAG"):
        raise Refusal(
            "The nodes pull the images, so the test can't give them others for the upgrade: push"
            " the same images under another tag, and say it in UPGRADE_TAG."
        )
    return settings


def _are_pulled(settings: Settings, environ: Mapping[str, str]) -> bool:
    """Whether the nodes get the images from a registry, and not from `make image-load`."""
    own = Settings.load({})
    named = (settings.image, settings.notebook_image) != (own.image, own.notebook_image)
    return named or environ.get("IMAGE_LOAD", "").strip() in {"true", ":"}


def _look_for_namespaces(settings: Settings, context: str) -> None:
    listed = _kubectl("--context", context, "get", "namespaces", "-o", "name").split()
    for name in (settings.namespace, settings.gateway_namespace, STRANGERS):
        if f"namespace/{name}" in listed:
            raise Refusal(
                f"The namespace {name} is there already, and the test would remove all in it."
            )


def _look_for_states(settings: Settings, house: Path) -> None:
    """Refuse where Terraform's state may be that of another deployment, which it would change."""
    if settings.backend != "local":
        raise Refusal(
            "The state is kept elsewhere, and the test would change it: set INFRA_BACKEND=local."
        )
    for file in (house / name for name in STATES):
        if file.exists() and json.loads(file.read_text("utf-8")).get("resources"):
            raise Refusal(
                f"{file.name} is the state of a deployment: move it away, and back after."
            )


def found_tool(environ: Mapping[str, str], settings: Settings) -> tuple[str, str]:
    """Return what deploys, and why that; raises Refusal if DEPLOY_WITH is not known."""
    chosen = environ.get("DEPLOY_WITH", "")
    if chosen:
        if chosen not in TOOLS:
            raise Refusal(f"DEPLOY_WITH must be one of {', '.join(TOOLS)}.")
        return chosen, "as DEPLOY_WITH says"
    installed = [name for name in ("cdktf", "cdktn") if shutil.which(name)]
    if not installed:
        return "direct", "neither cdktf nor cdktn is in PATH"
    if not _providers_can_be_had(settings):
        return "direct", "Terraform can't get its providers here"
    return installed[0], f"{installed[0]} is in PATH, and Terraform gets its providers"


def _providers_can_be_had(settings: Settings) -> bool:
    terraform = shutil.which("terraform")
    if terraform is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        stack = synthesise(settings, Path(folder)) / "stacks" / "infra-base"
        return is_initialised(terraform, stack)


def is_initialised(terraform: str, stack: Path, *, within_s: float = PROVIDERS_S) -> bool:
    """Whether Terraform gets the providers of a stack in time."""
    init = (terraform, "init", "-backend=false", "-input=false")
    try:
        done = subprocess.run(  # noqa: S603 -- a fixed command
            init, cwd=stack, capture_output=True, timeout=within_s, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _kubectl(*words: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 -- fixed commands
            ["kubectl", *words],  # noqa: S607 -- the user's own
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
    except FileNotFoundError:
        raise Refusal("kubectl is not installed, or not in PATH.") from None
    except subprocess.TimeoutExpired:
        raise Refusal("The cluster did not answer within 30 s.") from None
    except subprocess.CalledProcessError as error:
        raise Refusal(f"kubectl: {error.stderr.strip()}") from None
    return done.stdout
