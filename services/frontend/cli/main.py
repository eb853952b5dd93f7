"""The command line, `porta`: parses arguments, calls the command, and prints errors as sentences.

Each command imports what it needs when it is called, so that `porta --help` answers at once.
Exit codes: 0 done; 1 failed, with a sentence on standard error; 2 wrong usage or environment;
130 interrupted by Ctrl-C. docs/command-line.md has the table.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Final, Literal

import click

from frontend.cli.exit_codes import INTERRUPTED, MISUSED
from frontend.cli.parameters import FormatOption, OutputOption, WorkersType
from frontend.cli.standard_streams import abandon_output, is_about_output, tolerate_encodings
from frontend.errors import BadRequest, FrontendError, SettingsError
from frontend.settings import VARIABLES, Settings
from frontend.web.auth.bind_policy import refuse_strangers
from sim.version import VERSION

__all__ = ["porta"]

LOOPBACK: Final = "127.0.0.1"
PORT: Final = 8080


class _Misused(click.ClickException):
    """An argument or a setting that can't be used."""

    exit_code = MISUSED


class _Interrupted(click.ClickException):
    """Ctrl-C."""

    exit_code = INTERRUPTED

    def show(self, file: IO[Any] | None = None) -> None:
        """Print one word: the progress bar's line, if there is one, stays above it."""
        click.echo(f"\n{self.message}", file=file, err=file is None)


class _Porta(click.Group):
    """The group of all commands: its help lists the environment, its errors are sentences."""

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - click's signature
        """Run the command line; an output that can't be written is an error with a sentence."""
        tolerate_encodings()
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            if not is_about_output(error):
                raise
            abandon_output()
            click.echo(f"Error: standard output can't be written: {error.strerror}.", err=True)
            sys.exit(1)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        """Run a command; print one of Porta's own errors without a traceback."""
        try:
            return super().invoke(ctx)
        except (BadRequest, SettingsError) as error:
            raise _Misused(error.detail) from error
        except FrontendError as error:
            raise click.ClickException(error.detail) from error
        except KeyboardInterrupt as error:
            raise _Interrupted("Interrupted.") from error

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of environment variables."""
        super().format_epilog(ctx, formatter)
        with formatter.section("Environment"):
            formatter.write_dl(
                [(v.name, v.description.replace("`", "")) for v in VARIABLES], col_max=28
            )


def _settings() -> Settings:
    return Settings.from_environ(os.environ)


def _settings_and_redis() -> Settings:
    """Read the settings; raises SettingsError also where their Redis can't be used as it is."""
    settings = _settings()
    from frontend.storage.compatibility import refuse_unsuitable

    refuse_unsuitable(settings)
    return settings


@click.group(cls=_Porta, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, package_name="porta")
def porta() -> None:
    """Propagate orbits: simulate N steps, each run on a cluster of its own.

    On a laptop, `porta serve` is all you need. In a deployment, `porta web` and `porta runner`
    are separate processes. `porta propagate` gives a result without a browser.
    """


