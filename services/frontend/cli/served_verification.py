"""Verifies a result of another Porta, over HTTP: what it serves is as it is computed again here.

What it says of the result (`/metadata`) names the request; that is computed again, and compared
with the records that it serves: with all of them, or with those of a few intervals. Nothing is
started there.
"""

from __future__ import annotations

import math
import os
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import httpx
import orjson

from frontend.propagations.requests import ORDER_ID
from sim.ensemble.table import table_schema
from sim.errors import VerificationError
from sim.export.metadata import MEMBERS, RECORDS, Chosen
from sim.records import schema_of
from sim.strictjson import is_nested_too_deeply
from sim.verification import Verification, verify_file
from sim.verification.outcome import Difference
from sim.verification.paths import named, temporary_folder, writing
from sim.verification.remade import RemadeRecords, refuse_too_much
from sim.verification.stated import read_metadata, statement_differences
from sim.web_address import (
    TOKEN_RULE,
    TOKEN_VARIABLE,
    environment_token,
    is_here,
    is_private,
    is_token,
    split_address,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sim.export.metadata import Metadata
    from sim.verification import Effort

__all__ = ["verify_served"]

WAIT_S: Final = 60.0  # for a piece of an answer
SAMPLE: Final = 3  # intervals: each takes a request
ROW_BYTES: Final = 256  # in Parquet at most; a record has 40
LEAST_BYTES: Final = 2**24
JSON_BYTES: Final = 2**25  # a scenario of a thousand agents has 300 kB
REFUSAL_BYTES: Final = 2**16
NOT_ALLOWED: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


def verify_served(server: str, propagation_id: str, effort: Effort) -> Verification:
    """Verify a result of the Porta at an address; raises VerificationError where that can't be."""
    parts = split_address(server)
    if parts is None or parts.username is not None or parts.query or parts.fragment:
        raise _unasked(server, propagation_id, "it is no address of a Porta")
    try:
        with _client(server) as client:
            return _Served(client, propagation_id, effort).verified()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _unasked(server, propagation_id, str(error) or type(error).__name__) from None


def _unasked(server: str, propagation_id: str, why: str) -> VerificationError:
    return VerificationError(
        _shown(server), f"can't be asked for {propagation_id}: {why}. Give --server http://..."
    )


def _shown(server: str) -> str:
    """Return an address without what may be a password in it."""
    return server.rpartition("@")[2]


def _client(server: str) -> httpx.Client:
    """Return a client of the Porta at an address, with the token that it may get."""
    headers = {"Accept-Encoding": "identity"}  # so that what comes is as long as what is read
    if token := _token(server):
        headers["Authorization"] = f"Bearer {token}"
    client = httpx.Client(
        base_url=f"{server.rstrip('/')}/api/v1/propagations/",
        headers=headers,
        timeout=WAIT_S,
        follow_redirects=True,
        trust_env=not is_here(server),  # a proxy does not reach this machine's own ports
    )
    client.event_hooks = {"request": [partial(_refuse_elsewhere, client.base_url)]}
    return client


def _token(server: str) -> str | None:
    """Return the token of the environment, if it is there and may be sent to an address."""
    token = environment_token(os.environ) if is_private(server) else None
    if token is not None and not is_token(token):
        raise VerificationError(TOKEN_VARIABLE, f"{TOKEN_RULE}, as Porta makes them.")
    return token


def _refuse_elsewhere(base: httpx.URL, request: httpx.Request) -> None:
    """Refuse to be redirected to another server; raises VerificationError."""
    url = request.url
    if (url.scheme, url.host, url.port) != (base.scheme, base.host, base.port):
        place = str(url.copy_with(path="/", query=None))
        raise VerificationError(
            base.host, f"redirects to another server: give --server {place} if that is meant."
        )


class _Served:
    """A result as a server has it."""

    def __init__(self, client: httpx.Client, propagation_id: str, effort: Effort) -> None:
        self._client = client
        self._id = propagation_id
        self._effort = effort
        self._what = f"{propagation_id} of {client.base_url.host}"

    def verified(self) -> Verification:
        what = self._what
        said = self._json(f"{self._id}/metadata")
        metadata = read_metadata(what, said)
        if metadata.request.id != self._id and not ORDER_ID.fullmatch(self._id):
            return self._of_another(what, metadata.request.id)
        metadata = replace(metadata, chosen=MEMBERS if metadata.request.is_ensemble else RECORDS)
        if differences := statement_differences(said, metadata, _columns(metadata)):
            return self._said(what, differences)
        refuse_too_much(metadata.request, self._effort, what)
        if metadata.request.is_ensemble:
            return replace(self._file(metadata, _most_rows(metadata)), what=what)
        remade = RemadeRecords(metadata=metadata, effort=self._effort, what=what)
        if self._effort.takes_all(remade.seconds):
            found = self._file(metadata, _most_rows(metadata), remade)
        else:
            found = self._sample(metadata, remade)
        return replace(found, what=what)

    def _of_another(self, what: str, served: str) -> Verification:
        """Say that the result is another one: an id names one request, but for an order's."""
        return self._said(what, [Difference(where="the id", stored=served, recomputed=self._id)])

    def _said(self, what: str, differences: list[Difference]) -> Verification:
        """Return that what is said of the result differs already."""
        return Verification(
            what=what,
            id=self._id,
            share="what it says of itself",
            is_all=False,
            differences=tuple(differences),
        )

    def _sample(self, metadata: Metadata, remade: RemadeRecords) -> Verification:
        """Compare the records of a few intervals, and the checksum with each."""
        trajectory = metadata.request.trajectory
        reached = max(1, remade.propagation.steps // trajectory.interval)
        there_are = trajectory.intervals_for(metadata.request.steps)
        differences: list[Difference] = []
        for interval in self._effort.sampled(range(reached), SAMPLE, metadata.request.id):
            t0, t1 = _window(remade, interval)
            due = replace(metadata, chosen=Chosen(t0=t0, t1=t1))
            within = remade.propagation.interval_rows(t0, t1, 1)
            rows = sum(one.rows for one in within) + len(trajectory.scenario.agents)
            differences += self._file(due, rows, remade).differences
        share = self._effort.share(min(SAMPLE, reached), there_are, "interval")
        if remade.is_whole:
            share = f"the checksum of all its checkpoints, and {share}"
        return Verification(
            what=self._id,
            id=metadata.request.id,
            share=share,
            is_all=False,
            differences=tuple(differences),
            notes=() if remade.is_whole else (remade.note(),),
        )

    def _file(
        self, metadata: Metadata, most_rows: int, remade: RemadeRecords | None = None
    ) -> Verification:
        """Download a file, all of an ensemble's members or records of a run, and verify it."""
        chosen = metadata.chosen
        query = {"format": "parquet"}
        if chosen.t0 is not None:
            query |= {"t0": repr(chosen.t0), "t1": repr(chosen.t1)}
        most_bytes = LEAST_BYTES + ROW_BYTES * most_rows
        with temporary_folder(self._what) as folder, named(path := folder / "served", self._what):
            with writing(self._what), path.open("wb") as file:
                file.writelines(self._pieces(f"{self._id}/{chosen.kind}", query, most_bytes))
            if remade is None:
                return verify_file(path, self._effort, expected=metadata)
            effort = replace(self._effort, everything=True)
            return verify_file(path, effort, expected=metadata, propagation=remade.propagation)

    def _json(self, address: str) -> Any:  # noqa: ANN401 - JSON of others
        try:
            answer = orjson.loads(b"".join(self._pieces(address, {}, JSON_BYTES)))
        except orjson.JSONDecodeError:
            raise VerificationError(
                self._id, "is answered with something that is not JSON: is that a Porta?"
            ) from None
        if is_nested_too_deeply(answer):
            raise VerificationError(
                self._id, "is answered with JSON that is nested deeply: is that a Porta?"
            )
        return answer

    def _pieces(self, address: str, query: Mapping[str, str], most: int) -> Iterator[bytes]:
        """Yield an answer of so many bytes at most."""
        with self._client.stream("GET", address, params=query) as answer:
            if not answer.is_success:
                body = b"".join(_at_most(REFUSAL_BYTES, answer.iter_raw()))
                raise VerificationError(self._id, _refusal(answer.status_code, body))
            left = most
            for piece in answer.iter_raw():
                left -= len(piece)
                if left < 0:
                    raise VerificationError(
                        self._id, f"comes in more bytes than it can have: over {most:,}."
                    )
                yield piece


def _window(remade: RemadeRecords, interval: int) -> tuple[float, float]:
    """Return a window of time in an interval, of which each record is known here.

    Where only the beginning is integrated, the record that starts where it ends is not.
    """
    propagation = remade.propagation
    first = interval * propagation.trajectory.interval
    last = min(first + propagation.trajectory.interval, propagation.steps)
    t0 = max(propagation.clocks_after(first).values())
    t1 = min(propagation.clocks_after(last).values())
    t1 = t1 if t0 < t1 else t0 + 1.0
    if remade.is_whole:
        return t0, t1
    end = min(propagation.clocks_after(propagation.steps).values())
    t1 = min(t1, math.nextafter(end, -math.inf))
    return min(t0, math.nextafter(t1, -math.inf)), t1


def _at_most(count: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the pieces until there are so many bytes."""
    for piece in pieces:
        yield piece[:count]
        count -= len(piece)
        if count <= 0:
            return


def _columns(metadata: Metadata) -> list[str]:
    scenario = metadata.request.trajectory.scenario
    of = table_schema(scenario) if metadata.request.is_ensemble else schema_of(scenario.model)
    return list(of.names)


def _most_rows(metadata: Metadata) -> int:
    """Return how many rows a file can have: of each agent one for a member, or for a step."""
    request = metadata.request
    each = request.members if request.is_ensemble else request.steps + 1
    return each * len(request.trajectory.scenario.agents)


def _refusal(status: int, body: bytes) -> str:
    """Return what a server says against it."""
    try:
        detail = str(orjson.loads(body)["detail"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        detail = "it does not say why; is that a Porta, of a version that has /metadata?"
    advice = ""
    if status in NOT_ALLOWED:
        advice = f" {TOKEN_VARIABLE} is sent by https or to this machine, if it is set."
    return f"is refused by the server with {status}: {detail[:500]}{advice}"
