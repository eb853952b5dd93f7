"""Records as a streamed file: in which formats, at which address, and the response itself.

- The API offers every format of the table, except those that have a file of their own beside the
  propagation's page (`data.js`).
- An error before the first piece still has a status. A file that the client has already is a 304.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Final

import numpy as np

from frontend.web.context import services
from frontend.web.http.backpressure import SENT_BYTES
from frontend.web.http.file_stream import file_reply, in_turns, writers_of
from frontend.web.http.responses import IMMUTABLE, REVALIDATED, etag_of, metadata_reply
from sim.cost_model import record_bytes, slice_bytes
from sim.errors import RequestError
from sim.export import BYTES_PER_POINT, FORMATS, Reread, export, export_states, of_agent, thin
from sim.export.metadata import Chosen, Metadata, chosen_times, described
from sim.export.states import BYTES_PER_ROW
from sim.records import schema_of, states_schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa
    from flask import Response

    from frontend.domain.resource import Links
    from frontend.web.http.backpressure import Reader
    from sim import Propagation
    from sim.export import Format
    from sim.kernel import Floats
    from sim.scenario import PropagationRequest

__all__ = [
    "API_FORMATS",
    "PAGE_FILES",
    "UNBOUNDED",
    "records_metadata_reply",
    "records_path",
    "records_reply",
    "states_reply",
]

UNBOUNDED: Final = float("inf")
SPREAD: Final = 2  # a record may take half as many bytes as it does on average
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
    agent: str | None = None,
    attachment: str | None = None,
) -> Response:
    """Answer with the records of a window of the simulation's time, as a file.

    At most `max_points` of them if that is given, or of each agent only `every` so-manyth; of one
    `agent` in formats that are by agent. `attachment` names the file for a browser to save. Raises
    NotReady, NotFound and Busy, and RequestError for what the format can't hold.
    """
    chosen = _chosen_agent(propagation_request, form, agent)
    opening = services().propagations.opening(propagation_request)
    propagation = opening()
    held_bytes = _held_bytes(propagation, form, max_points)
    rows = propagation.least_rows(*window, every or 1)
    least = int(rows.sum() if chosen is None else rows[chosen])
    least_bytes = _least_bytes(least if max_points is None else min(least, max_points), form)
    del propagation  # not kept while this waits for a place
    version = propagation_request.trajectory.scenario.model.version
    rule = (max_points, RULE) if every is None else ("every", every)
    kind = (writers_of(form.name), version, propagation_request.id, form.name)
    etag = etag_of(*kind, *window, *rule, chosen)
    return file_reply(
        form.media_type,
        etag,
        attachment,
        lambda reader: in_turns(
            lambda: _pieces(
                propagation_request, opening(), form, window, max_points, every, reader, chosen
            ),
            held_bytes,
        ),
        least_bytes=least_bytes,
        cache=REVALIDATED if form.page_file is None else IMMUTABLE,  # a page's is only numbers
    )


def records_metadata_reply(propagation_request: PropagationRequest) -> Response:
    """Answer with what a file of all records says of itself; raises NotReady, NotFound and Busy."""
    opened = services().propagations.open(propagation_request)
    metadata = Metadata(request=propagation_request, checksum=opened.checkpoints_checksum)
    model = propagation_request.trajectory.scenario.model
    return metadata_reply(metadata, schema_of(model).names)


def states_reply(
    propagation_request: PropagationRequest,
    form: Format,
    times: Sequence[float],
    *,
    agent: str | None = None,
    attachment: str | None = None,
) -> Response:
    """Answer with the states at times, as a file: a row for each time and agent.

    Raises NotReady, NotFound and Busy, and RequestError for times that take too much and for what
    the format can't hold.
    """
    chosen_agent = _chosen_agent(propagation_request, form, agent)
    opening = services().propagations.opening(propagation_request)
    wanted = np.asarray(times, np.float64)
    propagation, agents = opening(), len(propagation_request.trajectory.scenario.agents)
    with services().admission.admit(FIND_S * agents * wanted.size):
        propagation.states(wanted)  # which checks them
    held_bytes = _held_by_states(propagation, form, wanted)
    del propagation  # not kept while this waits for a place
    times_digest = hashlib.sha256(wanted.tobytes()).hexdigest()
    model = propagation_request.trajectory.scenario.model
    kind = (writers_of(form.name), model.version, propagation_request.id, form.name)
    etag = etag_of(*kind, "times", times_digest, chosen_agent)
    cache = services().slice_cache(propagation_request.trajectory.digest)

    def write(reader: Reader) -> Iterator[bytes]:
        opened, chosen = opening(), chosen_times(wanted)
        schema = _described(states_schema_of(model), propagation_request, opened, chosen)

        def read() -> Iterator[pa.RecordBatch]:
            rows = reader.while_read(opened.states(wanted, cache))
            turns = services().admission.taking_turns(rows)
            return of_agent(turns, chosen_agent)

        return export_states(Reread(read), form, schema)

    return file_reply(
        form.media_type,
        etag,
        attachment,
        lambda reader: in_turns(lambda: write(reader), held_bytes),
    )


def _chosen_agent(request: PropagationRequest, form: Format, agent: str | None) -> int | None:
    """Return the number of the one agent that a file is of; raises RequestError."""
    scenario = request.trajectory.scenario
    form.check(scenario)
    if agent is None:
        return None
    if not form.is_by_agent:
        raise RequestError("agent", "chooses one in oem alone: other formats have a column of it.")
    if agent not in scenario.names:
        raise RequestError("agent", f"names no agent of the scenario: {agent[:100]!r}.")
    return scenario.names.index(agent)


def _described(
    schema: pa.Schema, request: PropagationRequest, propagation: Propagation, chosen: Chosen
) -> pa.Schema:
    """Return a schema whose files say of what they are."""
    checksum = propagation.checkpoints_checksum
    return described(schema, Metadata(request=request, chosen=chosen, checksum=checksum))


def _pieces(
    propagation_request: PropagationRequest,
    propagation: Propagation,
    form: Format,
    window: tuple[float, float],
    max_points: int | None,
    every: int | None,
    reader: Reader,
    agent: int | None,
) -> Iterator[bytes]:
    admission = services().admission
    cache = services().slice_cache(propagation.trajectory.digest)

    def read() -> Iterator[pa.RecordBatch]:
        if every is None:
            slices = propagation.slices(*window, cache)
        else:
            slices = propagation.every(every, *window, cache)
        # Much is read before a first piece:
        awaited = (max_points, every) != (None, None) or form.is_by_agent
        return admission.taking_turns(reader.while_read(slices) if awaited else slices)

    scenario = propagation.trajectory.scenario
    agents = len(scenario.agents)

    def chosen_records() -> Iterator[pa.RecordBatch]:
        rows = read() if max_points is None else thin(read, max_points, agents=agents)
        return of_agent(rows, agent)

    if max_points is not None:
        thin(read, max_points, agents=agents)  # which checks it, before a first piece
    t0, t1 = (None if math.isinf(bound) else bound for bound in window)
    chosen = Chosen(t0=t0, t1=t1, every=every, max_points=max_points)
    schema = _described(schema_of(scenario.model), propagation_request, propagation, chosen)
    return export(Reread(chosen_records), form, schema)


def _least_bytes(rows: int, form: Format) -> int:
    """Estimate how many bytes a file of so many rows has at least."""
    return rows * form.bytes_per_record // SPREAD


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
