"""What both stacks begin with: versions, backend, and how to reach the cluster."""

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
ROOT: Final = "../../.."  # from where Terraform runs, cdktf.out/stacks/<stack>


def prepare(stack: TerraformStack, name: str, settings: Settings) -> None:
    """Give a stack its Terraform version, backend and providers."""
    stack.add_override("terraform.required_version", TERRAFORM)
    _backend(stack, name, settings)
    reached: dict[str, Any] = {
        "config_paths": _kubeconfigs(settings.kubeconfig),
        "config_context": settings.kube_context or None,
    }
    KubernetesProvider(stack, "Kubernetes", **reached)
    HelmProvider(stack, "Helm", kubernetes=HelmProviderKubernetes(**reached))


def _kubeconfigs(said: str) -> list[str]:
    """Return the files; a relative one by its full path, for Terraform runs elsewhere."""
    files = [file for file in said.split(os.pathsep) if file]
    return [file if file.startswith("~") else str(Path(file).absolute()) for file in files]


def _backend(stack: TerraformStack, name: str, settings: Settings) -> None:
    match settings.backend:
        case "s3":
            region, bucket, prefix = settings.backend_location.split("/", 2)
            key = f"{prefix}/{name}.tfstate"
            S3Backend(stack, region=region, bucket=bucket, key=key, encrypt=True)
            # A lock in the bucket itself (Terraform 1.10), which cdktf does not know of.
            stack.add_override("terraform.backend.s3.use_lockfile", True)  # noqa: FBT003 -- cdktf's own
        case "http":
            HttpBackend(stack, address=f"{settings.backend_location}/{name}")
        case _:
            LocalBackend(stack, path=f"{ROOT}/terraform.{name}.tfstate")
