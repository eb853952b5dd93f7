"""Whatever is stored where a manifest or an entry of the chain should be, it is read or absent."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from frontend.domain import manifest
from frontend.domain.resource import Resource, Timings
from frontend.domain.run import ChainEntry
from sim import Propagation, PropagationRequest, Trajectory
from sim.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterator

JSONLIKE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)


@cache
def whole() -> bytes:
    request = PropagationRequest(500)
    computed = manifest.Computed(by="somebody", timings=Timings())
    return manifest.compose(request, Propagation.open(Trajectory(), 500), computed)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - any JSON
    inner = node.items() if isinstance(node, dict) else ()
    for key, value in inner:
        yield (*path, key)
        yield from places(value, (*path, key))


@settings(deadline=None)  # the first call compiles
@given(st.data())
def test_a_manifest_with_something_else_anywhere_is_read_or_absent(data: st.DataObject) -> None:
    document = orjson.loads(whole())
    *way, last = data.draw(st.sampled_from(list(places(document))))
    node = document
    for key in way:
        node = node[key]
    if data.draw(st.booleans()):
        del node[last]
    else:
        node[last] = data.draw(JSONLIKE)
    found = manifest.finished(orjson.dumps(document))
    assert found is None or isinstance(found, Resource)


@given(st.binary(max_size=300) | JSONLIKE.map(orjson.dumps))
def test_anything_else_is_absent(stored: bytes) -> None:
    assert manifest.finished(stored) is None


@given(st.binary(max_size=300) | JSONLIKE.map(orjson.dumps))
def test_anything_that_is_no_entry_of_the_chain_is_damage(stored: bytes) -> None:
    try:
        ChainEntry.from_bytes(stored)
    except IntegrityError as error:
        assert str(error)  # noqa: PT017 - either is right
