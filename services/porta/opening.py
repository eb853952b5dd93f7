"""`porta.open`: the result that a file is of, computed again from what the file says of itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from porta.arguments import allowed
from porta.errors import ArgumentTypeError, porta_errors
from porta.propagating import computed

if TYPE_CHECKING:
    from collections.abc import Callable

    from porta.results.ensemble import Ensemble
    from porta.results.propagation import Propagation
    from sim.scenario import PropagationRequest

__all__ = ["open"]


def open(  # noqa: A001 - `porta.open`, never bare
    path: str | os.PathLike[str],
    *,
    on: object = None,
    workers: float | None = None,
    progress: bool | Callable[[int, int], object] | None = None,
) -> Propagation | Ensemble:
    """Return the result that a file is of: all of it, whatever part of it the file has.

    A file of Parquet or Arrow, or one that has a sidecar; a folder of parts; or a crate's folder.
    It says of which request it is, and that is propagated again: `on`, `workers` and `progress` are
    those of `propagate`. Raises VerificationError for a file that does not say it, or is of another
    version of the model; whether its numbers are right, `verify` says.
    """
    if not isinstance(path, str | os.PathLike):
        raise ArgumentTypeError(
            "path", f"path must be that of a file or folder, not of type {type(path).__name__}."
        )
    with porta_errors():
        request = allowed(os.environ).check(_request_of(Path(path)))
    return computed(request, on=on, workers=workers, progress=progress)


def _request_of(path: Path) -> PropagationRequest:
    from sim.crates.contents import REQUEST
    from sim.export.folder import part_name
    from sim.export.metadata import read_request
    from sim.verification.stated import read_metadata
    from sim.verification.stored import open_stored, read_json

    if (path / REQUEST).exists():
        return read_request(read_json(path / REQUEST))
    file = path / part_name(0) if path.is_dir() else path
    return read_metadata(str(file), open_stored(file).metadata).request
