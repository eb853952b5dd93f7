"""Records as a streamed file: in which formats, at which address, and the response itself.

- The API offers every format of the table, except those that have a file of their own beside the
  propagation's page (`data.js`).
- An error before the first piece still has a status. A file that the client has already is a 304.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Response, request

from frontend.web.context import services
from frontend.web.http.backpressure import few_at_a_time, while_read
from frontend.web.http.responses import etag_of, started, stream_reply, unchanged
from sim.export import FORMATS, export, thin
from sim.scenario import MODEL_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from frontend.domain.resource import Links
    from sim import Propagation
    from sim.export import Format
    from sim.scenario import PropagationRequest

__all__ = ["API_FORMATS", "PAGE_FILES", "UNBOUNDED", "records_path", "records_reply"]

UNBOUNDED: Final = float("inf")

API_FORMATS: Final[Mapping[str, Format]] = {
    name: form for name, form in FORMATS.items() if form.page_file is None
}
"""The formats of the API's records, by the word in `format=`."""

PAGE_FILES: Final[Mapping[str, Format]] = {
    form.page_file: form for form in FORMATS.values() if form.page_file is not None
}
"""The formats that are files beside the page of a propagation, by the file's name."""


def records_path(links: Links, form: Format) -> str:
    """Return the path of all records of a propagation in a format."""
    if form.page_file is None:
        return f"{links.records}?format={form.name}"
    return f"{links.page}/{form.page_file}"


def records_reply(
    propagation_request: PropagationRequest,
    form: Format,
    window: tuple[float, float] = (-UNBOUNDED, UNBOUNDED),
    max_points: int | None = None,
    *,
    attachment: str | None = None,
) -> Response:
    """Answer with the records of a window of the simulation's time, as a file.

    At most `max_points` of them if that is given. `attachment` names the file for a browser to
    save. Raises NotReady and NotFound.
    """
    propagation = services().propagations.open(propagation_request)
    etag = etag_of(MODEL_VERSION, propagation_request.id, form.name, *window, max_points)
    response = unchanged(etag)
    if response is None:
        is_head = request.method == "HEAD"
        pieces = iter(()) if is_head else _pieces(propagation, form, window, max_points)
        response = stream_reply(pieces, form.media_type, attachment=attachment)
        response.set_etag(etag)
    return response


def _pieces(
    propagation: Propagation, form: Format, window: tuple[float, float], max_points: int | None
) -> Iterator[bytes]:
    """Write the file piece by piece, beginning now."""
    cache = services().slice_cache(propagation.trajectory.digest)
    batches = propagation.slices(*window, cache)
    if max_points is None:
        return started(export(batches, form))
    batches = while_read(batches, request.environ.get("gunicorn.socket"))
    thinned = thin(batches, max_points, agents=len(propagation.trajectory.scenario.agents))
    return started(few_at_a_time(export(thinned, form)))
