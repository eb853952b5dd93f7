"""The page of `import porta`: its public names with their docstrings, as `help(porta)` has them."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, Final

import porta
from manual.reference.markdown import require

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["members_of", "page"]

OURS: Final = frozenset({"porta", "sim"})
_HEADING: Final = "# Python\n\nWhat `import porta` brings; `help(porta)` shows the same."


def page() -> str:
    """Return the page; raises Undocumented."""
    things = {name: getattr(porta, name) for name in sorted(porta.__all__, key=_rank)}
    described = {name: thing for name, thing in things.items() if _is_described(thing)}
    require({f"porta.{name}": _doc(thing) for name, thing in described.items()})
    parts = [_HEADING, prose(_doc(porta))]
    for name, thing in things.items():
        parts += _class(name, thing) if inspect.isclass(thing) else [_one(f"porta.{name}", thing)]
    return "\n\n".join([*parts, ""])


def _rank(name: str) -> int:
    """Return where a name stands: functions first, then classes, then errors."""
    thing = getattr(porta, name)
    return inspect.isclass(thing) + (inspect.isclass(thing) and issubclass(thing, Exception))


def members_of(of: type) -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties of a class and of its bases in `porta`."""
    seen = set()
    for base in of.__mro__:
        if base.__module__.split(".")[0] not in OURS:
            continue
        for name, member in vars(base).items():
            if not name.startswith("_") and name not in seen and _is_member(member):
                seen.add(name)
                yield name, member


def _is_member(member: object) -> bool:
    return inspect.isfunction(member) or isinstance(member, (property, classmethod, staticmethod))


def _is_described(thing: object) -> bool:
    """Whether a docstring of its own can be expected: not of a number or a text."""
    return inspect.isclass(thing) or inspect.isroutine(thing) or inspect.ismodule(thing)


def _doc(thing: object) -> str:
    return inspect.getdoc(thing) or ""


def _class(name: str, of: type) -> list[str]:
    members = dict(members_of(of))
    require({f"porta.{name}.{member}": _doc(one) for member, one in members.items()})
    bases = [base.__name__ for base in of.__bases__ if base is not object]
    derived = f"\n\nA {' and a '.join(f'`{base}`' for base in bases)}." if bases else ""
    head = f"## porta.{name}{derived}\n\n{prose(_doc(of))}"
    return [head, *(_one(f"{name}.{member}", one, "###") for member, one in members.items())]


def _one(name: str, thing: object, level: str = "##") -> str:
    heading = f"{level} {name}"
    if not _is_described(thing) and not _is_member(thing):
        return f"{heading}\n\n`{thing!r}`"
    if isinstance(thing, property):
        return f"{heading}\n\n{prose(_doc(thing))}"
    function: Any = thing.__func__ if isinstance(thing, (classmethod, staticmethod)) else thing
    signature = re.sub(r"\b(self|cls)(, )?", "", str(inspect.signature(function)), count=1)
    signature = re.sub(r"(: |-> )'([^']*)'", r"\1\2", signature)  # annotations are read as text
    return f"{heading}\n\n```python\n{name}{signature}\n```\n\n{prose(_doc(thing))}"


def prose(doc: str) -> str:
    """Return a docstring as Markdown, with sessions and indented paragraphs as code."""
    return "\n\n".join(map(_paragraph, re.split(r"\n\s*\n", doc.strip("\n"))))


def _paragraph(text: str) -> str:
    lines = text.splitlines()
    if text.lstrip().startswith(">>>"):
        return f"```pycon\n{inspect.cleandoc(text)}\n```"
    if all(line.startswith("    ") for line in lines):
        return f"```text\n{inspect.cleandoc(text)}\n```"
    if len(lines) > 1 and all(line.startswith("    ") for line in lines[1:]):
        return f"{lines[0]}\n\n{_items(lines[1:])}"
    return text


def _items(lines: list[str]) -> str:
    """Return indented lines as a list; what is indented further goes on with the item before."""
    return "\n".join(
        f"  {line.strip()}" if line.startswith("     ") else f"- {line.strip()}" for line in lines
    )
