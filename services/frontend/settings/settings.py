"""Porta's settings: the environment, read once at start into one frozen value.

- Each variable is declared once, beside its field: name, parser, default and description.
  `VARIABLES` lists them; `docs/configuration.md` has the same table, and a test compares the two.
- A bad value, or an unknown name that begins with `PORTA_`, is a `SettingsError` that names it.
- An empty variable counts as absent, as in compose files and charts.
- The `repr` of `Settings` shows no secret.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final

from frontend.errors import SettingsError
from frontend.settings import parsers
from frontend.settings.redis_url import redis_url
from sim.limits import DEFAULT_MAX_STEPS, DEFAULT_MAX_WORK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["VARIABLES", "Settings", "Variable"]

PREFIX: Final = "PORTA_"
INLINE_WORK_LIMIT: Final = 20_000_000  # docs/adr/0097: half a second of one core
IGNORED_PREFIXES: Final = (
    "PORTA_PORT",  # Kubernetes sets these for a Service named `porta`:
    "PORTA_SERVICE_",  # https://kubernetes.io/docs/concepts/services-networking/service/
    "PORTA_TEST_",  # the test suite's own switches
)
OF_CLIENTS: Final = frozenset({"PORTA_TOKEN"})  # what `porta.propagate(on="http://...")` sends


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One environment variable: its parser, default and description."""

    name: str
    read: Callable[[str], Any]
    description: str
    default: object = None

    @property
    def row(self) -> str:
        """The variable's row in the table of `docs/configuration.md`."""
        default = f"`{self.default}`" if self.default not in {None, ()} else ""
        return f"| `{self.name}` | {default} | {self.description} |"


