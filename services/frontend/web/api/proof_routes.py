"""The routes of what a result is held to, and remade from: its manifest, and its checkpoints.

They start nothing. A program that has the engine needs no more than these few megabytes: it remakes
any record, and finds by the manifest's checksums that it is the one that was computed here.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from flask import Blueprint

from frontend.domain.resource import API_ROOT
from frontend.web.context import services
from frontend.web.http.file_stream import in_turns
from frontend.web.http.propagation_address import read_address, read_run_address
from frontend.web.http.responses import FRESH, stream_reply, written_reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flask import Response

__all__ = ["MEDIA_TYPE", "blueprint"]

MEDIA_TYPE: Final = "application/octet-stream"
STRETCH_BYTES: Final = 32 * 2**20  # of the largest stretch, which its reader waits for
LENGTH: Final = struct.Struct("<Q")

blueprint = Blueprint("proofs", __name__, url_prefix=API_ROOT)


@blueprint.get("/<propagation_id>/manifest")
def manifest(propagation_id: str) -> Response:
    """Return the manifest of a result, as it is stored."""
    wanted, _ = read_address(propagation_id)
    return written_reply(services().propagations.manifest(wanted))


@blueprint.get("/<propagation_id>/checkpoints")
def checkpoints(propagation_id: str) -> Response:
    """Stream the stretches of a result that are stored, each with its length before it."""
    wanted, _ = read_run_address(propagation_id)
    services().propagations.opening(wanted)  # says why there is none
    stored = services().propagations.stretches(wanted)
    pieces = in_turns(lambda: _framed(stored), STRETCH_BYTES)
    # Not kept by the client: a damaged one is cut off, and remade.
    return stream_reply(pieces, MEDIA_TYPE, attachment=None, cache=FRESH)


def _framed(stretches: Iterable[bytes]) -> Iterator[bytes]:
    """Yield each with its length, and at the end a length of 0: else it was cut off."""
    for data in stretches:
        yield LENGTH.pack(len(data)) + data
    yield LENGTH.pack(0)
