"""Readers of the web: they ask without a pause, and write down every request that fails."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, Final, Self

import httpx

if TYPE_CHECKING:
    from types import TracebackType

    from tests.cluster.site import Site

__all__ = ["Readers"]

READERS: Final = 4
PAUSE_S: Final = 0.05
PATHS: Final = (
    "/",
    "/healthz",
    "/propagate/500",
    "/api/v1/propagations/500",
    "/api/v1/propagations/500/records?format=csv",
)


class Readers:
    """Ask for pages during a context, each time by a new connection, as new visitors do."""

    def __init__(self, site: Site) -> None:
        self.failures: list[str] = []
        self.answered: Counter[str] = Counter()
        self._site, self._url, self._over = site, site.url, threading.Event()
        self._threads = [
            threading.Thread(target=self._read, args=(number,)) for number in range(READERS)
        ]

    def __enter__(self) -> Self:
        for one in self._threads:
            one.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        for one in self._threads:
            one.join()

    def _read(self, number: int) -> None:
        while not self._over.wait(PAUSE_S):
            number += 1
            path = PATHS[number % len(PATHS)]
            try:
                with self._site.client(self._url) as client:
                    answer = client.get(path)
            except httpx.TransportError as error:
                self.failures.append(f"{path}: {error!r}")
                continue
            if answer.status_code == httpx.codes.OK:
                self.answered[path] += 1
            else:
                self.failures.append(f"{path}: {answer.status_code} {answer.text[:200]}")