@porta.command()
@click.option("--host", default=LOOPBACK, show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    default=PORT,
    show_default=True,
    type=click.IntRange(1, 65_535),
    help="The port to listen on.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="The data directory, which keeps the results. [default: PORTA_DATA, or porta in your "
    "user's data directory]",
)
@click.option(
    "--notebook",
    is_flag=True,
    help="Also start JupyterLab, connected to the same Dask Gateway, on loopback.",
)
@click.pass_context
def serve(ctx: click.Context, host: str, port: int, data: Path | None, *, notebook: bool) -> None:
    """Run everything on this machine: web, runner, and the servers that are not configured.

    Without REDIS_URL it starts a Redis-compatible server, and without DASK_GATEWAY_ADDRESS and
    DASK_SCHEDULER a Dask Gateway. It stops all of them when it ends.
    """
    settings = _settings_and_redis()
    refuse_strangers(settings, host)
    from frontend import embedded

    ctx.exit(embedded.serve(settings, host=host, port=port, data=data, notebook=notebook))


@porta.command()
@click.option("--host", default=LOOPBACK, show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    default=PORT,
    show_default=True,
    type=click.IntRange(1, 65_535),
    help="The port to listen on.",
)
@click.option("--data", hidden=True)  # that of `porta serve`, for readiness to check
def web(host: str, port: int, data: str | None) -> None:
    """Serve the pages and the API.

    Needs REDIS_URL, and a runner that uses the same Redis.
    """
    settings = replace(_settings_and_redis(), data=data)
    from frontend.web.server.gunicorn_app import serve as serve_web

    serve_web(settings, host, port)


@porta.command()
@click.option("--until-stdin-ends", is_flag=True, hidden=True)  # so it dies with its parent
def runner(*, until_stdin_ends: bool) -> None:
    """Take runs from Redis and execute them on Dask clusters.

    Needs REDIS_URL, and DASK_GATEWAY_ADDRESS or DASK_SCHEDULER. On SIGTERM it gives its runs
    back, for another runner to continue.
    """
    settings = _settings_and_redis()
    from frontend.runner.service import run_runner

    run_runner(settings, until_stdin_ends=until_stdin_ends)


@porta.group()
def probe() -> None:
    """Check that a process of Porta is alive; Kubernetes calls this.

    The exit code is 0 if it is alive, else 1 with a sentence on standard error.
    """


@probe.command("runner")
@click.option(
    "--without-redis",
    type=click.Choice(["pass", "fail"]),
    default="fail",
    show_default=True,
    help="The answer where Redis can't be reached: fail for readiness, pass for liveness.",
)
def probe_runner(*, without_redis: Literal["pass", "fail"]) -> None:
    """Check that the runner on this host has sent a heartbeat recently; needs REDIS_URL."""
    settings = _settings()
    from frontend.cli import probe as probes

    probes.probe_runner(settings, without_redis_pass=without_redis == "pass")


@porta.command()
@click.argument("steps", metavar="[N]", required=False)
@click.option(
    "--until",
    metavar="T",
    help="In place of N: as many steps as it takes until every agent's clock has reached time T.",
)
@click.option(
    "--stop-escape",
    metavar="AGENT",
    help="End before N steps where AGENT has taken 1,000 steps in a row with an energy above 0.",
)
@click.option(
    "--stop-within",
    metavar="AGENT:DISTANCE",
    help="End before N steps at the first step of AGENT so near its primary.",
)
@click.option(
    "--seed", metavar="S", default="0", show_default=True, help="The seed of the random numbers."
)
@click.option(
    "--member",
    metavar="K",
    help="The member of the seed, each with random numbers of its own. [default: 0]",
)
@click.option(
    "--members",
    metavar="M",
    default="1",
    show_default=True,
    help="How many members: more than 1 is an ensemble, whose statistics are the result.",
)
@click.option(
    "--dispersion",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="How the initial states of the members are spread, as JSON: a list of "
    '{"agent": NAME, "sigma": {"x": 0.001}}, or with a covariance.',
)
@click.option(
    "--agents",
    metavar="A,B,...",
    help="The agents of which an ensemble keeps statistics. [default: the first 16 that have a "
    "primary]",
)
@click.option(
    "--scenario",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="The scenario, as JSON; - for standard input. [default: a planet and a satellite]",
)
@click.option(
    "--preset",
    metavar="NAME",
    help="A scenario that people know; porta presets lists them, with the N of each that is taken "
    "if none is given.",
)
@click.option(
    "--initial",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Start from the states of an OPM or OEM: added to the --scenario or --preset, or alone "
    "about the centre that the file names.",
)
@click.option(
    "--initial-epoch",
    metavar="EPOCH",
    help="Which states of --initial, by their epoch in the file. [default: the first usable]",
)
@click.option(
    "--workers",
    type=WorkersType(),
    default="auto",
    show_default=True,
    help="inline: compute in this process. K: on a cluster of K workers. auto: through a runner "
    "if Redis and Dask are configured, else in this process.",
)
@click.option("--output", cls=OutputOption, metavar="FILE|DIR/|-")
@click.option("--format", "output_format", cls=FormatOption, metavar="NAME")
@click.option(
    "--every",
    metavar="K",
    help="Write of each agent only the records 0 (the initial one), K, 2K, ...",
)
@click.option(
    "--times",
    metavar="LIST|FILE|-",
    help="In place of records, write the states at these times: numbers with commas, or a file "
    "of numbers.",
)
@click.option(
    "--sidecar",
    is_flag=True,
    help="Write beside the file, as FILE.meta.json, of which request it is, and its checksums: "
    "porta verify reads it. Parquet and Arrow files hold it themselves.",
)
@click.option(
    "--agent",
    metavar="NAME",
    help="Write the states of this agent alone, to an OEM; else it has a segment for each.",
)
@click.option(
    "--overwrite",
    is_flag=True,
    help="Remove the export that the directory holds, and start anew. Without it, an export of the "
    "same request is continued, and another is refused. A file is always replaced.",
)
def propagate(**written: Any) -> None:  # noqa: ANN401 - the options, as click passes them
    """Propagate N steps, or up to a time, and write the records or print a summary.

    It uses Redis and Dask if they are configured, else the cores of this machine.
    """
    settings = _settings_and_redis()
    from frontend.cli import propagate as command

    arguments = command.Arguments(**written)
    command.run(settings, arguments)


@porta.command()
@click.argument("propagation_id", metavar="ID")
@click.option(
    "--crate",
    metavar="NAME.crate/|NAME.crate.zip",
    help="Write an RO-Crate, a folder or a zip: request, result, environment, checkpoints and "
    "table. Needs the extra porta[crate].",
)
@click.option("--output", metavar="FILE", help="Write the records; the suffix is the format.")
def export(propagation_id: str, *, crate: str | None, output: str | None) -> None:
    """Write a result as a crate or a file; it starts no run.

    Needs REDIS_URL, or a porta serve beside it. porta propagate --output NAME.crate/ computes and
    writes one at once.
    """
    settings = _settings_and_redis()
    from frontend.cli import export as command

    command.run(settings, propagation_id, crate=crate, output=output)


@porta.command()
@click.argument("what", metavar="FILE|FOLDER|CRATE|ID")
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Recompute everything, and compare it bit for bit, however long that takes. Without it: "
    "all of it if that takes about a second, else a sample, drawn anew each time.",
)
@click.option(
    "--seed",
    metavar="S",
    type=click.IntRange(min=0),
    help="Take the sample that has told this seed.",
)
@click.option(
    "--server",
    metavar="URL",
    help="Look the ID up on a running Porta, not in the configured Redis or that of a porta serve "
    "beside it.",
)
@click.pass_context
def verify(
    ctx: click.Context, what: str, *, everything: bool, server: str | None, seed: int | None
) -> None:
    """Recompute what a file, a folder, a crate or a stored result says that it is.

    It says which share was recomputed. The exit code is 0 if all of that is the same, bit for
    bit; 1 if something is not, or is damaged; 2 if nothing can be said, with a sentence. A path
    that exists is taken before an id.
    """
    settings = _settings()
    from frontend.cli import verify as command

    ctx.exit(command.run(settings, what, everything=everything, server=server, seed=seed))


