"""The errors of the frontend, as one tree; each carries its data and reads as a sentence.

FrontendError
├── BadRequest          what was asked for makes no sense
├── Unauthenticated     nobody knows who asks, and that matters here
├── Forbidden           the asker may not do that
├── NotFound            nothing is known under that name
├── NotReady            it is known, and not computed yet
├── Busy                too much of this is done for others already
├── QueueFull           the line of waiting runs is full
├── QuotaExceeded       the asker has started as much as may be
├── LeaseLost           the run belongs to somebody else now
├── ChainBroken         a stored stretch is missing or altered
├── SettingsError       the environment can't be used as it is
└── StorageError        Redis did not do what it was asked to
    ├── StorageUnavailable   it can't be reached, or answers too late
    ├── StorageFull          it has no memory left
    └── ValueTooLarge        the value is larger than Redis can hold

`problems.py` maps them to HTTP, in one place.
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
    "NotFound",
    "NotReady",
    "QueueFull",
    "QuotaExceeded",
    "SettingsError",
    "StorageError",
    "StorageFull",
    "StorageUnavailable",
    "Unauthenticated",
    "ValueTooLarge",
]


class FrontendError(Exception):
    """Whatever goes wrong in the frontend and can be told to a person; `detail` is the sentence."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class BadRequest(FrontendError):
    """What was asked for makes no sense; the sentence says what would."""


class Unauthenticated(FrontendError):
    """Whoever asked did not say who they are, or (`invalid`) said it with what is not known."""

    def __init__(self, detail: str, *, invalid: bool = False) -> None:
        super().__init__(detail)
        self.invalid = invalid


class Forbidden(FrontendError):
    """Whoever asked may not do that (or start it)."""


class NotFound(FrontendError):
    """Nothing is known under the name that was asked for."""


class NotReady(FrontendError):
    """A propagation that is not computed yet; `resource` tells how far it is."""

    def __init__(self, resource: Resource, *, retry_after_s: int = 2) -> None:
        super().__init__("This propagation is not complete yet; ask again in a moment.")
        self.resource = resource
        self.retry_after_s = retry_after_s


class Busy(FrontendError):
    """What was asked for is dear, and done for others already; `retry_after_s` is when to ask."""

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__(
            "Too many others have records thinned at the moment; ask again in "
            f"{retry_after_s} seconds, or for all records, or for the overview."
        )
        self.retry_after_s = retry_after_s


class QueueFull(FrontendError):
    """Too many runs wait already; `retry_after_s` is when to ask again."""

    def __init__(self, *, waiting: int, retry_after_s: int) -> None:
        super().__init__(
            f"{waiting} propagations wait for a cluster already; "
            f"ask again in {retry_after_s} seconds."
        )
        self.waiting = waiting
        self.retry_after_s = retry_after_s


class QuotaExceeded(FrontendError):
    """The asker has started as much as may be; `retry_after_s` is when there is more."""

    def __init__(self, what: str, rate: str, *, retry_after_s: int) -> None:
        super().__init__(
            f"You have used up your quota of {what}, {rate}; ask again in {retry_after_s} seconds. "
            "What is there already can be read all the same."
        )
        self.retry_after_s = retry_after_s


class LeaseLost(FrontendError):
    """The caller doesn't own this run (any more) and abandons it, without another word."""

    def __init__(self, digest: str) -> None:
        super().__init__(f"The lease on trajectory {digest} belongs to somebody else.")
        self.digest = digest


class ChainBroken(FrontendError):
    """Stretch `position` of a trajectory is missing or altered; what comes before it is good."""

    def __init__(self, digest: str, position: int, reason: str) -> None:
        super().__init__(f"Stretch {position} of trajectory {digest} can't be used: {reason}.")
        self.digest = digest
        self.position = position
        self.reason = reason


class SettingsError(FrontendError):
    """The environment can't be used as it is; `variable` names what to change."""

    def __init__(self, variable: str, detail: str) -> None:
        super().__init__(f"{variable}: {detail}")
        self.variable = variable


class StorageError(FrontendError):
    """Redis did not do what it was asked to; nothing is known to be written."""


class StorageUnavailable(StorageError):
    """Redis can't be reached, refuses the connection, or answers too late."""


class StorageFull(StorageError):
    """Redis has no memory left for what was to be written."""


class ValueTooLarge(StorageError):
    """A value beyond what Redis holds under one key."""

    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(
            f"A value of {size_bytes} bytes is more than the {limit_bytes} that Redis holds."
        )
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes
