"""An admission all of whose turns are taken."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from frontend.admission import Admission

__all__ = ["occupied"]

TURNS = 2  # of an admission of one core: one more is for what is quick


@contextlib.contextmanager
def occupied(admission: Admission) -> Iterator[None]:
    """Take both turns of an admission of one core, in two threads, during the context."""
    end, begun = threading.Event(), threading.Barrier(TURNS + 1)

    def compute() -> None:
        with admission.admit(0.01):
            begun.wait()
            end.wait()

    threads = [threading.Thread(target=compute) for _ in range(TURNS)]
    for thread in threads:
        thread.start()
    begun.wait()
    try:
        yield
    finally:
        end.set()
        for thread in threads:
            thread.join()
