"""Cached answers: how many a second beside a bare Flask's of the same size, and how late."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from benchmarks.load.servers import Beside, beside
from benchmarks.load.wrk import Pressed, mean, press
from benchmarks.measure import Figure, Sample, at_least, at_most, measure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import httpx

    from benchmarks.measure import Prepare

API: Final = "/api/v1/propagations"
SEED: Final = 7  # not the default: what is most common has an id with a digest


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of Porta, and the path of a bare answer like it."""

    path: str
    like: str
    headers: Mapping[str, str] = field(default_factory=dict)


def resource(client: httpx.Client) -> Asked:
    """Ask for a result of three agents: 2 KB of JSON."""
    body = {"steps": 1_000, "seed": SEED, "scenario": THREE}
    link = client.post(API, json=body).raise_for_status().json()["links"]["self"]
    return Asked(link, f"/{len(client.get(link).raise_for_status().content)}")


def not_modified(client: httpx.Client) -> Asked:
    """Ask for what the client has already."""
    packed = compressed(client)
    etag = client.get(packed.path, headers=packed.headers).headers["ETag"]
    return Asked(packed.path, "/304", {**packed.headers, "If-None-Match": etag})


def compressed(client: httpx.Client) -> Asked:
    """Ask for an overview of 400 KB, compressed."""
    body = {"steps": 3_400, "seed": SEED}
    link = client.post(API, json=body).raise_for_status().json()["links"]["self"]
    path, headers = f"{link}/overview?pixels=16384", {"Accept-Encoding": "gzip"}
    with client.stream("GET", path, headers=headers) as answer:
        size = sum(map(len, answer.iter_raw()))
    return Asked(path, f"/{size}", headers)


THREE: Final = {
    "agents": [
        {"name": "Planet", "mu": 1, "time": 0, "timeStep": 0.01, "x": 0, "y": 0.1}
        | {"vx": 0.1, "vy": 0},
        {"name": "Satellite", "mu": 0, "time": 0, "timeStep": 0.01, "x": 0, "y": 1}
        | {"vx": 1, "vy": 0},
        {"name": "Moon", "mu": 0.01, "time": 0, "timeStep": 0.01, "x": 0, "y": 3}
        | {"vx": 0.6, "vy": 0},
    ],
    "dt_min": 0.01,
    "dt_span": 0.09,
    "epsilon": 0.001,
}

ASKED: Final[Mapping[str, Callable[[httpx.Client], Asked]]] = {
    "a cached resource of 2 KB": resource,
    "304": not_modified,
    "a result of 400 KB compressed": compressed,
}


def _ratio(ask: Callable[[httpx.Client], Asked]) -> Prepare:
    @contextlib.contextmanager
    def prepare() -> Iterator[Sample]:
        """Take requests a second over those of a bare Flask route with as many bytes."""
        with _asked(ask) as (servers, asked):

            def sample() -> Figure:
                bare, porta = _both(servers, asked)
                parts = {"porta_requests_s": porta.requests_s, "bare_requests_s": bare.requests_s}
                return Figure(porta.requests_s / bare.requests_s, parts)

            yield sample

    return prepare


def _p99(ask: Callable[[httpx.Client], Asked]) -> Prepare:
    @contextlib.contextmanager
    def prepare() -> Iterator[Sample]:
        """Take the time within which 99 of 100 requests are answered; with it, a bare Flask's."""
        with _asked(ask) as (servers, asked):

            def sample() -> Figure:
                bare, porta = _both(servers, asked)
                return Figure(porta.p99_ms, {"bare_p99_ms": bare.p99_ms})

            yield sample

    return prepare


def _both(servers: Beside, asked: Asked) -> tuple[Pressed, Pressed]:
    """Press both with the same request, each before and after the other: on the same machine."""
    bare, porta = servers.bare + asked.like, servers.porta.url + asked.path
    first, *ours, last = (press(url, asked.headers) for url in (bare, porta, porta, bare))
    return mean(first, last), mean(*ours)


@contextlib.contextmanager
def _asked(ask: Callable[[httpx.Client], Asked]) -> Iterator[tuple[Beside, Asked]]:
    with beside() as servers, servers.porta.client() as client:
        yield servers, ask(client)


for name, how in ASKED.items():
    measure(f"{name} : bare Flask", unit="times", target=at_least(0.6))(_ratio(how))
    measure(f"{name}, 99th percentile", unit="ms", target=at_most(50))(_p99(how))
