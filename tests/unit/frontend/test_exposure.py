"""Claims about which addresses need a decision on who may start things."""

from __future__ import annotations

import pytest

from frontend.errors import SettingsError
from frontend.exposure import refuse_strangers
from frontend.settings import Settings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
def test_loopback_needs_none(host: str) -> None:
    refuse_strangers(Settings(), host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "porta.example", "", "*"])  # noqa: S104 - refused
def test_any_other_address_does(host: str) -> None:
    with pytest.raises(SettingsError, match="PORTA_AUTH"):
        refuse_strangers(Settings(), host)
    refuse_strangers(Settings(auth="none"), host)
