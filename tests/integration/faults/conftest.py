"""What the tests of faults share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import redis_servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.redis_servers import RedisServer


@pytest.fixture(scope="module")
def redis_of_its_own(redis_image: str | None) -> Iterator[RedisServer]:
    """A server for a module that kills, freezes and fills it."""
    if redis_image is None:
        with redis_servers.embedded_server() as server:
            yield server
    else:
        with redis_servers.container_server(redis_image) as server:
            yield server
