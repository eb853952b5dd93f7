"""`porta.open`: the result that a file is of, or that a running Porta knows by an id."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from porta.addresses import Named, is_address, is_id, read_address
from porta.arguments import allowed
from porta.errors import ArgumentError, ArgumentTypeError, porta_errors
from porta.execution.choice import server_execution
from porta.execution.server import LinkedServer, Server
from porta.numbers import count
from porta.progress import reported
from porta.propagating import computed
from porta.results.ensemble import Ensemble
from porta.results.propagation import Propagation

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.scenario import PropagationRequest

    Progress = bool | Callable[[int, int], object] | None

__all__ = ["open"]


def open(  # noqa: A001 - `porta.open`, never bare
    what: str | os.PathLike[str],
    *,
    on: object = None,
    workers: float | None = None,
    progress: Progress = None,
) -> Propagation | Ensemble:
    """Return the result that a file is of, or that a running Porta knows: all of it.

    `what` is one of:
        a file of Parquet or Arrow, or one that has a sidecar; a folder of parts; a crate, a folder
            or a zip. It says of which request it is, whatever part of it it has, and that is
            propagated again: `on`, `workers` and `progress` are those of `propagate`.
        an id, such as "500-0123456789abcdef", and with `on` the address of the Porta that has it.
        the address of a page or an API resource of a running Porta, such as
            "http://127.0.0.1:8080/propagate/500". Where it wants a token, `on` is that Porta, as
            `porta.Server(url, token=...)`: PORTA_TOKEN is sent where a link leads only if that is
            this machine.

    A path that exists is taken before an id. Opening starts nothing at a Porta: what it computes is
    waited for, and what it has is held to its manifest. A run that it answers at once opens without
    having been asked for; an ensemble does not. Reading may start something: members that the Porta
    keeps no more, and a member that is opened as a run, are computed there.

    Raises VerificationError for a file that does not say what it is of, and for a result of another
    version of the model; ArgumentError for what is none of these; LimitError as `propagate` does;
    ExecutionError where a Porta does not have it. Whether the numbers of a file are right, `verify`
    says.
    """
    if not isinstance(what, str | os.PathLike):
        raise ArgumentTypeError(
            "what",
            "what must be the path of a file or folder, an id, or the address of a page, not of "
            f"type {type(what).__name__}.",
        )
    text = os.fspath(what)
    if isinstance(what, str) and is_address(text):
        address, named = read_address(text)
        return _of_server(_server_at(address, on), named, workers, progress)
    if isinstance(what, str) and is_id(text) and not os.path.exists(text):  # noqa: PTH110 - for any
        return _of_server(_server_with(text, on), Named(text), workers, progress)
    with porta_errors():
        request = allowed(os.environ).check(_request_of(Path(text)))
    return computed(request, on=on, workers=workers, progress=progress)


def _server_at(address: str, on: object) -> Server:
    """Return the Porta that an address is of; `on` may add a token, and names no other.

    Without `on` only the link names it, which may lead anywhere: PORTA_TOKEN is not for that.
    """
    server = Server(on) if isinstance(on, str) else on
    if server is None:
        return LinkedServer(address)
    if isinstance(server, Server) and server.url == Server(address).url:
        return server
    raise ArgumentError(
        "on",
        f"The address names the Porta at {address} already: leave out on, or give a token for it, "
        f"on=porta.Server({address!r}, token=...).",
    )


def _server_with(propagation_id: str, on: object) -> Server:
    """Return the Porta that is to know an id."""
    if isinstance(on, str | Server):
        return Server(on) if isinstance(on, str) else on
    raise ArgumentError(
        "on",
        f"There is no file {propagation_id!r}; and a result with this id is opened at a running "
        "Porta: give its address, such as on='http://127.0.0.1:8080', which `porta serve` prints.",
    )


def _of_server(
    server: Server, named: Named, workers: float | None, progress: Progress
) -> Propagation | Ensemble:
    """Open what a running Porta knows."""
    from porta.execution.found import find, open_found
    from porta.execution.server_members import ServerMembers

    place = server_execution(server, None if workers is None else count("workers", workers))
    with reported(progress) as report, porta_errors():
        found = find(place, named, report)
        allowed(os.environ).check(found.request)
        source = open_found(found, report)
    return Ensemble(source) if isinstance(source, ServerMembers) else Propagation(source)


def _request_of(path: Path) -> PropagationRequest:
    from sim.crates.contents import REQUEST
    from sim.export.folder import part_name
    from sim.export.metadata import read_request
    from sim.verification.crate import crate_folder, is_crate
    from sim.verification.paths import is_folder
    from sim.verification.stated import read_metadata
    from sim.verification.stored import open_stored, read_json

    if is_crate(path):
        with crate_folder(path, {REQUEST}) as folder:
            return read_request(read_json(folder / REQUEST))
    file = path / part_name(0) if is_folder(path) else path
    return read_metadata(str(file), open_stored(file).metadata).request
