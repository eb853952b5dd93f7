"""The command line, `porta`."""

from frontend.cli.main import main, porta

__all__ = ["main", "porta"]
