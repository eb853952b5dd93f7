"""Which propagation a URL names: the id in its path, with seed, member and members in its query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from frontend.errors import BadRequest
from frontend.web.context import services
from frontend.web.http import query_params
from frontend.web.http.query_params import REQUEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from frontend.web.http.query_params import Parameter
    from sim.scenario import PropagationRequest

__all__ = ["read_address", "read_run_address"]


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
    propagation_request = services().propagations.parse_id(
        propagation_id,
        seed=values["seed"],
        member=values["member"],
        members=values["members"],
    )
    if follow:
        propagation_request = services().propagations.answer(propagation_request)
    return propagation_request, values


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
