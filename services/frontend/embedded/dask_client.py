"""What Dask's own clients need to reach the Gateway: `GatewayCluster()` then takes no arguments.

- It is told in Dask's configuration (https://docs.dask.org/en/stable/configuration.html): as a file
  that only this user can read, which `DASK_CONFIG` names, or as variables for a child process.
- The user is `notebook`, not `porta`: the runner stops all clusters of that user that no run owns.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["access_of", "configuration", "scheduler_configuration", "to_environ", "write"]

USER: Final = "notebook"

Configuration = dict[str, Any]


def configuration(address: str, proxy_address: str | None, password: str | None) -> Configuration:
    """Return the settings of a client of a Gateway, and of JupyterLab's Dask panel."""
    braces = str.maketrans({"{": "{{", "}": "}}"})  # the client formats what it finds here
    kwargs = {"username": USER, "password": (password or "").translate(braces)}
    return {
        "gateway": {
            "address": address.translate(braces),
            **({"proxy-address": proxy_address.translate(braces)} if proxy_address else {}),
            "auth": {"type": "basic", "kwargs": kwargs},
        },
        "labextension": {"factory": {"module": "dask_gateway", "class": "GatewayCluster"}},
    }


def access_of(settings: Configuration) -> dict[str, str]:
    """Return the settings of Porta that reach the Gateway of a `configuration`."""
    gateway = settings["gateway"]
    known = {
        "DASK_GATEWAY_ADDRESS": gateway["address"],
        "DASK_GATEWAY_PROXY_ADDRESS": gateway.get("proxy-address", ""),
        "DASK_GATEWAY_PASSWORD": gateway["auth"]["kwargs"]["password"],
    }
    return {
        name: text.replace("{{", "{").replace("}}", "}") for name, text in known.items() if text
    }


def scheduler_configuration(scheduler: str) -> Configuration:
    """Return the settings by which `distributed.Client()` reaches a scheduler."""
    return {"scheduler-address": scheduler}


def to_environ(settings: Configuration) -> dict[str, str]:
    """Return the variables that say the same to Dask in a child process.

    >>> to_environ({"gateway": {"proxy-address": "tls://here:1"}})
    {'DASK_GATEWAY__PROXY_ADDRESS': "'tls://here:1'"}
    """
    # Dask reads values as literals of Python, so that a password of digits would be a number.
    return {
        "DASK_" + "__".join(path).upper().replace("-", "_"): repr(value)
        for path, value in _leaves(settings)
    }


def write(settings: Configuration, path: Path) -> None:
    """Write them to a file that only this user can read; JSON is YAML, which Dask reads."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(settings, file, indent=2)


def _leaves(
    settings: Mapping[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name), value
