"""What a platform engineer may set, read once into one frozen value."""

from infra.settings.parsers import SettingsError
from infra.settings.settings import Settings

__all__ = ["Settings", "SettingsError"]
