"""`porta serve`: the same real parts as in production, on one machine, and nothing left behind.

- What the settings don't name is embedded: a server that speaks Redis, and a Dask Gateway with
  its proxy, beside the web and the runner.
- Everything is gone when `porta serve` ends, however it ends: by Ctrl-C, by a signal, or killed.
- What was computed stays in the data folder, which belongs to one `porta serve` at a time.

`serving` is what a person runs, `guardian` the process that holds the others.
"""

from frontend.embedded.launcher import GatewayAccess, gateway, serve

__all__ = ["GatewayAccess", "gateway", "serve"]
