"""What the tests of faults share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import invariants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.installation import Installation


@pytest.fixture
def installation(shared: Installation) -> Iterator[Installation]:
    """The module's installation (`shared`), with nothing wrong with it after the test."""
    yield shared
    invariants.hold(shared)
