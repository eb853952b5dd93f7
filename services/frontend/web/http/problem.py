"""Problems: errors as documents of RFC 9457, whichever layer answers with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http import HTTPStatus

__all__ = ["MEDIA_TYPE", "Problem"]

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
