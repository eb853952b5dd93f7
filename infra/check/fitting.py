"""How many workers each kind of node holds, and the size of a worker that leaves less unused."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from infra.check.nodes import WORKER, Request, own, places
from infra.check.quantity import number
from infra.settings.quantities import memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.check.answers import Answers
    from infra.settings import Settings

__all__ = ["sentences"]

WASTE: Final = Fraction(1, 10)  # of a node's CPUs: less unused is nothing to change a size for
LEAST_SHARE: Final = Fraction(3, 4)  # of the size that was asked for: a smaller one is no proposal
LEAST_MEMORY: Final = Fraction(512 * 2**20)  # what worker_memory must be at least
HUNDREDTH: Final = Fraction(1, 100)
TWENTIETH: Final = Fraction(1, 20)
STEP: Final = Fraction(64 * 2**20)


def sentences(settings: Settings, answers: Answers) -> Iterator[str]:
    """Yield a sentence for each kind of node, by what is free of it beside pods of others.

    Porta's own pods are not placed: Kubernetes decides on which nodes they take room from workers.
    """
    worker = Request(Fraction(str(settings.worker_cores)), number(settings.worker_memory))
    found = (place.free for place in places(settings, answers) if place.takes(WORKER))
    for node, nodes in Counter(map(rounded, found)).items():
        held = holds(node, worker)
        what = "1 node has" if nodes == 1 else f"{nodes} nodes have"
        workers = "1 worker" if held == 1 else f"{held} workers"
        each = "" if nodes == 1 else " each"
        yield (
            "Beside pods that are not Porta's, and before Porta's own, which ask for"
            f" {own(settings)}, {what} room for {workers}{each} ({worker});"
            f" {node.without(worker, held)} are left.{proposal(node, worker)}"
        )


def rounded(free: Request) -> Request:
    """Return a little less, so that nodes of a kind are counted together."""
    return Request(free.cpu // TWENTIETH * TWENTIETH, free.memory // STEP * STEP)


def holds(node: Request, worker: Request) -> int:
    """Return how many workers a node has room for."""
    return max(0, int(min(node.cpu // worker.cpu, node.memory // worker.memory)))


def proposal(node: Request, worker: Request) -> str:
    """Return the size of which a node with unused CPUs would hold one worker more.

    Nothing if that would be much smaller than what was asked for.
    """
    held = holds(node, worker)
    if node.without(worker, held).cpu < WASTE * node.cpu:
        return ""
    more = held + 1
    cpu = min(worker.cpu, node.cpu / more // HUNDREDTH * HUNDREDTH)
    size = min(worker.memory, Fraction(int(node.memory / more) // 2**20 * 2**20))
    least = max(LEAST_MEMORY, LEAST_SHARE * worker.memory)
    if cpu < LEAST_SHARE * worker.cpu or size < least:
        return ""
    said = [f"worker_cores {float(cpu):g}"] if cpu < worker.cpu else []
    said += [f"worker_memory {memory(size / 2**20)}"] if size < worker.memory else []
    return f" With {' and '.join(said)} it would be {more}."
