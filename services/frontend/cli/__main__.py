"""The entry point of `porta`, and of `python -m frontend.cli`.

Everything is imported inside `main`, so that a Ctrl-C meanwhile ends as it does later, and so that
an installation without what a command needs says what it lacks.
"""

from __future__ import annotations

import sys
from typing import Final

__all__ = ["main"]

INTERRUPTED: Final = 130  # as in main.py, which may not be imported yet
OWN: Final = ("frontend", "sim")


def main() -> None:
    """Run the command line."""
    try:
        from frontend.cli.main import porta

        porta(prog_name="porta")
    except ModuleNotFoundError as error:
        _say_what_is_missing(error)
        sys.exit(1)
    except KeyboardInterrupt:
        _print("\nInterrupted.")
        sys.exit(INTERRUPTED)


def _say_what_is_missing(error: ModuleNotFoundError) -> None:
    """Say which extra brings a module of others; a missing one of ours is a defect."""
    if not error.name or error.name.partition(".")[0] in OWN:
        raise error
    _print(
        f"Error: {error.name} is not installed, and this command needs it: pip install "
        '"porta[frontend]", or for porta serve "porta[local]".'
    )


def _print(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201 - click may not be imported yet


if __name__ == "__main__":
    main()