@porta.command()
@click.argument("name", required=False)
def presets(name: str | None) -> None:
    """List the scenarios that people know, or print the one of this NAME as JSON.

    porta propagate N --preset NAME propagates one.
    """
    from frontend.cli import presets as command

    command.run(name)


@porta.command()
@click.option("--mu", type=float, required=True, help="mu of the agent and its primary together.")
@click.option("--a", type=float, required=True, help="Semi-major axis; below 0 for a hyperbola.")
@click.option("--e", type=float, required=True, help="Eccentricity; not 1.")
@click.option("--i", type=float, default=0.0, show_default=True, help="Inclination, in degrees.")
@click.option(
    "--node", type=float, default=0.0, show_default=True, help="Longitude of the ascending node."
)
@click.option("--argp", type=float, default=0.0, show_default=True, help="Argument of periapsis.")
@click.option("--anomaly", type=float, default=0.0, show_default=True, help="True anomaly.")
def state(*, mu: float, **elements: float) -> None:
    """Print the state of an orbit, as JSON: x, y, z, vx, vy and vz relative to the primary.

    Angles are in degrees. A scenario of nbody takes such an orbit in place of a state.
    """
    from frontend.cli import state as command

    command.run(elements, mu)


@porta.command()
@click.option("--reap", is_flag=True, help="Stop the clusters that belong to no living run.")
def clusters(*, reap: bool) -> None:
    """List the Dask clusters of this installation, by default of a porta serve beside it."""
    settings = _settings_and_redis()
    from frontend.cli import clusters as command

    command.run(settings, reap=reap)


@porta.command()
@click.argument("name")
@click.option(
    "--starts",
    metavar="RATE",
    help="How many runs it may start, as 20/hour. [default: PORTA_QUOTA_STARTS]",
)
@click.option(
    "--work",
    metavar="RATE",
    help="How much work it may start, as 1000000000/day, or none. [default: PORTA_QUOTA_WORK]",
)
@click.option(
    "--append",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Add the line to this file (that of PORTA_TOKENS_FILE), and print only the token.",
)
def token(name: str, starts: str | None, work: str | None, append: Path | None) -> None:
    """Make a bearer token for NAME, for use where PORTA_AUTH is token.

    It is shown only once: the file holds its hash.
    """
    from frontend.web.auth import tokens

    new_token = tokens.new_token()
    try:
        line = tokens.token_line(name, new_token, starts=starts, work=work)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if append is None:
        click.echo(f"token: {new_token}")
        click.echo(f"line:  {line}")
        return
    tokens.append(append, line)
    click.echo(new_token)
