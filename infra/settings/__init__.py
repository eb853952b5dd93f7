"""What a platform engineer may set, read once into one frozen value."""

from infra.settings.settings import PROFILES, Settings, SettingsError

__all__ = ["PROFILES", "Settings", "SettingsError"]
