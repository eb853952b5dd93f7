"""Records and members at addresses that end like files: `records.parquet`, `members.csv`.

The same files as `format=` gives. Such an address has one format, whatever `Accept` says: data
tools know it by its end, and clients that are made from the description know what they get.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response

from frontend.domain.resource import API_ROOT
from frontend.web.api.ensemble_parameters import MEMBERS, TABLE_FORMATS
from frontend.web.api.ensemble_routes import members_of
from frontend.web.api.operation import (
    BAD,
    BEYOND,
    NO_RESULT,
    PARTIAL,
    UNAVAILABLE,
    UNCHANGED,
    UNMATCHED,
    Operation,
)
from frontend.web.api.parameters import RECORDS
from frontend.web.api.record_reply import record_reply
from frontend.web.http.propagation_address import read_run_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from frontend.web.http.query_params import Parameter
    from sim.export import Format

__all__ = ["FILE_OPERATIONS", "blueprint"]


def _without_format(parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    return tuple(one for one in parameters if one.name != "format")


_RECORDS: Final = _without_format(RECORDS)
_MEMBERS: Final = _without_format(MEMBERS)
_SAYS: Final = (
    " HEAD tells its length, and Range gives a part of it, unless it is larger than the server "
    "keeps: then `Accept-Ranges` is `none`, and it is streamed from its beginning."
)

blueprint = Blueprint("files", __name__, url_prefix=API_ROOT)


def _records_in(form: Format) -> Callable[[str], Response]:
    def records(propagation_id: str) -> Response:
        wanted, values = read_run_address(propagation_id, _RECORDS)
        return record_reply(wanted, form, values)

    return records


def _members_in(form: Format) -> Callable[[str], Response]:
    def members(propagation_id: str) -> Response:
        return members_of(propagation_id, _MEMBERS, form)

    return members


for _form in TABLE_FORMATS.values():
    _path = f"/<propagation_id>/%s{_form.suffix}"
    blueprint.add_url_rule(_path % "records", f"records_{_form.name}", _records_in(_form))
    blueprint.add_url_rule(_path % "members", f"members_{_form.name}", _members_in(_form))


def _operation(what: str, form: Format, query: tuple[Parameter, ...]) -> Operation:
    return Operation(
        method="get",
        path=f"{API_ROOT}/{{id}}/{what}{form.suffix}",
        name=f"get{what.title()}As{form.name.title()}",
        summary=f"Get its {what} as {form.title}",
        description=f"Returns what `{what}?format={form.name}` does, at an address that ends like "
        f"the file.{_SAYS} Never starts a run.",
        answers={
            200: "The file.",
            **PARTIAL,
            **UNCHANGED,
            **BAD,
            **NO_RESULT,
            **UNMATCHED,
            **BEYOND,
            **UNAVAILABLE,
        },
        media_types=(form.media_type,),
        query=query,
    )


FILE_OPERATIONS: Final[tuple[Operation, ...]] = tuple(
    _operation(what, form, query)
    for what, query in (("records", _RECORDS), ("members", _MEMBERS))
    for form in TABLE_FORMATS.values()
)
"""What these addresses give, for the table in `operations`."""
