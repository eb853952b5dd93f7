"""Secrets: one that is missing, or settings with a revision below the deployed one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra import naming
from infra.check.answers import Finding
from infra.check.releases import DEPLOY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.check.answers import Answers
    from infra.settings import Settings

__all__ = ["missing", "revision"]


def missing(settings: Settings, answers: Answers) -> Iterator[Finding]:
    """Find Secrets that pods need and that are not there, once something is deployed."""
    if not answers.releases:
        return
    for space, name, key in _passwords(settings):
        if key not in answers.secrets.get(f"{space}/{name}", []):
            yield _absent(settings, answers, space, name, key)
    for name, key, command in _given(settings):
        if key not in answers.secrets.get(f"{settings.namespace}/{name}", []):
            yield Finding(_sentence(settings.namespace, name, key), command)


def _passwords(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Yield the Secrets that pods need and Terraform makes: namespace, name, key."""
    space = settings.namespace
    yield space, naming.REDIS_ACL_SECRET, naming.REDIS_ACL_KEY
    yield space, naming.REDIS_URL_SECRET, naming.REDIS_URL_KEY
    yield space, naming.GATEWAY_SECRET, naming.GATEWAY_KEY
    yield settings.gateway_namespace, naming.GATEWAY_SECRET, naming.GATEWAY_KEY
    if settings.auth == "token":
        yield space, naming.SESSION_SECRET, naming.SESSION_KEY
    if settings.notebook:
        yield space, naming.NOTEBOOK_SECRET, naming.NOTEBOOK_KEY


def _absent(settings: Settings, answers: Answers, namespace: str, name: str, key: str) -> Finding:
    sentence = _sentence(namespace, name, key)
    if settings.secrets == "existing":
        command = f"kubectl -n {namespace} create secret generic {name} --from-file={key}"
        return Finding(sentence, command)
    higher = max(answers.secrets_revision(), settings.secrets_revision) + 1
    return Finding(
        f"{sentence} The others hold passwords that belong to it, so make all of them anew: write"
        f" secrets_revision: {higher} into the file of settings.",
        f"INFRA_SECRETS_REVISION={higher} {DEPLOY}",
    )


def _sentence(namespace: str, name: str, key: str) -> str:
    return f"The Secret {name} in {namespace} is missing, or its key {key}."


def _given(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Yield the Secrets that an engineer always creates: name, key, command."""
    create = f"kubectl -n {settings.namespace} create secret"
    if settings.auth == "token":
        name, key = naming.TOKENS_SECRET, naming.TOKENS_FILE
        yield name, key, f"{create} generic {name} --from-file={key}"
    if name := settings.redis_tls_secret:
        files = " ".join(f"--from-file={file}" for file in ("tls.crt", "tls.key", "ca.crt"))
        yield name, "ca.crt", f"{create} generic {name} {files}"
    if settings.exposure == "ingress" and not settings.ingress_cluster_issuer:
        name = settings.ingress_tls_secret
        yield name, "tls.crt", f"{create} tls {name} --cert=tls.crt --key=tls.key"


def revision(settings: Settings, answers: Answers) -> Iterator[Finding]:
    """Find that a deployment would go back to passwords of a lower revision."""
    deployed = answers.secrets_revision()
    if settings.secrets == "made" and settings.secrets_revision < deployed:
        yield Finding(
            f"secrets_revision is {settings.secrets_revision}, but {deployed} is deployed: a"
            " deployment would make new passwords, and restart what reads them. Write"
            f" secrets_revision: {deployed} into the file of settings.",
            f"export INFRA_SECRETS_REVISION={deployed}    # unless the file has it",
        )
