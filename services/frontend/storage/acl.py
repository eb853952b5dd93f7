"""The ACL rules of Porta's user of Redis: Porta's keys, and the commands that Porta uses.

A client with its password can neither flush nor configure the server, nor list or touch other
keys, nor do so from a script: Redis applies the same rules to what scripts call. The unit
tests connect as this user, so a command that is missing here fails at once.
"""

from __future__ import annotations

from typing import Final

__all__ = ["NAME", "RULES"]

NAME: Final = "porta"
PATTERNS: Final = ("~propagation/*", "~trajectory/*", "~ensemble/*", "~run/*")  # keys.py
# Only commands that Redis 7.0 knows: it refuses an ACL file that names any other.
COMMANDS: Final = (
    *("+client|id", "+client|setname", "+client|tracking", "+client|unblock"),
    *("+info", "+ping", "+select"),
    *("+evalsha", "+script|load", "+time"),
    *("+del", "+exists", "+expire", "+persist", "+ttl", "+unlink"),
    *("+get", "+incr", "+incrby", "+mget", "+set"),
    *("+hdel", "+hexists", "+hget", "+hgetall", "+hincrby", "+hlen", "+hmget", "+hset"),
    *("+lindex", "+llen", "+lrange", "+ltrim", "+rpop", "+rpush"),
    *("+sadd", "+scard", "+sismember", "+srem"),
    *("+zadd", "+zcard", "+zcount", "+zrange", "+zrangebyscore", "+zrank", "+zrem"),
    *("+zremrangebyrank", "+zrevrange", "+zrevrangebyscore", "+zscore"),
    *("+xadd", "+xrange", "+xread", "+xrevrange"),
)
# The rules as `ACL SETUSER porta on >password ...` and an ACL file take them.
RULES: Final = ("resetkeys", "resetchannels", "nocommands", *PATTERNS, *COMMANDS)
