"""The users of Redis: what Porta may do there, and nobody else."""

from __future__ import annotations

from typing import Final

__all__ = ["COMMANDS", "PATTERNS", "acl", "url"]

USER: Final = "porta"
PATTERNS: Final = ("~propagation/*", "~trajectory/*", "~run/*")  # services/frontend/keys.py
# What services/frontend calls, by itself and from its scripts.
COMMANDS: Final = (
    *("+@connection", "-client", "+client|setinfo", "+client|setname", "+client|id"),
    *("+client|unblock", "+@read", "-@dangerous", "+@string", "+@hash", "+@list", "+@set"),
    *("+@sortedset", "+@stream", "+@transaction", "+eval", "+evalsha", "+script|load"),
    *("+del", "+unlink", "+expire", "+pexpire", "+persist", "+time", "-flushall", "-keys"),
)


def acl(*, administrator: str, porta: str) -> str:
    """Return the ACL file; the chart's probes read the default user's password from it."""
    allowed = " ".join((*PATTERNS, *COMMANDS))
    return (
        f"user default on >{administrator} ~* &* +@all\n"
        f"user {USER} on >{porta} resetchannels {allowed}\n"
    )


def url(*, porta: str, host: str) -> str:
    """Return `REDIS_URL` for web and runner."""
    return f"redis://{USER}:{porta}@{host}:6379/0"
