"""The page of presets: what each shows, where it is from, and how it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from manual.reference.markdown import code, require
from sim.presets import presets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.presets import Preset

__all__ = ["page"]

LISTED: Final = 6  # agents: as many as fit a line
_INTRODUCTION: Final = """\
# Presets

Scenarios that people know. `porta presets NAME` prints one, `porta propagate --preset NAME` and
`porta.propagate(preset="NAME")` propagate it, `/?preset=NAME` opens it in the form.
"""


def page() -> str:
    """Return the page; raises Undocumented."""
    require({one.name: one.source and one.look_for for one in presets()})
    return "\n\n".join([_INTRODUCTION, *map(_section, presets()), ""])


def _section(preset: Preset) -> str:
    facts = {
        "model": code(preset.scenario.model.name),
        "steps that show it": f"{preset.steps:,}",
        "agents": _named(preset.scenario.names),
        "source": preset.source,
    }
    return "\n\n".join(
        [
            f"## {preset.name}",
            f"**{preset.title}.** {preset.look_for}",
            "\n".join(f"- {what}: {value}" for what, value in facts.items()),
        ]
    )


def _named(agents: Sequence[str]) -> str:
    more = f" and {len(agents) - LISTED:,} more" if len(agents) > LISTED else ""
    return ", ".join(agents[:LISTED]) + more
