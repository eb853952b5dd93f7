"""The names that connect the two stacks, the charts and the application.

The stacks refer to each other by these names and not by Terraform outputs, so each can be planned
without the other. The templates of Porta's chart spell the same names; tests hold them equal.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "API_PORT",
    "GATEWAY_API",
    "GATEWAY_KEY",
    "GATEWAY_RELEASE",
    "GATEWAY_SECRET",
    "NAMESPACE_LABEL",
    "NOTEBOOK_KEY",
    "NOTEBOOK_SECRET",
    "PART_OF",
    "REDIS_ACL_KEY",
    "REDIS_ACL_SECRET",
    "REDIS_PORT",
    "REDIS_RELEASE",
    "REDIS_URL_KEY",
    "REDIS_URL_SECRET",
    "SCHEDULER_PRIORITY",
    "SECRETS_REVISION",
    "SERVICE_PRIORITY",
    "SESSION_KEY",
    "SESSION_SECRET",
    "TOKENS_FILE",
    "TOKENS_SECRET",
    "TRAEFIK",
    "WORKER_PRIORITY",
]

NAMESPACE_LABEL: Final = "kubernetes.io/metadata.name"  # Kubernetes sets it on every namespace
PART_OF: Final = ("app.kubernetes.io/part-of", "porta")  # the label of Porta's own namespaces
REDIS_RELEASE: Final = "redis"
GATEWAY_RELEASE: Final = "dask-gateway"
TRAEFIK: Final = "traefik-dask-gateway"  # the Gateway chart's Service for that release name
GATEWAY_API: Final = "api-dask-gateway"
API_PORT: Final = 8_000
REDIS_PORT: Final = 6_379

# PriorityClasses, which belong to the whole Kubernetes cluster.
SERVICE_PRIORITY: Final = "porta-service"
SCHEDULER_PRIORITY: Final = "porta-scheduler"
WORKER_PRIORITY: Final = "porta-worker"

# The names of Secrets and of their keys, never their contents.
REDIS_ACL_SECRET: Final = "redis-users"  # noqa: S105 -- a name
REDIS_ACL_KEY: Final = "users.acl"
REDIS_URL_SECRET: Final = "porta-redis"  # noqa: S105 -- a name
REDIS_URL_KEY: Final = "url"
GATEWAY_SECRET: Final = "porta-dask-gateway"  # noqa: S105 -- a name
GATEWAY_KEY: Final = "password"
NOTEBOOK_SECRET: Final = "porta-notebook"  # noqa: S105 -- a name
NOTEBOOK_KEY: Final = "token"
SESSION_SECRET: Final = "porta-session"  # noqa: S105 -- a name
SESSION_KEY: Final = "key"
TOKENS_SECRET: Final = "porta-tokens"  # noqa: S105 -- a name
TOKENS_FILE: Final = "tokens"
SECRETS_REVISION: Final = "porta/secrets-revision"
