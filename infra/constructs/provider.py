"""What both stacks begin with: versions, backend, and how to reach the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

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
    context = settings.kube_context or None
    KubernetesProvider(stack, "Kubernetes", config_path=settings.kubeconfig, config_context=context)
    HelmProvider(
        stack,
        "Helm",
        kubernetes=HelmProviderKubernetes(config_path=settings.kubeconfig, config_context=context),
    )


def _backend(stack: TerraformStack, name: str, settings: Settings) -> None:
    match settings.backend:
        case "s3":
            region, bucket, prefix = settings.backend_location.split("/", 2)
            key = f"{prefix}/{name}.tfstate"
            S3Backend(stack, region=region, bucket=bucket, key=key, encrypt=True, use_lockfile=True)
        case "http":
            HttpBackend(stack, address=f"{settings.backend_location}/{name}")
        case _:
            LocalBackend(stack, path=f"{ROOT}/terraform.{name}.tfstate")
