"""Which format an answer has: what `format=` says, else what `Accept` prefers (RFC 9110, 12.5.1).

- Without either, and for whoever takes anything (`*/*`), it is the address' default.
- An answer that `Accept` could have changed says so: `Vary: Accept`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import g, request

from frontend.errors import NotAcceptable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask, Response

    from sim.export import Format

__all__ = ["chosen_format", "register"]


def register(app: Flask) -> None:
    """Make `app` say where `Accept` has been looked at."""
    app.after_request(_varied)


def chosen_format(formats: Mapping[str, Format], named: str | None) -> Format:
    """Return the format that a request's query has named, else the one that its `Accept` prefers.

    The first of `formats` is the default. Raises NotAcceptable.
    """
    if named is not None:
        return formats[named]
    g.varies_by_accept = True
    offered = {_bare(form.media_type): form for form in formats.values()}
    accepted = {_bare(name): quality for name, quality in request.accept_mimetypes}
    if not accepted:
        return next(iter(offered.values()))
    best = max(offered, key=lambda media_type: _quality(media_type, accepted))
    if not _quality(best, accepted):
        raise NotAcceptable(tuple(offered))
    return offered[best]


def _quality(media_type: str, accepted: Mapping[str, float]) -> float:
    """Return how much a media type is preferred: by the most specific of what is accepted."""
    family = media_type.partition("/")[0]
    for name in (media_type, f"{family}/*", "*/*"):
        if name in accepted:
            return accepted[name]
    return 0.0


def _bare(media_type: str) -> str:
    """Return a media type without its parameters: `text/csv` of `text/csv; charset=utf-8`."""
    return media_type.partition(";")[0].strip().lower()


def _varied(response: Response) -> Response:
    if g.get("varies_by_accept", False):
        response.headers.add("Vary", "Accept")
    return response
