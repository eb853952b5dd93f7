"""Problems: errors as documents of RFC 9457, whichever layer answers with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from frontend.web.http.limits import BODY_LIMIT_BYTES, TIMES_BODY_LIMIT_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MEDIA_TYPE", "TOO_LARGE", "UNEXPECTED", "Problem"]

MEDIA_TYPE: Final = "application/problem+json"  # RFC 9457, section 3


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as a response: its status, its sentence and its headers."""

    status: HTTPStatus
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """Return the members of RFC 9457; with `about:blank` the title is the status's phrase."""
        return {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": int(self.status),
            "detail": self.detail,
        }


TOO_LARGE: Final = Problem(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    f"The request's body is larger than the limit of {BODY_LIMIT_BYTES} bytes "
    f"({TIMES_BODY_LIMIT_BYTES} for the times of states).",
)
UNEXPECTED: Final = Problem(
    HTTPStatus.INTERNAL_SERVER_ERROR, "An unexpected error occurred. It has been logged."
)