def _variable(name: str, read: Callable[[str], Any], description: str) -> dict[str, Variable]:
    return {"variable": Variable(name=name, read=read, description=description)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Porta's settings; `Settings()` is what an empty environment gives."""

    redis_url: str | None = field(
        default=None,
        repr=False,  # may contain a password
        metadata=_variable(
            "REDIS_URL",
            redis_url,
            "The URL of Redis: `redis://`, `rediss://` or `unix://`. "
            "Without it, `porta serve` starts its own Redis-compatible server.",
        ),
    )
    redis_addr: str | None = field(
        default=None,
        metadata=_variable(
            "REDIS_ADDR",
            parsers.host,
            "The host of Redis, or `host:port`; used if `REDIS_URL` is not set.",
        ),
    )
    redis_ca: str | None = field(
        default=None,
        metadata=_variable(
            "PORTA_REDIS_CA",
            parsers.certificates,
            "With `rediss://`: the file of PEM certificates that Redis' certificate "
            "is checked against; those of the machine if not set.",
        ),
    )
    gateway_address: str | None = field(
        default=None,
        metadata=_variable(
            "DASK_GATEWAY_ADDRESS",
            parsers.http_url,
            "The URL of the Dask Gateway. Without it and without `DASK_SCHEDULER`, "
            "`porta serve` starts its own.",
        ),
    )
    gateway_proxy_address: str | None = field(
        default=None,
        metadata=_variable(
            "DASK_GATEWAY_PROXY_ADDRESS",
            parsers.proxy_address,
            "The address at which the Gateway's proxy accepts connections to "
            "clusters, as `tls://host:port`; the Gateway's own address if not set.",
        ),
    )
    gateway_password: str | None = field(
        default=None,
        repr=False,
        metadata=_variable(
            "DASK_GATEWAY_PASSWORD",
            parsers.text,
            "The Gateway's password, if it requires one. Only the runner needs it.",
        ),
    )
    gateway_ca: str | None = field(
        default=None,
        metadata=_variable(
            "PORTA_GATEWAY_CA",
            parsers.certificates,
            "With an `https://` Gateway: the file of PEM certificates that its "
            "certificate is checked against; those of the machine if not set.",
        ),
    )
    scheduler: str | None = field(
        default=None,
        metadata=_variable(
            "DASK_SCHEDULER",
            parsers.scheduler,
            "A Dask scheduler to use instead of a Gateway, as `[tcp://]host:port`. "
            "Porta then starts and stops no cluster. Start its workers with `dask "
            "worker --preload sim.driver.tasks`, which loads the kernel before "
            "their first task.",
        ),
    )
    inline_work: int = field(
        default=5_000_000,
        metadata=_variable(
            "PORTA_INLINE_WORK",
            parsers.whole_number(0, INLINE_WORK_LIMIT),
            "Requests of up to this much work (as in `PORTA_MAX_WORK`) are computed at "
            "once in the process that received them, without a cluster: a million steps of "
            "`nano` and ten thousand of a binary are. `0` sends everything to Dask; at most "
            "`20000000`.",
        ),
    )
    max_steps: int = field(
        default=DEFAULT_MAX_STEPS,
        metadata=_variable(
            "PORTA_MAX_STEPS",
            parsers.whole_number(1, 10**12),
            "The most steps that a request may have.",
        ),
    )
    max_work: int = field(
        default=DEFAULT_MAX_WORK,
        metadata=_variable(
            "PORTA_MAX_WORK",
            parsers.whole_number(1, 10**15),
            "The most work that a request may have. Its unit is a step of two agents of "
            "`nano`, one of them massive. A step of `nano` is agents times massive agents, "
            "divided by two, and at least 1; one of `nbody` is as much with `leapfrog`, 17 "
            "times as much with `kahan-li-8` and, with `gauss-radau-15`, the largest of 192, "
            "12 times agents times massive agents, and 96 times agents. An ensemble has the work "
            "of all its members.",
        ),
    )
    max_workers: int = field(
        default=4,
        metadata=_variable(
            "PORTA_MAX_WORKERS",
            parsers.whole_number(1, 1_000),
            "The most workers of one cluster, also if `--workers` asks for more.",
        ),
    )
    max_runs: int = field(
        default=4,
        metadata=_variable(
            "PORTA_MAX_RUNS",
            parsers.whole_number(1, 1_000),
            "How many runs may have clusters at a time; the others wait in the queue.",
        ),
    )
    max_waiting: int = field(
        default=100,
        metadata=_variable(
            "PORTA_MAX_WAITING",
            parsers.whole_number(1, 100_000),
            "How many runs the queue holds; further requests are refused, and may "
            "be repeated later.",
        ),
    )
    slice_budget: int = field(
        default=256 * 2**20,
        metadata=_variable(
            "PORTA_SLICE_BUDGET",
            parsers.size,
            "How many bytes of records, or of an ensemble's blocks, a run puts into Redis' cache, "
            "as `256MiB`; other records are computed again when they are read, and of "
            "members that are not in it there is no table.",
        ),
    )
    slice_ttl_s: int = field(
        default=86_400,
        metadata=_variable(
            "PORTA_SLICE_TTL",
            parsers.duration,
            "How long the cache keeps these records and members, as `90s` or `24h`.",
        ),
    )
    result_ttl_s: int | None = field(
        default=None,
        metadata=_variable(
            "PORTA_RESULT_TTL",
            parsers.duration,
            "How long results of other scenarios, seeds and members than the default are "
            "kept, as `30d`. If not set, they are kept forever, or for a day if "
            "they were computed without a cluster.",
        ),
    )
    inline_storage: int = field(
        default=64 * 2**20,
        metadata=_variable(
            "PORTA_INLINE_STORAGE",
            parsers.size,
            "How many bytes of Redis the results that were computed at once may take "
            "together, as `64MiB`; the oldest are removed first, and computed again "
            "when they are asked for.",
        ),
    )
    wait_limit_s: int = field(
        default=86_400,
        metadata=_variable(
            "PORTA_WAIT_LIMIT",
            parsers.duration,
            "How long a run may wait for what it lacks, for example for room in "
            "Redis, without a new stretch; then it fails, with the reason.",
        ),
    )
    lease_s: int = field(
        default=10,
        metadata=_variable(
            "PORTA_LEASE",
            parsers.duration,
            "How long a runner that does not renew its lease keeps its run; then "
            "another runner takes it over.",
        ),
    )
    stretch_deadline_s: int = field(
        default=60,
        metadata=_variable(
            "PORTA_STRETCH_DEADLINE",
            parsers.duration,
            "How long one stretch of a run, or one block of members, each about a second of work, "
            "may take before its cluster counts as lost.",
        ),
    )
    cluster_timeout_s: int = field(
        default=300,
        metadata=_variable(
            "PORTA_CLUSTER_TIMEOUT",
            parsers.duration,
            "How long a new cluster may take until its first worker is ready.",
        ),
    )
    runner: str = field(
        default="child",
        metadata=_variable(
            "PORTA_RUNNER",
            parsers.choice("child", "external"),
            "Whether `flask --app frontend run` starts a runner as its `child`, or "
            "uses an `external` one.",
        ),
    )
    auth: str | None = field(
        default=None,
        metadata=_variable(
            "PORTA_AUTH",
            parsers.choice("none", "token", "header"),
            "Who may start, cancel and delete propagations: `none` for everyone, "
            "`token` for the holders of a bearer token, `header` for users whom a "
            "proxy names (docs/security.md). If not set, it is `none` on loopback, "
            "and `porta web` refuses any other address.",
        ),
    )
    tokens_file: str | None = field(
        default=None,
        metadata=_variable(
            "PORTA_TOKENS_FILE",
            parsers.text,
            "With `token`: the file of names and hashed tokens, whose lines `porta "
            "token` writes; read again when it changes.",
        ),
    )
    session_key: str | None = field(
        default=None,
        repr=False,
        metadata=_variable(
            "PORTA_SESSION_KEY",
            parsers.secret,
            "With `token`: the key that signs the session cookies of browsers, the "
            "same in all replicas; at least 32 random characters, as `openssl rand "
            "-hex 32` prints. A new key signs everyone out.",
        ),
    )
    auth_header: str = field(
        default="X-Forwarded-User",
        metadata=_variable(
            "PORTA_AUTH_HEADER",
            parsers.header_name,
            "With `header`: the header in which the proxy names the user.",
        ),
    )
    trusted_proxies: tuple[str, ...] = field(
        default=(),
        metadata=_variable(
            "PORTA_TRUSTED_PROXIES",
            parsers.networks,
            "The addresses or networks of the proxies whose `X-Forwarded-For`, "
            "`-Proto`, `-Host` and `-Prefix` (and with `header`, the user's name) are trusted, "
            "separated by commas.",
        ),
    )
    path_prefix: str | None = field(
        default=None,
        metadata=_variable(
            "PORTA_PATH_PREFIX",
            parsers.path_prefix,
            "The path under which a proxy shows Porta, such as `/porta`, where the proxy does not "
            "send `X-Forwarded-Prefix`.",
        ),
    )
    https: str = field(
        default="optional",
        metadata=_variable(
            "PORTA_HTTPS",
            parsers.choice("optional", "required"),
            "`required`: what a trusted proxy received over HTTP is redirected to HTTPS, or, "
            "unless it is a GET, refused.",
        ),
    )
    quota_starts: str = field(
        default="60/hour",
        metadata=_variable(
            "PORTA_QUOTA_STARTS",
            parsers.rate,
            "With `token` and `header`: how many runs each user may start, as "
            "`60/hour` or `none`. A limit in the token's own line takes precedence.",
        ),
    )
    quota_work: str = field(
        default="100000000000/day",
        metadata=_variable(
            "PORTA_QUOTA_WORK",
            parsers.rate,
            "With `token` and `header`: how much work of either model each user may "
            "start, counted as in `PORTA_MAX_WORK`.",
        ),
    )
    dashboard_url: str | None = field(
        default=None,
        metadata=_variable(
            "PORTA_DASHBOARD_URL",
            parsers.dashboard_template,
            "The link to a cluster's Dask dashboard, with `{cluster}` for its name, "
            "for example behind an Ingress that requires a login. The Gateway's own "
            "link if not set.",
        ),
    )
    processes: int = field(
        default=1,
        metadata=_variable(
            "PORTA_PROCESSES",
            parsers.whole_number(1, 256),
            "The number of processes of `porta web`. They divide the memory for reads and all "
            "caches; each further one needs some 512 MiB more (docs/operations.md).",
        ),
    )
    threads: int = field(
        default=1_280,
        metadata=_variable(
            "PORTA_THREADS",
            parsers.whole_number(8, 4_096),
            "The number of threads of each process; every page that follows a run holds one.",
        ),
    )
    read_memory: int = field(
        default=192 * 2**20,
        metadata=_variable(
            "PORTA_READ_MEMORY",
            parsers.size,
            "How many bytes the files that are being downloaded may hold in memory "
            "together, as `192MiB`; opened propagations have half as much. The processes of "
            "`porta web` divide it; each has 16 MiB at least. One file may hold more than a part, "
            "such as 160 MB for a million points; it is written while no other large one is.",
        ),
    )
    export_cache: int = field(
        default=512 * 2**20,
        metadata=_variable(
            "PORTA_EXPORT_CACHE",
            parsers.size,
            "How many bytes of disk the finished files may take together that are kept for `HEAD` "
            "and `Range`, as `512MiB`; the least recently read are removed first. One has at most "
            "half of it: a larger one is streamed from its beginning. `0` keeps none.",
        ),
    )
    export_folder: str | None = field(
        default=None,
        metadata=_variable(
            "PORTA_EXPORT_FOLDER",
            parsers.text,
            "The folder of these files, which nobody else may write into; `exports` in the data "
            "directory of `porta serve`, else `porta/exports` in the user's cache directory.",
        ),
    )
    data: str | None = field(
        default=None,
        metadata=_variable(
            "PORTA_DATA",
            parsers.text,
            "The data directory of `porta serve`, which keeps the results, and where `porta "
            "verify`, `export` and `clusters` look for one that runs; `porta` in the user's data "
            "directory if not set.",
        ),
    )
    log_format: str = field(
        default="human",
        metadata=_variable(
            "PORTA_LOG_FORMAT",
            parsers.choice("human", "json"),
            "The format of log lines.",
        ),
    )
    log_level: str = field(
        default="info",
        metadata=_variable(
            "PORTA_LOG_LEVEL",
            parsers.choice("debug", "info", "warning", "error"),
            "The lowest level that is logged.",
        ),
    )

    @property
    def redis_location(self) -> str | None:
        """The URL of Redis, from REDIS_URL or REDIS_ADDR; it may contain a password."""
        if self.redis_url is None and self.redis_addr is not None:
            return f"redis://{self.redis_addr}"
        return self.redis_url

    @property
    def has_dask(self) -> bool:
        """Whether a Gateway or a scheduler is configured."""
        return self.gateway_address is not None or self.scheduler is not None

    def dashboard(self, cluster: str, own: str | None) -> str | None:
        """Return the link to a cluster's dashboard: from the template if it is set, else `own`."""
        return own if self.dashboard_url is None else self.dashboard_url.format(cluster=cluster)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read the environment; raises a SettingsError that names the variable to change."""
        _refuse_unknown(environ)
        values: dict[str, Any] = {
            name: _read(variable, environ[variable.name])
            for name, variable in _BY_FIELD.items()
            if environ.get(variable.name, "").strip()
        }
        settings = cls(**values)
        if settings.gateway_address is not None and settings.scheduler is not None:
            raise SettingsError(
                "DASK_SCHEDULER", "is set beside DASK_GATEWAY_ADDRESS; remove one of them."
            )
        return settings


def _read(variable: Variable, value: str) -> object:
    try:
        return variable.read(value.strip())
    except ValueError as error:
        raise SettingsError(variable.name, str(error)) from None


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = [variable.name for variable in VARIABLES]
    for name in sorted(environ.keys() - OF_CLIENTS):
        if not name.startswith(PREFIX) or name in known or name.startswith(IGNORED_PREFIXES):
            continue
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
        hint = f"did you mean {close[0]}?" if close else "docs/configuration.md lists them all."
        raise SettingsError(name, f"there is no such setting; {hint}")


_BY_FIELD: Final[dict[str, Variable]] = {
    f.name: replace(f.metadata["variable"], default=f.default) for f in fields(Settings)
}
VARIABLES: Final = tuple(_BY_FIELD.values())
