"""The errors of the frontend, as one tree; each carries its data and reads as a sentence.

FrontendError
├── BadRequest          the request is invalid
├── Unauthenticated     the request needs credentials
├── Forbidden           the principal may not do that
├── NotFound            there is nothing under that name
├── NotAcceptable       it can't be had in any format that the client takes
├── PreconditionFailed  the file is not the one that the client means
├── RangeNotSatisfiable the file ends before the part that was asked for
├── NotReady            the propagation is not computed yet
├── Busy                too many requests of this kind are being served
├── QueueFull           the queue of runs is full
├── RepairDelayed       a damaged result can't be computed again yet
├── QuotaExceeded       the principal has used up a quota
├── LeaseLost           another owner has the run now
├── ChainBroken         a stored stretch is missing or altered
├── SettingsError       a setting is missing or invalid
└── StorageError        Redis did not carry out a call
    ├── StorageUnavailable   it can't be reached, responds too late, or says "not now"
    │   ├── LoginRefused     it refuses the user name or the password
    │   └── NotPermitted     it does not allow its user the call
    ├── StorageFull          it has no memory left
    ├── StorageRefused       it refuses the call itself, and will refuse it again
    └── ValueTooLarge        the value is larger than Redis can hold

`web/error_handler.py` maps them to HTTP, in one place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from frontend.domain.resource import Resource

__all__ = [
    "BadRequest",
    "Busy",
    "ChainBroken",
    "Forbidden",
    "FrontendError",
    "LeaseLost",
    "LoginRefused",
    "NotAcceptable",
    "NotFound",
    "NotPermitted",
    "NotReady",
    "PreconditionFailed",
    "QueueFull",
    "QuotaExceeded",
    "RangeNotSatisfiable",
    "RepairDelayed",
    "SettingsError",
    "StorageError",
    "StorageFull",
    "StorageRefused",
    "StorageUnavailable",
    "Unauthenticated",
    "ValueTooLarge",
]


def _seconds(number: int) -> str:
    return f"{number:,} second{'s' * (number != 1)}"


class FrontendError(Exception):
    """An error that can be shown to a person; `detail` is the sentence."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class BadRequest(FrontendError):
    """The request is invalid; the sentence says what would be valid."""


class Unauthenticated(FrontendError):
    """The request has no credentials, or (`invalid`) unknown ones."""

    def __init__(self, detail: str, *, invalid: bool = False) -> None:
        super().__init__(detail)
        self.invalid = invalid


class Forbidden(FrontendError):
    """The principal may not do that."""


class NotFound(FrontendError):
    """There is nothing under the requested name.

    `retry_after_s` is when to ask again, where something can be done about it.
    """

    def __init__(self, detail: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class NotAcceptable(FrontendError):
    """The client takes none of the formats that there are, by their media types."""

    def __init__(self, offered: tuple[str, ...]) -> None:
        super().__init__(
            f"Accept takes none of the formats that there are here: {', '.join(offered)}. Name one "
            "of them, or */*, or say format= in the address."
        )
        self.offered = offered


class PreconditionFailed(FrontendError):
    """The file does not have an entity tag that `If-Match` names."""

    def __init__(self) -> None:
        super().__init__(
            "The file is not the one that If-Match names any more; ask without it for the one that "
            "there is now."
        )


class RangeNotSatisfiable(FrontendError):
    """The file, of so many bytes, ends before the range that was asked for."""

    def __init__(self, size: int) -> None:
        super().__init__(f"The file has {size:,} bytes, and none in this range; ask for another.")
        self.size = size


class NotReady(FrontendError):
    """The propagation is not computed yet; `resource` is its state."""

    def __init__(self, resource: Resource, *, retry_after_s: int = 2) -> None:
        super().__init__("This run is not complete yet; try again in a moment.")
        self.resource = resource
        self.retry_after_s = retry_after_s


class Busy(FrontendError):
    """Too many expensive requests are being served; `retry_after_s` is when to ask again."""

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__(
            "The server is busy with long requests; "
            f"try again in {_seconds(retry_after_s)}, or ask for less."
        )
        self.retry_after_s = retry_after_s


class QueueFull(FrontendError):
    """Too many runs wait already; `retry_after_s` is when to ask again."""

    def __init__(self, *, waiting: int, retry_after_s: int) -> None:
        super().__init__(
            f"The queue is full ({waiting:,} {'run' if waiting == 1 else 'runs'}); "
            f"try again in {_seconds(retry_after_s)}."
        )
        self.waiting = waiting
        self.retry_after_s = retry_after_s


class RepairDelayed(FrontendError):
    """A stored result is damaged, and the queue is full; `retry_after_s` is when to ask again."""

    def __init__(self, full: QueueFull) -> None:
        super().__init__(f"The stored result is damaged, and can't be computed yet: {full.detail}")
        self.retry_after_s = full.retry_after_s


class QuotaExceeded(FrontendError):
    """The principal has used up a quota; `retry_after_s` is when its window ends."""

    def __init__(self, what: str, rate: str, *, retry_after_s: int) -> None:
        super().__init__(
            f"You have used up your quota of {what}, {rate}; try again in "
            f"{_seconds(retry_after_s)}. You can still read what is already computed."
        )
        self.retry_after_s = retry_after_s


class LeaseLost(FrontendError):
    """The caller does not own this run, or no longer; it must stop working on it."""

    def __init__(self, digest: str) -> None:
        super().__init__(f"The lease on trajectory {digest} belongs to another owner.")
        self.digest = digest


class ChainBroken(FrontendError):
    """Stretch `position` of a trajectory is missing or altered; those before it are intact."""

    def __init__(self, digest: str, position: int, reason: str) -> None:
        super().__init__(f"Stretch {position} of trajectory {digest} can't be used: {reason}.")
        self.digest = digest
        self.position = position
        self.reason = reason


class SettingsError(FrontendError):
    """A setting is missing or invalid; `variable` is its name."""

    def __init__(self, variable: str, detail: str) -> None:
        super().__init__(f"{variable}: {detail}")
        self.variable = variable


class StorageError(FrontendError):
    """Redis did not carry out a call; nothing is known to have been written."""


class StorageUnavailable(StorageError):
    """Redis can't be reached, responds too late, or can't do it now."""


class LoginRefused(StorageUnavailable):
    """Redis refuses the user name or the password; `code` is its reply's, as WRONGPASS."""

    def __init__(self, code: str) -> None:
        super().__init__(
            f"The storage refuses Porta's login ({code}): "
            "check the user name and the password in REDIS_URL."
        )
        self.code = code


class NotPermitted(StorageUnavailable):
    """Redis does not allow Porta's user the call; `code` is its reply's, NOPERM."""

    def __init__(self, code: str) -> None:
        super().__init__(
            f"The storage does not allow Porta's user what Porta needs ({code}): "
            "check the user's rules in Redis."
        )
        self.code = code


class StorageFull(StorageError):
    """Redis has no memory left for the value."""


class StorageRefused(StorageError):
    """Redis refuses the call itself; `code` is its reply's, as WRONGTYPE."""

    def __init__(self, code: str) -> None:
        super().__init__(f"The storage refused a call with the error {code}.")
        self.code = code


class ValueTooLarge(StorageError):
    """The value is larger than Redis can hold under one key."""

    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(
            f"A value of {size_bytes} bytes is more than the {limit_bytes} that Redis holds."
        )
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes
