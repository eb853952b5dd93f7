"""The connections that Porta's pods need: source, target, port. Every other one is denied."""

from __future__ import annotations

from typing import Final

__all__ = ["NEEDED", "PORTS"]

PORTS: Final = (6379, 8000, 8080, 8786, 8787, 8788)
NEEDED: Final = frozenset({
    *(("web", "redis", 6379), ("runner", "redis", 6379)),
    *(("runner", "traefik", 8000), ("notebook", "traefik", 8000), ("traefik", "api", 8000)),
    *(("traefik", "scheduler", 8786), ("traefik", "scheduler", 8787), ("api", "scheduler", 8788)),
    ("scheduler", "api", 8000),
    *((a, b, p) for a, b in (("scheduler", "worker"), ("worker", "scheduler"), ("worker", "worker"))
      for p in PORTS),
})  # fmt: skip
