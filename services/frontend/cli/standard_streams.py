"""Standard output as a command line finds it: in any encoding, full, or closed."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from typing import Final

__all__ = ["abandon_output", "is_about_output", "tolerate_encodings"]

FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}  # what a write may meet


def tolerate_encodings() -> None:
    """Have characters that standard output's encoding lacks written as escapes, not refused."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as standard error does by default


def is_about_output(error: OSError) -> bool:
    """Return whether an error is of a stream that can't be written, not of a file with a name."""
    return error.filename is None and error.errno in FULL


def abandon_output() -> None:
    """Drop what standard output still holds, so that Python does not fail to write it at its end.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
