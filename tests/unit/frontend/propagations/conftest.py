"""What tests of propagations may ask for: the parts of the service, on a real Redis."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from frontend.storage.connection import connect
from tests.stored import Stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with contextlib.closing(connect(redis_url)) as client:
        yield client


@pytest.fixture
def stored(client: redis.Redis) -> Stored:
    return Stored(client)
