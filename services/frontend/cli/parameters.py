"""The parameters of `porta` that click has no type for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from frontend.cli.propagate import Workers

__all__ = ["FormatOption", "OutputOption", "WorkersType"]


class WorkersType(click.ParamType[Any]):
    """`auto`, `inline`, or a number of workers."""

    name = "auto|inline|K"

    def convert(
        self,
        value: str,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Workers:
        """Return the option's value; fails with a sentence."""
        if value in {"auto", "inline"}:
            return cast("Workers", value)
        if re.fullmatch("[1-9][0-9]{0,3}", value) is None:
            self.fail(
                f"{value!r} must be auto, inline, or a number of workers from 1 to 9999.",
                param,
                ctx,
            )
        return int(value)

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the words that it may be."""
        return _beginning_with(incomplete, ("auto", "inline"))


class OutputOption(click.Option):
    """The option `--output`, whose help lists the formats of `sim.export`."""

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        incomplete: str,
    ) -> list[CompletionItem]:
        """Let the shell complete the name of a file or a directory."""
        return [CompletionItem(incomplete, type="file")]

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the help; only here, since importing the formats takes a moment."""
        from sim.export import FORMATS

        *suffixes, last = (form.suffix for form in FORMATS.values())
        self.help = (
            f"Write the records to a file. Its suffix chooses the format: {', '.join(suffixes)} "
            f"or {last}. A name with a / at its end is a directory, to which workers write "
            "Parquet parts. - is standard output."
        )
        return super().get_help_record(ctx)


class FormatOption(click.Option):
    """The option `--format`, one of the names of `sim.export`."""

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the names of the formats."""
        from sim.export import FORMATS

        return _beginning_with(incomplete, FORMATS)

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the help; only here, since importing the formats takes a moment."""
        from sim.export import FORMATS

        self.help = (
            f"The format of the output, whatever its suffix: {', '.join(FORMATS)}. [default: that "
            "of the suffix; csv for standard output, pipes and devices]"
        )
        return super().get_help_record(ctx)

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:  # noqa: ANN401 - click's
        """Return the name of a format; fails with a sentence."""
        from sim.export import FORMATS

        if value is not None and value not in FORMATS:
            raise click.BadParameter(
                f"{value!r} must be one of {', '.join(FORMATS)}.", ctx=ctx, param=self
            )
        return value


def _beginning_with(incomplete: str, words: Iterable[str]) -> list[CompletionItem]:
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]
