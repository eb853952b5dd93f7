"""The document of the listing, as types: the API's description derives its schema from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from typing_extensions import TypedDict  # typing's own can't be read by pydantic before Python 3.12

from frontend.domain.resource import Links
from sim.engine.columns import closed

if TYPE_CHECKING:
    from frontend.propagations.listing import Entry

__all__ = ["ListingDocument", "row_of"]


@closed
class RowLinks(TypedDict):
    """Where an entry leads to; paths on this server."""

    self: str
    """The resource."""
    page: str
    """The page that a person opens."""


@closed
class ListingRow(TypedDict):
    """A propagation in the listing."""

    id: str
    """Its id, or that of an order."""
    steps: int | None
    """Steps of the model; of an order null until they are known."""
    seed: int
    """The seed."""
    member: int
    """The member of the seed."""
    members: int
    """Members of the ensemble; 1 where it is one trajectory."""
    model: str
    """The model, by its name."""
    status: Literal["queued", "starting", "running", "complete"]
    """Its status."""
    asked_at: str | None
    """When it was asked for: RFC 3339, UTC."""
    finished_at: str | None
    """When the result was published: RFC 3339, UTC."""
    records: int | None
    """Of a complete trajectory: how many records it has."""
    links: RowLinks
    """Where to go from here."""


@closed
class PageLinks(TypedDict):
    """This page, and the next."""

    self: str
    """This page."""
    next: str | None
    """The next page; null on the last. A page that has one may have few entries, or none."""


@closed
class ListingDocument(TypedDict):
    """What is under way, then the results, the newest first."""

    propagations: list[ListingRow]
    """The entries of this page."""
    links: PageLinks
    """This page, and the next."""


def row_of(entry: Entry, prefix: str) -> ListingRow:
    """Return an entry as JSON, with links for a client that reaches this server under a prefix."""
    links = Links.of(entry.id)
    return ListingRow(
        id=entry.id,
        steps=entry.steps,
        seed=entry.seed,
        member=entry.member,
        members=entry.members,
        model=entry.model,
        status=entry.status.value,  # type: ignore[typeddict-item]  # one of `LISTED`
        asked_at=entry.asked_at,
        finished_at=entry.finished_at,
        records=entry.records,
        links={"self": prefix + links.self, "page": prefix + links.page},
    )
