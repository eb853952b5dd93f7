"""Who can reach the web, and whether somebody has decided what they may do."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from frontend.errors import SettingsError

if TYPE_CHECKING:
    from frontend.settings import Settings

__all__ = ["refuse_strangers"]


def refuse_strangers(settings: Settings, host: str) -> None:
    """Raise SettingsError where strangers could reach Porta, and nobody has decided on that."""
    if settings.auth is None and not _is_loopback(host):
        raise SettingsError(
            "PORTA_AUTH",
            f"must say who may start things before Porta listens on {host}; "
            "`none` lets everybody who reaches it.",
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
