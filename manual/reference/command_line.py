"""The page of the command line: every command of click's, its options, and the exit codes."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Final

import click

from frontend.cli.exit_codes import EXIT_CODES
from frontend.cli.main import porta
from manual.reference.markdown import cell, code, require, table

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["commands", "options_of", "page"]

_INTRODUCTION: Final = """\
# Command line

As `porta COMMAND --help` says it. [The guide](../command-line.md) has examples;
[the settings](../configuration.md) are environment variables, which all commands read.
"""


def page() -> str:
    """Return the page; raises Undocumented."""
    found = dict(commands())
    require({f"porta {name}": command.help for name, command in found.items()})
    sections = [_section(name, command) for name, command in found.items()]
    codes = table(
        ("code", "meaning"), ((number, meaning) for number, meaning in EXIT_CODES.items())
    )
    return "\n\n".join([_INTRODUCTION, *sections, "## Exit codes", codes]) + "\n"


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command that can be called, with its words after `porta`."""
    yield from _commands(porta, "")


def _commands(group: click.Group, before: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in sorted(group.commands.items()):
        if command.hidden:
            continue
        words = f"{before}{name}"
        if isinstance(command, click.Group):
            yield from _commands(command, f"{words} ")
        else:
            yield words, command


def options_of(name: str, command: click.Command) -> dict[str, str]:
    """Return the words of each option; raises Undocumented."""
    context = click.Context(command, info_name=f"porta {name}")
    shown = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
    words: dict[str, str] = {}
    for option in shown:
        record = option.get_help_record(context)
        written = record[0] if record is not None else option.opts[0]
        words[written] = record[1] if record is not None and option.help else ""
    require({f"porta {name} {option}": text for option, text in words.items()})
    return words


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=f"porta {name}")
    usage = " ".join(command.collect_usage_pieces(context))
    parts = [
        f"## porta {name}",
        f"```text\nporta {name} {usage}\n```",
        inspect.cleandoc(command.help or ""),
    ]
    options = options_of(name, command)
    if options:
        rows = ((code(written), words) for written, words in options.items())
        parts.append(table(("option", "meaning"), ((one, cell(words)) for one, words in rows)))
    return "\n\n".join(parts)
