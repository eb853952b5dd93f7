"""What may stand in a URL's query: each parameter declared once, read strictly, documented.

The OpenAPI description and the code that reads a query use the same declarations.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from frontend.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from werkzeug.datastructures import MultiDict

__all__ = ["REQUEST", "Choice", "Parameter", "Real", "Text", "Whole", "read"]

_REAL: Final = re.compile(
    r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?"
)
_WHOLE: Final = re.compile(r"0|[1-9][0-9]{0,17}")


class Parameter(Protocol):
    """A query parameter: how its text is read, and how it is described."""

    @property
    def name(self) -> str:
        """Its name in the query."""

    @property
    def says(self) -> str:
        """What it means, for the description."""

    @property
    def default(self) -> Any:  # noqa: ANN401  # each parameter has its own type
        """What counts where it is not given."""

    def value(self, text: str) -> Any:  # noqa: ANN401  # the same
        """Read the text; raises BadRequest with a sentence."""

    def schema(self) -> dict[str, object]:
        """Describe the values as JSON Schema."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number in plain ASCII digits, without a leading zero."""

    name: str
    low: int
    high: int
    says: str
    default: int | None = None

    def value(self, text: str) -> int:
        """Read the number."""
        if _WHOLE.fullmatch(text) is None or not self.low <= int(text) <= self.high:
            raise BadRequest(
                f"{self.name} must be a whole number from {self.low} to {self.high}, "
                "in plain digits."
            )
        return int(text)

    def schema(self) -> dict[str, object]:
        """Describe the numbers."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high} | _default(self)


@dataclass(frozen=True, slots=True)
class Real:
    """A finite decimal number."""

    name: str
    says: str
    default: float | None = None

    def value(self, text: str) -> float:
        """Read the number."""
        if _REAL.fullmatch(text) is None or not math.isfinite(float(text)):
            raise BadRequest(f"{self.name} must be a finite number, such as 12.5.")
        return float(text)

    def schema(self) -> dict[str, object]:
        """Describe the numbers."""
        return {"type": "number"} | _default(self)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words."""

    name: str
    words: tuple[str, ...]
    says: str
    default: str

    def value(self, text: str) -> str:
        """Read the word."""
        if text not in self.words:
            raise BadRequest(f"{self.name} must be one of {', '.join(self.words)}.")
        return text

    def schema(self) -> dict[str, object]:
        """Describe the words."""
        return {"type": "string", "enum": list(self.words)} | _default(self)


@dataclass(frozen=True, slots=True)
class Text:
    """Text that somebody else reads: `seed` and `members`, which belong to the id."""

    name: str
    says: str
    default: str | None = None

    def value(self, text: str) -> str:
        """Return the text."""
        return text

    def schema(self) -> dict[str, object]:
        """Describe it: a whole number, as all such text is."""
        return {"type": "integer", "minimum": 0}


REQUEST: Final[tuple[Parameter, ...]] = (
    Text("seed", "The seed, where the id is a step count."),
    Text("members", "The members of the ensemble, where the id is a step count."),
)
"""What says more of a propagation, where its id does not."""


def _default(parameter: Parameter) -> dict[str, object]:
    return {} if parameter.default is None else {"default": parameter.default}


def read(
    args: MultiDict[str, str], parameters: Sequence[Parameter], *, strict: bool = True
) -> dict[str, Any]:
    """Read a query: each parameter at most once, and if `strict` none that nobody knows."""
    known = {one.name: one for one in parameters}
    for name, texts in args.lists():
        if name not in known:
            if not strict:
                continue
            names = ", ".join(known) or "none at all"
            raise BadRequest(f"{name[:40]!r} is no parameter here; known: {names}.")
        if len(texts) > 1:
            raise BadRequest(f"{name} is given {len(texts)} times; give it once.")
    return {
        name: one.value(args[name]) if name in args else one.default for name, one in known.items()
    }
