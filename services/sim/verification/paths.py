"""Paths that are looked at, and temporary files: what the system refuses is a sentence."""

from __future__ import annotations

import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sim.errors import VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["exists", "is_folder", "named", "temporary_folder", "writing"]


def exists(path: Path) -> bool:
    """Whether there is anything at a path; raises VerificationError where that can't be told."""
    return bool(_mode(path))


def is_folder(path: Path) -> bool:
    """Whether there is a folder at a path; raises VerificationError where that can't be told."""
    return stat.S_ISDIR(_mode(path))


def _mode(path: Path) -> int:
    """Return what is at a path, as `os.stat` has it; 0 for nothing."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0
    except OSError as error:
        raise VerificationError(str(path), f"can't be read: {error.strerror}.") from None
    except ValueError as error:  # a null character
        shown = str(path).replace("\0", "\\0")
        raise VerificationError(shown, f"can't be read: it has an {error}.") from None


@contextmanager
def temporary_folder(what: str) -> Iterator[Path]:
    """Yield a folder for as long as it takes; raises VerificationError where none can be made."""
    with writing(what):
        made = tempfile.TemporaryDirectory()
    with made as folder:
        yield Path(folder)


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Raise the system's errors, of writing temporary files of something, as VerificationError."""
    try:
        yield
    except OSError as error:
        place = tempfile.tempdir or "the folder for temporary files"
        raise VerificationError(
            what,
            f"needs room in {place} ({error.strerror}): set TMPDIR to a folder that has some.",
        ) from None


@contextmanager
def named(hidden: Path, shown: str) -> Iterator[None]:
    """Have the errors of verification name something by its name, and not by a temporary path."""
    try:
        yield
    except VerificationError as error:
        texts = [text.replace(str(hidden), shown) for text in (error.what, error.reason)]
        raise type(error)(*texts) from None
