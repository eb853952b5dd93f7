"""What a URL's query may hold: each parameter is declared once, read strictly and documented.

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

__all__ = [
    "REQUEST",
    "VIEW",
    "Choice",
    "Choices",
    "Digest",
    "Ids",
    "Parameter",
    "Real",
    "Reals",
    "Text",
    "Whole",
    "Wholes",
    "Word",
    "Words",
    "contradiction",
    "read",
]

# The digits are bounded, so that no text makes Python parse a number of any length.
_REAL: Final = re.compile(
    r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?"
)
_WHOLE: Final = re.compile(r"0|[1-9][0-9]{0,17}")
_TRACKING: Final = re.compile("utm_[a-z]+|fbclid|gclid")  # links from elsewhere add these
VIEW: Final = frozenset(
    {"window", "at", "about", "plane", "turn", "extent", "show", "rows", "of", "speed", "theme"}
)
"""What a page's address says of its view: read by its own script (`static/view/state.js`)."""

_DIGEST: Final = re.compile("[0-9a-f]{16}")
_ID: Final = re.compile(r"[0-9a-z-]{1,300}")
_SHOWN_CHARACTERS: Final = 40  # of an unknown name, in the error


class Parameter(Protocol):
    """A query parameter: how its text is read, and how it is described."""

    @property
    def name(self) -> str:
        """Its name in the query."""

    @property
    def description(self) -> str:
        """Its meaning, for the OpenAPI description."""

    @property
    def default(self) -> Any:  # noqa: ANN401  # each parameter has its own type
        """Its value where the query does not give it."""

    def value(self, text: str) -> Any:  # noqa: ANN401  # the same
        """Read the text; raises BadRequest with a sentence."""

    def schema(self) -> dict[str, object]:
        """Return the JSON Schema of its values."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number in plain ASCII digits, without a leading zero, from `low` to `high`."""

    name: str
    low: int
    high: int
    description: str
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
        """Return the JSON Schema of the numbers."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high} | _default(self)


@dataclass(frozen=True, slots=True)
class Real:
    """A finite decimal number."""

    name: str
    description: str
    default: float | None = None

    def value(self, text: str) -> float:
        """Read the number."""
        if _REAL.fullmatch(text) is None or not math.isfinite(float(text)):
            raise BadRequest(f"{self.name} must be a finite number, such as 12.5.")
        return float(text)

    def schema(self) -> dict[str, object]:
        """Return the JSON Schema of the numbers."""
        return {"type": "number"} | _default(self)


@dataclass(frozen=True, slots=True)
class Reals:
    """Finite decimal numbers, with commas between them."""

    name: str
    description: str
    default: tuple[float, ...] | None = None

    def value(self, text: str) -> tuple[float, ...]:
        """Read the numbers."""
        numbers = text.split(",")
        if not all(_REAL.fullmatch(one) and math.isfinite(float(one)) for one in numbers):
            raise BadRequest(
                f"{self.name} must be finite numbers with commas between them, such as 0,2.5,10."
            )
        return tuple(map(float, numbers))

    def schema(self) -> dict[str, object]:
        """Return the JSON Schema of the text: numbers with commas."""
        return {"type": "string", "pattern": f"^{_REAL.pattern}(,{_REAL.pattern})*$"}


@dataclass(frozen=True, slots=True)
class Wholes:
    """Whole numbers from 0 to `high`, with commas between them, at most `most` of them."""

    name: str
    high: int
    most: int
    description: str
    default: tuple[int, ...] | None = None

    def value(self, text: str) -> tuple[int, ...]:
        """Read the numbers."""
        numbers = text.split(",")
        if len(numbers) > self.most or not all(
            _WHOLE.fullmatch(one) and int(one) <= self.high for one in numbers
        ):
            raise BadRequest(
                f"{self.name} must be at most {self.most} whole numbers from 0 to {self.high}, "
                "with commas between them, such as 0,2."
            )
        return tuple(map(int, numbers))

    def schema(self) -> dict[str, object]:
        """Return the JSON Schema of the text: numbers with commas."""
        return {"type": "string", "pattern": f"^({_WHOLE.pattern})(,({_WHOLE.pattern}))*$"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    name: str
    words: tuple[str, ...]
    description: str
    default: str | None = None

    def value(self, text: str) -> str:
        """Read the word."""
        if text not in self.words:
            raise BadRequest(f"{self.name} must be one of {', '.join(self.words)}.")
        return text

    def schema(self) -> dict[str, object]:
        """Return the JSON Schema of the words."""
        return {"type": "string", "enum": list(self.words)} | _default(self)


@dataclass(frozen=True, slots=True)
class Choices:
    """Some of a few words, with commas between them."""

    name: str
    words: tuple[str, ...]
    description: str
    default: tuple[str, ...] | None = None

    def value(self, text: str) -> tuple[str, ...]:
        """Read the words."""
        chosen = tuple(text.split(","))
        if not set(chosen) <= set(self.words):
            raise BadRequest(
                f"{self.name} must be of {', '.join(self.words)}, with commas between them."
            )
        return chosen

    def schema(self) -> dict[str, object]:
        """Return the JSON Schema of the text: words with commas."""
        one = "|".join(map(re.escape, self.words))
        return {"type": "string", "pattern": f"^({one})(,({one}))*$"}


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a whole number that is read together with the id: `seed`, `member`, `members`."""

    name: str
    description: str
    default: str | None = None

    def value(self, text: str) -> str:
        """Return the text as it is."""
        return text

    def schema(self) -> dict[str, object]:
        """Return the JSON Schema of the number that the text must be."""
        return {"type": "integer", "minimum": 0}


