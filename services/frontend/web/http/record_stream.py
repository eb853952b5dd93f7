"""Records as a streamed file: what the API and `data.js` answer with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Response, request

from frontend.web.context import services
from frontend.web.http.backpressure import few_at_a_time, while_read
from frontend.web.http.responses import etag_of, started, stream_reply, unchanged
from sim.export import export, thin
from sim.scenario import MODEL_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim import Propagation
    from sim.export import Format
    from sim.scenario import PropagationRequest

__all__ = ["UNBOUNDED", "records_reply"]

UNBOUNDED: Final = float("inf")


def records_reply(
    wanted: PropagationRequest,
    form: Format,
    window: tuple[float, float] = (-UNBOUNDED, UNBOUNDED),
    max_points: int | None = None,
    *,
    attachment: str | None = None,
) -> Response:
    """Answer with records in a format, 304 if the client has them; raises NotReady, NotFound."""
    opened = services().propagations.open(wanted)
    etag = etag_of(MODEL_VERSION, wanted.id, form.name, *window, max_points)
    response = unchanged(etag)
    if response is None:
        chunks = iter(()) if request.method == "HEAD" else _chunks(opened, form, window, max_points)
        response = stream_reply(chunks, form.media_type, attachment=attachment)
        response.set_etag(etag)
    return response


def _chunks(
    opened: Propagation, form: Format, window: tuple[float, float], max_points: int | None
) -> Iterator[bytes]:
    """Make the file piece by piece."""
    cache = services().slice_cache(opened.trajectory.digest)
    batches = opened.slices(*window, cache)
    if max_points is None:
        return started(export(batches, form))
    read = while_read(batches, request.environ.get("gunicorn.socket"))
    thinned = thin(read, max_points, agents=len(opened.trajectory.scenario.agents))
    return started(few_at_a_time(export(thinned, form)))
