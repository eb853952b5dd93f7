"""The users of Redis: an administrator, and Porta's with the commands and keys that Porta uses."""

from __future__ import annotations

from frontend.storage.acl import NAME, RULES

__all__ = ["acl", "url"]


def acl(*, administrator: str, porta: str) -> str:
    """Return the ACL file; the Redis chart's probes read the default user's password from it."""
    return (
        f"user default on >{administrator} ~* &* +@all\nuser {NAME} on >{porta} {' '.join(RULES)}\n"
    )


def url(*, porta: str, host: str, encrypted: bool = False) -> str:
    """Return `REDIS_URL` for web and runner."""
    scheme = "rediss" if encrypted else "redis"
    return f"{scheme}://{NAME}:{porta}@{host}:6379/0"
