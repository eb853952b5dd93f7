"""Which propagation a URL names: the id in its path, with seed, member and members in its query."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from flask import request
from werkzeug.datastructures import MultiDict

from frontend.errors import BadRequest
from frontend.web.context import services
from frontend.web.http import query_params
from frontend.web.http.query_params import REQUEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from frontend.web.http.query_params import Parameter
    from sim.scenario import PropagationRequest

__all__ = ["named_by", "read_address", "read_run_address"]

_PAGE: Final = re.compile(
    r"(?:(?:https?://[^/?#]*)?/?(?:[^?#]*/)?propagate/)?([^/?#]+)/?(?:\?([^#]*))?(?:#.*)?"
)


def read_address(
    propagation_id: str,
    parameters: Sequence[Parameter] = REQUEST,
    *,
    strict: bool = True,
    follow: bool = True,
) -> tuple[PropagationRequest, dict[str, Any]]:
    """Return the propagation that the URL of this request names, and the values of its query.

    `parameters` are all that the query may have, those of `REQUEST` among them; unless `strict`,
    those by which others follow their links are ignored. The id of an order that is answered names
    its answer, unless not to `follow` it is asked for. Raises BadRequest, and NotFound for an id
    whose scenario is not known.
    """
    values = query_params.read(request.args, parameters, strict=strict)
    named = _named(propagation_id, values)
    return services().propagations.answer(named) if follow else named, values


def named_by(text: str) -> PropagationRequest:
    """Return the propagation that somebody names by its id, or by the address of its page.

    With a query or without: "500", "500?seed=7", "https://host/prefix/propagate/500?members=20".
    Raises BadRequest and NotFound as `read_address` does.
    """
    found = _PAGE.fullmatch(text.strip())
    propagation_id, query = found.groups() if found else (text, None)
    args = MultiDict(parse_qsl(query or "", keep_blank_values=True))
    values = query_params.read(args, REQUEST, strict=False)
    return services().propagations.answer(_named(propagation_id, values))


def read_run_address(
    propagation_id: str, parameters: Sequence[Parameter] = REQUEST, *, strict: bool = True
) -> tuple[PropagationRequest, dict[str, Any]]:
    """Return what `read_address` does, of one trajectory; raises BadRequest for an ensemble.

    What records, states and figures are of: of an ensemble each member has its own.
    """
    named, values = read_address(propagation_id, parameters, strict=strict)
    if named.is_ensemble:
        raise BadRequest(
            f"This is an ensemble of {named.members:,} members, each with records and figures of "
            f"its own: name one, by member= with a number from 0 to {named.members - 1}"
            + (" in place of members=." if values["members"] is not None else ".")
        )
    return named, values


def _named(propagation_id: str, values: dict[str, Any]) -> PropagationRequest:
    return services().propagations.parse_id(
        propagation_id,
        seed=values["seed"],
        member=values["member"],
        members=values["members"],
    )
