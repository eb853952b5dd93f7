"""Claims about which addresses need a decision on who may start things."""

from __future__ import annotations

import pytest

from frontend.errors import SettingsError
from frontend.exposure import check_auth, refuse_strangers
from frontend.settings import Settings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
def test_loopback_needs_none(host: str) -> None:
    refuse_strangers(Settings(), host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "porta.example", "", "*"])  # noqa: S104 - refused
def test_any_other_address_does(host: str) -> None:
    with pytest.raises(SettingsError, match="PORTA_AUTH"):
        refuse_strangers(Settings(), host)
    refuse_strangers(Settings(auth="none"), host)


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        (Settings(auth="token", session_key="k" * 32), "PORTA_TOKENS_FILE"),
        (Settings(auth="token", tokens_file="tokens"), "PORTA_SESSION_KEY"),
        (Settings(auth="token", tokens_file="/nowhere", session_key="k"), "PORTA_TOKENS_FILE"),
        (Settings(auth="header"), "PORTA_TRUSTED_PROXIES"),
    ],
)
def test_a_way_to_authenticate_needs_all_that_belongs_to_it(
    settings: Settings, missing: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        check_auth(settings)
    assert caught.value.variable == missing
