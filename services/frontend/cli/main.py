"""The command line, `porta`: parse, call, and say in a sentence what went wrong.

Every command imports what it needs when it is called, so that `porta --help` answers at once.
Exit codes: 0 done, 1 it failed (a sentence on standard error), 2 it was asked for wrongly or
the environment can't be used.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import click

from frontend.errors import FrontendError, SettingsError
from frontend.settings import VARIABLES, Settings
from frontend.web.auth.bind_policy import refuse_strangers

if TYPE_CHECKING:
    from frontend.cli.propagate import Workers

__all__ = ["main", "porta"]

LOOPBACK: Final = "127.0.0.1"
PORT: Final = 8080
MISUSED: Final = 2  # click's own exit code for wrong usage


class _WrongEnvironment(click.ClickException):
    exit_code = MISUSED


class _Porta(click.Group):
    """The group of all commands: shows the environment in its help, and errors as sentences."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        """Run a command; an error of ours is told without a traceback."""
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise _WrongEnvironment(error.detail) from error
        except FrontendError as error:
            raise click.ClickException(error.detail) from error

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of environment variables."""
        super().format_epilog(ctx, formatter)
        with formatter.section("Environment"):
            formatter.write_dl(
                [(one.name, one.says.replace("`", "")) for one in VARIABLES], col_max=28
            )


class _WorkersType(click.ParamType[Any]):
    """`auto`, `inline`, or a number of workers."""

    name = "auto|inline|K"

    def convert(
        self,
        value: str,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Workers:
        """Read the option."""
        if value in {"auto", "inline"}:
            return cast("Workers", value)
        if re.fullmatch("[1-9][0-9]{0,3}", value) is None:
            self.fail(f"{value!r} must be auto, inline, or a number of workers from 1.", param, ctx)
        return int(value)


class _OutputOption(click.Option):
    """The option whose help lists the formats, which are imported only to show that help."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Write the help from the table of formats."""
        from frontend.cli.propagate import BY_SUFFIX

        *others, last = BY_SUFFIX
        self.help = (
            f"The file for the records. Its suffix selects the format: {', '.join(others)} or "
            f"{last}. A folder, named with a / at its end, gets Parquet parts from the workers."
        )
        return super().get_help_record(ctx)


def _settings() -> Settings:
    return Settings.from_environ(os.environ)


@click.group(cls=_Porta, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="porta")
def porta() -> None:
    """Propagate orbits: N steps of a simulation, on clusters of their own.

    `porta serve` is all that a laptop needs; `porta web` and `porta runner` are its two halves
    for a deployment; `porta propagate` gives a result without a browser.
    """


@porta.command()
@click.option("--host", default=LOOPBACK, show_default=True, help="The address to listen on.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(1, 65_535))
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder that keeps the results. [default: PORTA_DATA, or the user's data folder]",
)
@click.pass_context
def serve(ctx: click.Context, host: str, port: int, data: Path | None) -> None:
    """Serve on this machine: web, runner, and whatever is not configured.

    Without REDIS_URL it brings a Redis-compatible server of its own, and without
    DASK_GATEWAY_ADDRESS and DASK_SCHEDULER a Dask Gateway. All of it is gone when it ends.
    """
    settings = _settings()
    refuse_strangers(settings, host)
    from frontend import embedded

    ctx.exit(embedded.serve(settings, host=host, port=port, data=data))


@porta.command()
@click.option("--host", default=LOOPBACK, show_default=True, help="The address to listen on.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(1, 65_535))
def web(host: str, port: int) -> None:
    """Serve the pages and the API; needs REDIS_URL, and a runner somewhere."""
    settings = _settings()
    from frontend.web.server.gunicorn_app import serve as serve_web

    serve_web(settings, host, port)


@porta.command()
@click.option("--until-stdin-ends", is_flag=True, hidden=True)  # so it dies with its parent
def runner(*, until_stdin_ends: bool) -> None:
    """Take runs from Redis and compute them on Dask clusters.

    Needs REDIS_URL, and DASK_GATEWAY_ADDRESS or DASK_SCHEDULER. SIGTERM gives back what it
    holds, for another runner to go on with.
    """
    settings = _settings()
    from frontend.runner.service import run_runner

    run_runner(settings, until_stdin_ends=until_stdin_ends)


@porta.command()
@click.argument("steps", metavar="N")
@click.option("--seed", metavar="S", default="0", show_default=True, help="Of the time steps.")
@click.option("--members", metavar="M", default="1", show_default=True, help="Of an ensemble.")
@click.option(
    "--scenario",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The agents, as JSON; a planet and a satellite if not given.",
)
@click.option(
    "--workers",
    type=_WorkersType(),
    default="auto",
    show_default=True,
    help="inline: in this process. K: on a cluster of K workers. "
    "auto: with Redis and Dask configured as the web does it, else in this process.",
)
@click.option("--output", cls=_OutputOption, metavar="FILE|DIR/")
def propagate(
    steps: str, seed: str, members: str, scenario: Path | None, workers: Workers, output: str | None
) -> None:
    """Propagate N steps; write the records, or print what came out.

    It uses a configured Redis and Dask, else none and its own cores.
    """
    settings = _settings()
    from frontend.cli.propagate import Order
    from frontend.cli.propagate import propagate as carry_out

    carry_out(
        settings,
        Order(
            steps=steps,
            seed=seed,
            members=members,
            scenario=scenario,
            workers=workers,
            output=output,
        ),
    )


@porta.command()
@click.option("--reap", is_flag=True, help="Stop those that belong to no living run.")
def clusters(*, reap: bool) -> None:
    """List the Dask clusters of this installation."""
    settings = _settings()
    from frontend.cli.clusters import list_clusters

    list_clusters(settings, reap=reap)


@porta.command()
@click.argument("name")
@click.option(
    "--starts", metavar="RATE", help="How many runs, as 20/hour. [default: the settings']"
)
@click.option("--work", metavar="RATE", help="How much work, as 1000000000/day; or none.")
@click.option(
    "--append",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file of PORTA_TOKENS_FILE: its line is added, and the token alone is printed.",
)
def token(name: str, starts: str | None, work: str | None, append: Path | None) -> None:
    """Make a token for NAME, to start things with where PORTA_AUTH is token.

    It is shown this once: the file holds its hash.
    """
    from frontend.web.auth import tokens

    made = tokens.new_token()
    try:
        line = tokens.token_line(name, made, starts=starts, work=work)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if append is None:
        click.echo(f"token: {made}")
        click.echo(f"line:  {line}")
        return
    tokens.append(append, line)
    click.echo(made)


def main() -> None:
    """Run the command line: the entry point of `porta`."""
    porta(prog_name="porta")
