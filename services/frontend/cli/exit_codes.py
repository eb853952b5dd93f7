"""The exit codes of `porta`, with what each means."""

from __future__ import annotations

from typing import Final

__all__ = ["DONE", "EXIT_CODES", "FAILED", "INTERRUPTED", "MISUSED"]

DONE: Final = 0
FAILED: Final = 1
MISUSED: Final = 2  # click's own exit code for wrong usage
INTERRUPTED: Final = 130  # 128 + SIGINT, as shells have it

EXIT_CODES: Final = {
    DONE: (
        "done; of `porta verify`: all that was compared is the same; a server that was "
        "stopped by Ctrl-C or SIGTERM"
    ),
    FAILED: (
        "it failed: a sentence on standard error says why. Also when the reader of standard "
        "output has left, without a sentence. Of `porta verify`: something is different or "
        "damaged, which standard output names"
    ),
    MISUSED: (
        "an argument, a scenario or a setting can't be used: a sentence says which; nothing "
        "was started. Of `porta verify`: nothing can be said"
    ),
    INTERRUPTED: (
        "interrupted by Ctrl-C: files that were not complete are not there, and workers are stopped"
    ),
}
"""As in docs/command-line.md, which a test holds to this."""
