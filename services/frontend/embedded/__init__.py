"""`porta serve`: the same servers as in production, on one machine, and no process left behind.

- It embeds what the settings do not name: a Redis-compatible server, and a Dask Gateway with its
  proxy. The web and the runner are always its own.
- All its processes are gone when it ends, by Ctrl-C, by a signal, or killed.
- Results stay in the data directory, which belongs to one `porta serve` at a time.

`launcher` is what a user starts; `supervisor` is the process that holds all others.
"""

from frontend.embedded.launcher import GatewayAccess, gateway, serve

__all__ = ["GatewayAccess", "gateway", "serve"]
