"""Records as a streamed file: in which formats, at which address, and the response itself.

- The API offers every format of the table, except those that have a file of their own beside the
  propagation's page (`data.js`).
- An error before the first piece still has a status. A file that the client has already is a 304.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import numpy as np
from flask import Response, request

from frontend.web.context import services
from frontend.web.http.backpressure import SENT_BYTES, Reader, hang_up, limit_buffer
from frontend.web.http.responses import etag_of, started, stream_reply, unchanged
from sim.cost_model import record_bytes, slice_bytes
from sim.export import BYTES_PER_POINT, FORMATS, export, export_states, thin
from sim.export.states import BYTES_PER_ROW
from sim.records import schema_of, states_schema_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from frontend.domain.resource import Links
    from sim import Propagation
    from sim.export import Format
    from sim.kernel import Floats
    from sim.scenario import PropagationRequest

__all__ = [
    "API_FORMATS",
    "PAGE_FILES",
    "UNBOUNDED",
    "records_path",
    "records_reply",
    "states_reply",
]

UNBOUNDED: Final = float("inf")
FIND_S: Final = 2e-7  # to find the interval of a time for an agent
RULE: Final = 2  # by which records are chosen; another one gives other bytes

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
    every: int | None = None,
    *,
    attachment: str | None = None,
) -> Response:
    """Answer with the records of a window of the simulation's time, as a file.

    At most `max_points` of them if that is given, or of each agent only `every` so-manyth.
    `attachment` names the file for a browser to save. Raises NotReady, NotFound and Busy.
    """
    opening = services().propagations.opening(propagation_request)
    held_bytes = _held_bytes(opening(), form, max_points)  # not kept while this waits for a place
    version = propagation_request.trajectory.scenario.model.version
    rule = (max_points, RULE) if every is None else ("every", every)
    etag = etag_of(version, propagation_request.id, form.name, *window, *rule)
    return _file(
        form,
        etag,
        attachment,
        lambda: _admitted(
            opening,
            held_bytes,
            lambda propagation, reader: _pieces(
                propagation, form, window, max_points, every, reader
            ),
        ),
    )


def states_reply(
    propagation_request: PropagationRequest,
    form: Format,
    times: Sequence[float],
    *,
    attachment: str | None = None,
) -> Response:
    """Answer with the states at times, as a file: a row for each time and agent.

    Raises NotReady, NotFound and Busy, and RequestError for times that take too much.
    """
    opening = services().propagations.opening(propagation_request)
    wanted = np.asarray(times, np.float64)
    propagation, agents = opening(), len(propagation_request.trajectory.scenario.agents)
    with services().admission.admit(FIND_S * agents * wanted.size):
        propagation.states(wanted)  # which checks them
    held_bytes = _held_by_states(propagation, form, wanted)
    del propagation  # not kept while this waits for a place
    times_digest = hashlib.sha256(wanted.tobytes()).hexdigest()
    model = propagation_request.trajectory.scenario.model
    etag = etag_of(model.version, propagation_request.id, form.name, "times", times_digest)
    return _file(
        form,
        etag,
        attachment,
        lambda: _admitted(
            opening,
            held_bytes,
            lambda propagation, _reader: export_states(
                services().admission.taking_turns(
                    propagation.states(
                        wanted, services().slice_cache(propagation.trajectory.digest)
                    )
                ),
                form,
                states_schema_of(model),
            ),
        ),
    )


def _file(
    form: Format, etag: str, attachment: str | None, write: Callable[[], Iterator[bytes]]
) -> Response:
    """Answer with a file, or that the client has it."""
    response = unchanged(etag)
    if response is None:
        pieces = iter(()) if request.method == "HEAD" else write()
        response = stream_reply(pieces, form.media_type, attachment=attachment)
        response.set_etag(etag)
    return response


def _admitted(
    opening: Callable[[], Propagation],
    held_bytes: int,
    write: Callable[[Propagation, Reader], Iterator[bytes]],
) -> Iterator[bytes]:
    """Write the file piece by piece, beginning now; raises Busy."""
    client = request.environ.get("gunicorn.socket")
    limit_buffer(client)
    reader = Reader(client)
    pieces = services().admission.stream(
        lambda: write(opening(), reader),
        held_bytes=held_bytes,
        disconnect=hang_up(client),
    )
    begun = started(pieces)
    reader.has_begun = True
    return begun


def _pieces(
    propagation: Propagation,
    form: Format,
    window: tuple[float, float],
    max_points: int | None,
    every: int | None,
    reader: Reader,
) -> Iterator[bytes]:
    admission = services().admission
    cache = services().slice_cache(propagation.trajectory.digest)

    def read() -> Iterator[pa.RecordBatch]:
        if every is None:
            slices = propagation.slices(*window, cache)
        else:
            slices = propagation.every(every, *window, cache)
        return admission.taking_turns(slices if max_points is None else reader.while_read(slices))

    scenario = propagation.trajectory.scenario
    agents = len(scenario.agents)
    batches = read() if max_points is None else thin(read, max_points, agents=agents)
    return export(batches, form, schema_of(scenario.model))


def _held_by_states(propagation: Propagation, form: Format, times: Floats) -> int:
    """Estimate what a response with states at times holds in memory while its reader is slow."""
    rows = times.size * len(propagation.trajectory.scenario.agents)
    held = 2 * slice_bytes(propagation.trajectory.scenario) + form.held_bytes + 2 * SENT_BYTES
    own = times.nbytes + propagation.states_held_bytes(times)
    return propagation.nbytes + own + min(held, rows * BYTES_PER_ROW + form.held_bytes)


def _held_bytes(propagation: Propagation, form: Format, max_points: int | None) -> int:
    """Estimate what a response holds in memory while its reader is slow.

    That is the propagation, which others may share, a slice, a piece, twice what the kernel holds,
    and the bins that points are chosen from.
    """
    scenario = propagation.trajectory.scenario
    whole = propagation.records * (record_bytes(scenario) + form.bytes_per_record)
    held = slice_bytes(scenario) + form.held_bytes
    written = min(whole, held + 2 * SENT_BYTES)
    return propagation.nbytes + written + (max_points or 0) * BYTES_PER_POINT
