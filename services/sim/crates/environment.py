"""The versions that a result was computed with: those that could change a bit, and no host."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from sim.version import VERSION

if TYPE_CHECKING:
    from sim.models.model import Model

__all__ = ["environment_of"]

_PACKAGES: Final = ("llvmlite", "numba", "numpy", "orjson", "pyarrow")


def environment_of(model: Model) -> dict[str, object]:
    """Return the versions of Porta, of the model, of Python and of the packages that compute.

    Results depend on the model's version alone; the others are there to be looked at should they
    ever not.
    """
    return {
        "porta": VERSION,
        "model": {"name": model.name, "version": model.version},
        "python": platform.python_version(),
        "machine": platform.machine(),
        "packages": {name: version(name) for name in _PACKAGES},
    }
