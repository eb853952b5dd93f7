"""Porta's settings: the environment, read once at start into one frozen value."""

from frontend.settings.settings import VARIABLES, Settings, Variable

__all__ = ["VARIABLES", "Settings", "Variable"]
