"""Claims about the parameters of ensembles: what is offered is what there is."""

from __future__ import annotations

from frontend.web.api.ensemble_parameters import (
    ALL_SPANS,
    DENSITY,
    ENSEMBLE,
    MEMBERS,
    PAGE_ROWS,
    TABLE_FORMATS,
)
from frontend.web.http.query_params import REQUEST
from sim.ensemble.density import SIZES
from sim.ensemble.grid import spans
from sim.ensemble.paging import MAX_LIMIT
from sim.export.tables import TABLES


def named(parameters: tuple[object, ...], name: str) -> dict[str, object]:
    (found,) = [one for one in parameters if getattr(one, "name", None) == name]
    schema: dict[str, object] = found.schema()  # type: ignore[attr-defined]  # a parameter
    return schema


def test_every_operation_takes_what_completes_an_id() -> None:
    for parameters in (ENSEMBLE, DENSITY, MEMBERS):
        assert parameters[: len(REQUEST)] == REQUEST


def test_every_size_and_span_of_a_density_can_be_asked_for() -> None:
    assert named(DENSITY, "size")["enum"] == [str(size) for size in SIZES]
    most = max(len(spans(steps)) for steps in range(1, 200))
    assert named(DENSITY, "span")["enum"] == [ALL_SPANS, *map(str, range(most))]


def test_every_format_of_tables_can_be_asked_for() -> None:
    assert named(MEMBERS, "format")["enum"] == list(TABLES) == ["json", *TABLE_FORMATS]


def test_a_page_is_within_the_limit() -> None:
    assert named(MEMBERS, "limit")["maximum"] == MAX_LIMIT
    assert 1 <= PAGE_ROWS <= MAX_LIMIT
