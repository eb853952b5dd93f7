"""What an operation of the API is, and what its statuses mean wherever they occur."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from frontend.web.http.query_params import Parameter

__all__ = [
    "BAD",
    "BEYOND",
    "JSON",
    "NO_FORMAT",
    "NO_RESULT",
    "PARTIAL",
    "REFUSED",
    "UNAVAILABLE",
    "UNCHANGED",
    "UNKNOWN",
    "UNMATCHED",
    "Operation",
]

JSON: Final = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path; `answers` gives the meaning of each status.

    `schema` is that of its JSON documents, by its name among the components; `example` is one. A
    document of status 200 may also have the schema `alternative`.
    """

    method: str
    path: str
    name: str
    summary: str
    description: str
    answers: dict[int, str]
    media_types: tuple[str, ...] = (JSON,)
    schema: str | None = None
    alternative: str | None = None
    example: Mapping[str, Any] | None = None
    query: tuple[Parameter, ...] = ()
    body: str | None = None
    needs_principal: bool = False


BAD: Final = {400: "The id or a parameter is invalid; `detail` says what would be valid."}
UNAVAILABLE: Final = {
    503: "The storage is unavailable or full, or the server is busy; `Retry-After` says when to "
    "try again."
}
REFUSED: Final = {
    401: "A token is required, or the one that was sent is unknown (`PORTA_AUTH=token`).",
    403: "The caller may not start or change anything.",
}
NO_RESULT: Final = {404: "There is no result; with `Retry-After` while it is being computed."}
UNKNOWN: Final = {404: "It has not been requested."}
PARTIAL: Final = {206: "The part of the file that `Range` asks for."}
UNMATCHED: Final = {412: "The file has no entity tag that `If-Match` names."}
BEYOND: Final = {416: "The file ends before the range; `Content-Range` has its length."}
NO_FORMAT: Final = {406: "`Accept` takes none of the formats; `detail` lists them."}
UNCHANGED: Final = {304: "The client has it already (`If-None-Match`)."}
