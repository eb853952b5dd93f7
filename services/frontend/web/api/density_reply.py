"""The density of an ensemble's positions as a response: a picture, an array, a document."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from flask import Response

from frontend.pictures import THEMES, density_picture
from frontend.pictures.png import MEDIA_TYPE as PNG
from frontend.web.api.ensemble_parameters import ALL_SPANS
from frontend.web.context import services
from frontend.web.http.compression import compress
from frontend.web.http.responses import (
    FRESH,
    IMMUTABLE,
    etag_of,
    json_bytes,
    packed_reply,
    unchanged,
    written_reply,
)
from sim.ensemble.density import Density
from sim.ensemble.grid import spans
from sim.ensemble.orbit_line import orbit_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sim.scenario import PropagationRequest

__all__ = ["NPY", "PNG", "View", "density_reply", "fresh_density_reply", "view_of"]

NPY: Final = "application/octet-stream"  # NumPy's format has no media type of its own
DRAWING: Final = 1  # how a picture is drawn; another way gives other pixels
COST_S: Final = 0.06  # to read the counts of eight spans, and to draw them
_HELD_BYTES: Final = 40 * 2**20  # of the counts of eight spans of noise


@dataclass(frozen=True, slots=True)
class View:
    """What is asked for of the j-th analysed agent's density; `span` is None for all."""

    request: PropagationRequest
    j: int
    size: int
    span: int | None
    form: str
    theme: str
    has_orbit: bool

    @property
    def name(self) -> tuple[object, ...]:
        """What determines the response, beside the result."""
        drawn = (self.theme, self.has_orbit, DRAWING) if self.form == "png" else ()
        return ("density", self.j, self.size, self.span, self.form, *drawn)

    @property
    def part(self) -> str:
        """The part of a result that holds the counts."""
        return f"density/{self.j}"

    @property
    def _agent(self) -> int:
        return self.request.analysed[self.j]

    def written(self, part: bytes) -> bytes:
        """Return the response's body, from the packed counts."""
        density = Density.from_bytes(part)
        counts = density.picture(self.span, self.size)
        if self.form == "png":
            return self._drawn(counts, density.half_width)
        if self.form == "npy":
            file = io.BytesIO()
            np.save(file, counts)
            return file.getvalue()
        return json_bytes(self._document(density, counts))

    def _drawn(self, counts: Any, half_width: float) -> bytes:  # noqa: ANN401 - uint64[size, size]
        has_line = self.has_orbit and 0.0 < half_width < math.inf
        orbit = orbit_line(self.request.trajectory.scenario, self._agent) if has_line else None
        return density_picture(counts, THEMES[self.theme], half_width=half_width, orbit=orbit)

    def _document(self, density: Density, counts: Any) -> dict[str, object]:  # noqa: ANN401
        scenario = self.request.trajectory.scenario
        of_time = spans(self.request.steps)
        first, last = (of_time[0], of_time[-1]) if self.span is None else (of_time[self.span],) * 2
        outside = density.outside if self.span is None else density.outside[self.span]
        return {
            "agent": scenario.names[self._agent],
            "primary": scenario.orbited[self._agent],
            "size": self.size,
            "span": [first[0], last[1]],
            "half_width": density.half_width if math.isfinite(density.half_width) else None,
            "inside": int(counts.sum()),
            "outside": int(outside.sum()),
            "counts": counts,
        }


def density_reply(view: View, digest: str, part: Callable[[], bytes]) -> Response:
    """Answer with a density of a result with this digest; `part` reads its packed counts."""
    etag = etag_of(digest, *view.name)
    response = unchanged(etag)
    if response is not None:
        return response
    body = services().pictures.find(etag)
    if body is None:
        counts = part()
        with services().admission.admit(COST_S, held_bytes=_HELD_BYTES):
            body = services().pictures.get(etag, lambda: _kept(view, counts))
    if view.form == "json":
        return packed_reply(body, etag)
    response = _file(view, body)
    response.set_etag(etag)
    return response


def fresh_density_reply(view: View, part: bytes) -> Response:
    """Answer with a density of the members that have finished so far, to be kept by nobody."""
    with services().admission.admit(COST_S, held_bytes=_HELD_BYTES):
        body = view.written(part)
    response = written_reply(body) if view.form == "json" else _file(view, body)
    response.headers["Cache-Control"] = FRESH
    return response


def _kept(view: View, counts: bytes) -> bytes:
    body = view.written(counts)
    return compress(body) if view.form == "json" else body


def _file(view: View, body: bytes) -> Response:
    response = Response(body, content_type=PNG if view.form == "png" else NPY)
    response.headers["Cache-Control"] = IMMUTABLE
    if view.form == "npy":
        name = f"density-{view.request.id}.npy"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def view_of(request: PropagationRequest, j: int, values: Mapping[str, Any]) -> View:
    """Return what the values of a query ask for."""
    span = None if values["span"] == ALL_SPANS else int(values["span"])
    return View(
        request=request,
        j=j,
        size=int(values["size"]),
        span=span,
        form=values["format"],
        theme=values["theme"],
        has_orbit=values["orbit"] == "nominal",
    )
