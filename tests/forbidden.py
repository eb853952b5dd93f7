"""What Porta's user of Redis may not do."""

from __future__ import annotations

from typing import Final

import redis

FORBIDDEN: Final = (
    ("FLUSHALL",),
    ("FLUSHDB",),
    ("CONFIG", "GET", "*"),
    ("CONFIG", "SET", "dir", "x"),
    ("KEYS", "*"),
    ("SCAN", "0"),
    ("ACL", "LIST"),
    ("SHUTDOWN",),
    ("MONITOR",),
    ("REPLICAOF", "203.0.113.1", "6379"),
    ("MODULE", "LIST"),
    ("CLIENT", "LIST"),
    ("SCRIPT", "FLUSH"),
    ("FUNCTION", "FLUSH"),
    ("EVAL", "return 1", "0"),
    ("SAVE",),
    ("PUBLISH", "channel", "x"),
    ("GET", "other"),
    ("SET", "other", "x"),
    ("DEL", "propagations"),
    ("SET", "run", "x"),
    ("RENAME", "run/a", "run/b"),
)


def allowed(client: redis.Redis) -> list[tuple[str, ...]]:
    """Try all of it; return what was not refused."""
    return [words for words in FORBIDDEN if not _refused(client, *words)]


def _refused(client: redis.Redis, *words: str) -> bool:
    try:
        client.execute_command(*words)  # type: ignore[no-untyped-call] # redis-py has no annotations here
    except redis.exceptions.NoPermissionError:
        return True
    return False
