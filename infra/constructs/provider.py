"""What both stacks start with: Terraform's version, the backend, and access to the cluster."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infra._cdk import (
    HelmProvider,
    HelmProviderKubernetes,
    HttpBackend,
    KubernetesProvider,
    LocalBackend,
    S3Backend,
    TerraformStack,
)

if TYPE_CHECKING:
    from infra.settings import Settings

__all__ = ["prepare"]

TERRAFORM: Final = ">= 1.11"  # the first with write-only attributes
ROOT: Final = "../../.."  # seen from Terraform's working directory, cdktf.out/stacks/<stack>


def prepare(stack: TerraformStack, name: str, settings: Settings) -> None:
    """Give a stack its Terraform version, backend and providers."""
    stack.add_override("terraform.required_version", TERRAFORM)
    _backend(stack, name, settings)
    access: dict[str, Any] = {
        "config_paths": _kubeconfigs(settings.kubeconfig),
        "config_context": settings.kube_context or None,
    }
    KubernetesProvider(stack, "Kubernetes", **access)
    HelmProvider(stack, "Helm", kubernetes=HelmProviderKubernetes(**access))


def _kubeconfigs(paths: str) -> list[str]:
    """Return the files, with absolute paths, because Terraform runs in another directory."""
    files = [file for file in paths.split(os.pathsep) if file]
    return [file if file.startswith("~") else str(Path(file).absolute()) for file in files]


def _backend(stack: TerraformStack, name: str, settings: Settings) -> None:
    match settings.backend:
        case "s3":
            region, bucket, prefix = settings.backend_location.split("/", 2)
            key = f"{prefix}/{name}.tfstate"
            S3Backend(stack, region=region, bucket=bucket, key=key, encrypt=True)
            # A lock in the bucket itself (Terraform 1.10), which cdktf has no argument for.
            stack.add_override("terraform.backend.s3.use_lockfile", True)  # noqa: FBT003 -- cdktf's own
        case "http":
            HttpBackend(stack, address=f"{settings.backend_location}/{name}")
        case _:
            LocalBackend(stack, path=f"{ROOT}/terraform.{name}.tfstate")
