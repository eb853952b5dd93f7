"""What the tests of pages share: a web that computes all they ask for at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import redis_servers
from tests.complaints import Complaints
from tests.installation import Installation, at_work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page


@pytest.fixture(scope="session")
def porta(
    redis_image: str | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """A web without a runner or a cluster, on a Redis of its own that nothing empties."""
    with redis_servers.server(redis_image) as server:
        environ = {"REDIS_URL": server.url, "PORTA_INLINE_WORK": "20000000"}
        with at_work(environ, tmp_path_factory.mktemp("pages")) as porta:
            porta.start_web()
            yield porta


@pytest.fixture
def complaints(page: Page, porta: Installation) -> Iterator[Complaints]:
    """Nothing that a page should not do."""
    found = Complaints(page, porta.url)
    yield found
    assert found.all == []
