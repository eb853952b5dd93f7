"""The rules of Porta's user of Redis: Porta's keys, with the commands that Porta uses.

Whoever has its password can neither empty the server, nor configure it, nor list or touch the
keys of others, also not from a script: Redis checks what scripts call by the same rules. All
tests reach Redis as this user, so a command that is missing here fails at once.
"""

from __future__ import annotations

from typing import Final

__all__ = ["NAME", "RULES"]

NAME: Final = "porta"
PATTERNS: Final = ("~propagation/*", "~trajectory/*", "~run/*")  # keys.py
# What Redis 7.0 doesn't know must not be here: it would refuse the whole file.
COMMANDS: Final = (
    *("+client|id", "+client|setname", "+client|tracking", "+client|unblock"),
    *("+info", "+ping", "+select"),
    *("+evalsha", "+script|load", "+time"),
    *("+del", "+exists", "+expire", "+ttl", "+unlink"),
    *("+get", "+incr", "+incrby", "+mget", "+set"),
    *("+hdel", "+hget", "+hgetall", "+hincrby", "+hmget", "+hset"),
    *("+lindex", "+llen", "+lrange", "+ltrim", "+rpop", "+rpush"),
    *("+sadd", "+scard", "+sismember", "+srem"),
    *("+zadd", "+zcard", "+zcount", "+zrange", "+zrangebyscore", "+zrank", "+zrem"),
    *("+zremrangebyrank", "+zrevrange", "+zrevrangebyscore", "+zscore"),
    *("+xadd", "+xrange", "+xread", "+xrevrange"),
)
# The words of `ACL SETUSER porta on >password ...` and of an ACL file.
RULES: Final = ("resetkeys", "resetchannels", "nocommands", *PATTERNS, *COMMANDS)