@dataclass(frozen=True, slots=True)
class Word:
    """A name, which is looked up by whoever reads it."""

    name: str
    description: str
    default: str | None = None

    def value(self, text: str) -> str:
        """Return the text as it is."""
        return text

    def schema(self) -> dict[str, object]:
        """Return the JSON Schema of the names."""
        return {"type": "string"} | _default(self)


@dataclass(frozen=True, slots=True)
class Digest:
    """The digest in an id, or the word that stands for none."""

    name: str
    description: str
    none: str
    default: str | None = None

    def value(self, text: str) -> str:
        """Read the digest."""
        if text != self.none and _DIGEST.fullmatch(text) is None:
            raise BadRequest(
                f"{self.name} must be the 16 hexadecimal digits of an id, or {self.none}."
            )
        return text

    def schema(self) -> dict[str, object]:
        """Return the JSON Schema of the digests."""
        return {"type": "string", "pattern": f"^(?:{_DIGEST.pattern}|{self.none})$"}


@dataclass(frozen=True, slots=True)
class Words:
    """Names, each given by a parameter of its own: they may hold any character."""

    name: str
    most: int
    description: str
    default: tuple[str, ...] | None = None

    def value(self, text: str) -> tuple[str, ...]:
        """Return one name."""
        return (text,)

    def schema(self) -> dict[str, object]:
        """Return the JSON Schema of the list of names."""
        return {"type": "array", "items": {"type": "string"}, "maxItems": self.most}


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids of propagations, with commas between them; at most so many."""

    name: str
    most: int
    description: str
    default: tuple[str, ...] = ()

    def value(self, text: str) -> tuple[str, ...]:
        """Read the ids, each once."""
        ids = tuple(dict.fromkeys(text.split(",")))
        if len(ids) > self.most or not all(_ID.fullmatch(one) for one in ids):
            raise BadRequest(
                f"{self.name} must be up to {self.most} ids of propagations, with commas between "
                "them."
            )
        return ids

    def schema(self) -> dict[str, object]:
        """Return the JSON Schema of the text: ids with commas."""
        return {"type": "string", "pattern": f"^{_ID.pattern}(,{_ID.pattern})*$"}


REQUEST: Final[tuple[Parameter, ...]] = (
    Text("seed", "The seed, if the id is a step count."),
    Text(
        "member",
        "The member of the seed, a run of its own. With an id that has a digest: one of its "
        "members, from 0 on.",
    ),
    Text("members", "The number of members of the ensemble, if the id is a step count."),
)
"""The parameters that complete an id."""


def _default(parameter: Parameter) -> dict[str, object]:
    return {} if parameter.default is None else {"default": parameter.default}


def read(
    args: MultiDict[str, str], parameters: Sequence[Parameter], *, strict: bool = True
) -> dict[str, Any]:
    """Return the value of each parameter by its name.

    Raises BadRequest for a parameter that is given twice, unless it is `Words`, and for an unknown
    one. Unless `strict`, as on pages, those of their view are ignored, and those by which others
    follow their links.
    """
    known = {parameter.name: parameter for parameter in parameters}
    for name, texts in args.lists():
        if name not in known:
            if not strict and (name in VIEW or _TRACKING.fullmatch(name)):
                continue
            names = ", ".join(known) or "none at all"
            raise BadRequest(
                f"{name[:_SHOWN_CHARACTERS]!r} is not a parameter here; known: {names}."
            )
        if len(texts) > 1 and not isinstance(known[name], Words):
            raise BadRequest(f"{name} is given {len(texts)} times; give it once.")
    return {
        name: _value(args, parameter) if name in args else parameter.default
        for name, parameter in known.items()
    }


def contradiction(one: str, other: str) -> BadRequest:
    """Return the error of two parameters that nothing can meet together."""
    return BadRequest(f"{one} and {other} contradict each other: nothing can meet both.")


def _value(args: MultiDict[str, str], parameter: Parameter) -> Any:  # noqa: ANN401  # each its own
    if not isinstance(parameter, Words):
        return parameter.value(args[parameter.name])
    texts = args.getlist(parameter.name)
    if len(texts) > parameter.most:
        raise BadRequest(f"{parameter.name} is given {len(texts)} times; at most {parameter.most}.")
    return tuple(texts)
