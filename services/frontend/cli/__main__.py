"""The entry point of `porta`, and of `python -m frontend.cli`.

Everything is imported inside `main`, so that a Ctrl-C meanwhile ends as it does later.
"""

from __future__ import annotations

import sys
from typing import Final

__all__ = ["main"]

INTERRUPTED: Final = 130  # as in main.py, which may not be imported yet


def main() -> None:
    """Run the command line."""
    try:
        from frontend.cli.main import porta

        porta(prog_name="porta")
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)  # noqa: T201 - click may not be imported yet
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
