"""What an error of redis-py means: not now, full, or a login, a permission or a call refused.

- It goes by redis-py's classes and by the reply's code, its first word. A code for which redis-py
  has no class is one of Redis' own, listed here.
- "Not now" is what passes by itself or when Redis is well again: a client is told 503, and when to
  try again. A login or a permission that is refused stays refused until an operator changes it. A
  client is told 500 with the code, as for a call refused, and gains nothing by trying again. A
  runner waits for it all the same, since the operator may change it while the runner runs.
- No sentence repeats more of a reply than its code: the rest may contain keys, and the server's
  address.
"""

from __future__ import annotations

import re
import ssl
from typing import Final

from redis import exceptions

from frontend.errors import (
    LoginRefused,
    NotPermitted,
    StorageError,
    StorageFull,
    StorageRefused,
    StorageUnavailable,
)

__all__ = ["code_of", "storage_error"]

# Conditions that pass; the codes are those of `createSharedObjects` in Redis' server.c, and of
# https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
NOT_NOW: Final = {
    "BUSY": "is busy with a script",
    "CLUSTERDOWN": "belongs to a cluster that is down",
    "INPROG": "is handing over to a replica",
    "IOERR": "can't reach another server that it needs",
    "LOADING": "is loading its data",
    "MASTERDOWN": "is a replica that has lost its primary",
    "MISCONF": "takes no writes, because it can't save them",
    "NOREPLICAS": "takes no writes, because it has too few replicas",
    "READONLY": "is a replica, which takes no writes",
    "TRYAGAIN": "is moving its data to another server",
    "UNBLOCKED": "has changed its role",
}
FULL: Final = "OOM"
LOGIN: Final = ("DENIED", "NOAUTH", "WRONGPASS")  # DENIED: the protected mode without a password
NOT_ALLOWED: Final = "NOPERM"
NO_CODE: Final = "ERR"  # Redis' own code for what has no other
# A pipeline's error begins with the command that caused it (redis-py's `annotate_exception`), and
# a transaction's with what it was (`execCommandAbort` in Redis' multi.c).
CODE: Final = re.compile(
    r"(?:.* of pipeline caused error: )?(?:Transaction discarded because of: )?([A-Z]+)(?= |$)",
    re.DOTALL,
)
_LOGIN_CLASSES: Final = (
    exceptions.AuthenticationError,
    exceptions.AuthenticationWrongNumberOfArgsError,
    exceptions.AuthorizationError,
)
_NO_ANSWER: Final = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.InvalidResponse,
)


def code_of(error: exceptions.RedisError) -> str:
    """Return the code of an error reply, as `MASTERDOWN`; `ERR` if it has none."""
    if error.status_code and not isinstance(error, exceptions.ExecAbortError):
        return error.status_code
    match = CODE.match(str(error))
    return match[1] if match else error.status_code or NO_CODE


def storage_error(error: exceptions.RedisError) -> StorageError | None:
    """Return the error as one of Porta's; None for a mistake in the use of redis-py."""
    code = code_of(error)
    if code == FULL or isinstance(error, exceptions.OutOfMemoryError):
        return StorageFull("The storage is full: Redis has reached its memory limit.")
    if code in LOGIN or isinstance(error, _LOGIN_CLASSES):
        return LoginRefused(code)
    if code == NOT_ALLOWED or isinstance(error, exceptions.NoPermissionError):
        return NotPermitted(NOT_ALLOWED)
    if (condition := NOT_NOW.get(code) or _condition_of(error)) is not None:
        return StorageUnavailable(f"The storage {condition} ({code}); try again in a moment.")
    if isinstance(error, _NO_ANSWER):
        return StorageUnavailable(_why_no_answer(error))
    return StorageRefused(code) if isinstance(error, exceptions.ResponseError) else None


def _condition_of(error: exceptions.RedisError) -> str | None:
    """Return the condition of an error that redis-py has a class for, but that has no code."""
    for kind, code in (
        (exceptions.MasterDownError, "MASTERDOWN"),
        (exceptions.ClusterDownError, "CLUSTERDOWN"),
        (exceptions.BusyLoadingError, "LOADING"),
        (exceptions.ReadOnlyError, "READONLY"),
        (exceptions.TryAgainError, "TRYAGAIN"),
    ):
        if isinstance(error, kind):
            return NOT_NOW[code]
    return None


def _why_no_answer(error: Exception) -> str:
    if isinstance(error.__context__, ssl.SSLCertVerificationError):
        return "The storage's certificate is not trusted here (PORTA_REDIS_CA)."
    if isinstance(error, exceptions.RedisError) and error.status_code == NO_CODE:
        return "The storage accepts no more clients (ERR); try again in a moment."
    return "The storage can't be reached."
