"""Claims about densities as responses: what names them, and that each is made once."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

import numpy as np
import orjson
import pytest

from frontend.web.api.density_reply import View, density_reply, view_of
from sim.ensemble.density import Density
from sim.scenario import PropagationRequest, Trajectory

if TYPE_CHECKING:
    from flask import Flask

REQUEST = PropagationRequest(100, Trajectory(), 5)
QUERY = {"size": "128", "span": "all", "format": "json", "theme": "dark", "orbit": "none"}


def packed(half_width: float = 2.0) -> bytes:
    """Three positions in span 0 and one in span 3; two are outside."""
    cells = np.array([5, 512 * 512 * 3 + 7], np.uint32)
    outside = np.array([2, 0, 0, 0, 0, 0, 0], np.uint64)
    return Density(half_width, 7, cells, np.array([3, 1], np.uint64), outside).to_bytes()


def view(**changed: str) -> View:
    return view_of(REQUEST, 0, QUERY | changed)


def test_what_a_picture_depends_on_names_no_array() -> None:
    for form in ("json", "npy"):
        assert view(format=form).name == view(format=form, theme="light", orbit="nominal").name
    drawn = [
        view(format="png", theme=t, orbit=o).name
        for t in ("light", "dark")
        for o in ("none", "nominal")
    ]
    assert len(set(drawn)) == 4
    for changed in ({"size": "256"}, {"span": "0"}, {"format": "npy"}):
        assert view(**changed).name != view().name


@pytest.mark.parametrize(
    ("span", "counts", "outside", "iterations"),
    [("all", 4, 2, [1, 100]), ("0", 3, 2, [1, 16]), ("3", 1, 0, [49, 64]), ("5", 0, 0, [81, 96])],
)
def test_a_span_has_its_own_counts(
    span: str, counts: int, outside: int, iterations: list[int]
) -> None:
    document = orjson.loads(view(span=span).written(packed()))
    assert (document["inside"], document["outside"]) == (counts, outside)
    assert sum(map(sum, document["counts"])) == counts
    assert document["span"] == iterations
    array = np.load(io.BytesIO(view(span=span, format="npy").written(packed())))
    assert array.tolist() == document["counts"]


@pytest.mark.parametrize("half_width", [0.0, math.inf])
def test_a_width_that_no_picture_has_is_drawn_without_an_orbit(half_width: float) -> None:
    plain, lined = (
        view(format="png", orbit=o).written(packed(half_width)) for o in ("none", "nominal")
    )
    assert plain == lined
    width = orjson.loads(view().written(packed(half_width)))["half_width"]
    assert width == (half_width if math.isfinite(half_width) else None)


def test_a_response_is_made_once_for_all_who_ask(app: Flask) -> None:
    read = []

    def part() -> bytes:
        read.append(1)
        return packed()

    for _ in range(3):
        with app.test_request_context():
            answer = density_reply(view(format="png"), "digest", part)
            assert answer.content_type == "image/png"
    assert read == [1]
    with app.test_request_context():
        assert density_reply(view(format="png"), "another", part).status_code == 200
    assert read == [1, 1]
