"""What a person may set: the environment, read once at start into one frozen value.

- Every variable is declared once, beside its field: name, how it is read, default, explanation.
  `VARIABLES` is that table; `docs/configuration.md` is written from it and tested against it.
- A bad value, and a `PORTA_` name that nobody reads, is a `SettingsError` that names it.
- An empty variable counts as absent, as in compose files and charts.
- The `repr` of `Settings` shows no secret.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final

from frontend.errors import SettingsError
from frontend.settings import parsers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["VARIABLES", "Settings", "Variable"]

PREFIX: Final = "PORTA_"
INLINE_WORK_LIMIT: Final = 1_000_000  # docs/adr/0012: an inline result is computed at each reading
IGNORED_PREFIXES: Final = (
    "PORTA_PORT",  # Kubernetes injects these for a Service named `porta`:
    "PORTA_SERVICE_",  # https://kubernetes.io/docs/concepts/services-networking/service/
    "PORTA_TEST_",  # the test suite's own switches, of no meaning here
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One environment variable: how it is read, and what it means to a person."""

    name: str
    read: Callable[[str], Any]
    says: str
    default: object = None

    @property
    def row(self) -> str:
        """The variable's row in the table of `docs/configuration.md`."""
        default = f"`{self.default}`" if self.default not in {None, ()} else ""
        return f"| `{self.name}` | {default} | {self.says} |"


def _variable(name: str, read: Callable[[str], Any], says: str) -> dict[str, Variable]:
    return {"variable": Variable(name=name, read=read, says=says)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Porta's settings; `Settings()` is what an empty environment gives."""

    redis_url: str | None = field(
        default=None,
        repr=False,  # may carry a password
        metadata=_variable(
            "REDIS_URL",
            parsers.redis_url,
            "Where Redis is: `redis://`, `rediss://` or `unix://`. `porta serve` brings its own "
            "without it.",
        ),
    )
    redis_addr: str | None = field(
        default=None,
        metadata=_variable(
            "REDIS_ADDR",
            parsers.host,
            "The host of Redis, or `host:port`; read where `REDIS_URL` is not set.",
        ),
    )
    redis_ca: str | None = field(
        default=None,
        metadata=_variable(
            "PORTA_REDIS_CA",
            parsers.certificates,
            "With `rediss://`: the file of certificates by which Redis' own is believed; those of "
            "the machine if not set.",
        ),
    )
    gateway_address: str | None = field(
        default=None,
        metadata=_variable(
            "DASK_GATEWAY_ADDRESS",
            parsers.http_url,
            "Where the Dask Gateway is. `porta serve` brings its own without it and without "
            "`DASK_SCHEDULER`.",
        ),
    )
    gateway_proxy_address: str | None = field(
        default=None,
        metadata=_variable(
            "DASK_GATEWAY_PROXY_ADDRESS",
            parsers.proxy_address,
            "Where the Gateway's proxy takes connections to clusters, as `tls://host:port`, if "
            "not at the Gateway's own address.",
        ),
    )
    gateway_password: str | None = field(
        default=None,
        repr=False,
        metadata=_variable(
            "DASK_GATEWAY_PASSWORD",
            parsers.text,
            "The Gateway's password, if it asks for one. Only the runner needs it.",
        ),
    )
    gateway_ca: str | None = field(
        default=None,
        metadata=_variable(
            "PORTA_GATEWAY_CA",
            parsers.certificates,
            "With an `https://` Gateway: the file of certificates by which its own is believed; "
            "those of the machine if not set.",
        ),
    )
    scheduler: str | None = field(
        default=None,
        metadata=_variable(
            "DASK_SCHEDULER",
            parsers.scheduler,
            "A Dask scheduler to work on, `[tcp://]host:port`, instead of a Gateway: no cluster "
            "is started or stopped. Workers that `dask worker --preload sim.driver.tasks` "
            "starts have the kernel loaded before their first task.",
        ),
    )
    inline_work: int = field(
        default=10_000,
        metadata=_variable(
            "PORTA_INLINE_WORK",
            parsers.whole(0, INLINE_WORK_LIMIT),
            "Up to this much work (steps of two agents) is computed at once by whoever was "
            "asked, without a cluster; `0` sends everything to Dask.",
        ),
    )
    max_steps: int = field(
        default=100_000_000,
        metadata=_variable(
            "PORTA_MAX_STEPS", parsers.whole(1, 10**12), "The most steps that may be asked for."
        ),
    )
    max_work: int = field(
        default=10_000_000_000,
        metadata=_variable(
            "PORTA_MAX_WORK",
            parsers.whole(1, 10**15),
            "The most work that may be asked for: steps times agents times massive agents by two.",
        ),
    )
    max_workers: int = field(
        default=4,
        metadata=_variable(
            "PORTA_MAX_WORKERS", parsers.whole(1, 1_000), "The most workers that one cluster has."
        ),
    )
    max_runs: int = field(
        default=4,
        metadata=_variable(
            "PORTA_MAX_RUNS",
            parsers.whole(1, 1_000),
            "At most so many runs hold clusters at a time; the others wait in a line.",
        ),
    )
    max_waiting: int = field(
        default=100,
        metadata=_variable(
            "PORTA_MAX_WAITING",
            parsers.whole(1, 100_000),
            "The length of that line; whoever comes later is told to ask again.",
        ),
    )
    slice_budget: int = field(
        default=256 * 2**20,
        metadata=_variable(
            "PORTA_SLICE_BUDGET",
            parsers.size,
            "How many bytes of records a run puts into Redis' cache, as `256MiB`; what is not "
            "there is remade when it is read.",
        ),
    )
    slice_ttl_s: int = field(
        default=86_400,
        metadata=_variable(
            "PORTA_SLICE_TTL", parsers.duration, "How long those are kept, as `90s` or `24h`."
        ),
    )
    result_ttl_s: int | None = field(
        default=None,
        metadata=_variable(
            "PORTA_RESULT_TTL",
            parsers.duration,
            "How long results of other than the default scenario and seed are kept, as `30d`; "
            "for ever if not set, but for a day if they were computed at once.",
        ),
    )
    lease_s: int = field(
        default=10,
        metadata=_variable(
            "PORTA_LEASE",
            parsers.duration,
            "How long a runner that says nothing keeps its run; then another takes it over.",
        ),
    )
    stretch_deadline_s: int = field(
        default=60,
        metadata=_variable(
            "PORTA_STRETCH_DEADLINE",
            parsers.duration,
            "How long one stretch of a run, about a second of work, may take before its cluster "
            "counts as lost.",
        ),
    )
    cluster_timeout_s: int = field(
        default=300,
        metadata=_variable(
            "PORTA_CLUSTER_TIMEOUT",
            parsers.duration,
            "How long a new cluster may take until its first worker is there.",
        ),
    )
    runner: str = field(
        default="child",
        metadata=_variable(
            "PORTA_RUNNER",
            parsers.choice("child", "external"),
            "Whether `flask --app frontend run` brings a runner as its `child`, or relies on an "
            "`external` one.",
        ),
    )
    auth: str | None = field(
        default=None,
        metadata=_variable(
            "PORTA_AUTH",
            parsers.choice("none", "token", "header"),
            "Who may start, cancel and delete things: `none` for everybody, `token` for those with "
            "a token, `header` for those whom a proxy names (docs/security.md). Not set means "
            "`none` on loopback, and that `porta web` refuses any other address.",
        ),
    )
    tokens_file: str | None = field(
        default=None,
        metadata=_variable(
            "PORTA_TOKENS_FILE",
            parsers.text,
            "With `token`: the file of names and hashed tokens that `porta token` writes lines "
            "for; read again when it has changed.",
        ),
    )
    session_key: str | None = field(
        default=None,
        repr=False,
        metadata=_variable(
            "PORTA_SESSION_KEY",
            parsers.secret,
            "With `token`: what signs the cookies of those who sign in with a browser, the same "
            "in all replicas; at least 32 random characters, as `openssl rand -hex 32` gives. "
            "Another key signs everybody out.",
        ),
    )
    auth_header: str = field(
        default="X-Forwarded-User",
        metadata=_variable(
            "PORTA_AUTH_HEADER",
            parsers.header_name,
            "With `header`: where the proxy says who it is.",
        ),
    )
    trusted_proxies: tuple[str, ...] = field(
        default=(),
        metadata=_variable(
            "PORTA_TRUSTED_PROXIES",
            parsers.networks,
            "The addresses or networks of proxies whose `X-Forwarded-For`, `-Proto` and `-Host` "
            "(and with `header`, whose word on who asks) are believed, with commas between.",
        ),
    )
    quota_starts: str = field(
        default="60/hour",
        metadata=_variable(
            "PORTA_QUOTA_STARTS",
            parsers.rate,
            "With `token` and `header`: how many runs each may start, as `60/hour` or `none`. A "
            "token's own line goes before.",
        ),
    )
    quota_work: str = field(
        default="100000000000/day",
        metadata=_variable(
            "PORTA_QUOTA_WORK",
            parsers.rate,
            "The same for work, counted as in `PORTA_MAX_WORK`.",
        ),
    )
    dashboard_url: str | None = field(
        default=None,
        metadata=_variable(
            "PORTA_DASHBOARD_URL",
            parsers.dashboard_template,
            "The link to a cluster's Dask dashboard, with `{cluster}` where its name goes, for "
            "example behind an Ingress that asks who you are. The Gateway's own if not set.",
        ),
    )
    processes: int = field(
        default=1,
        metadata=_variable(
            "PORTA_PROCESSES", parsers.whole(1, 256), "How many processes `porta web` serves from."
        ),
    )
    threads: int = field(
        default=1_280,
        metadata=_variable(
            "PORTA_THREADS",
            parsers.whole(8, 4_096),
            "How many threads each has; every page that follows a run holds one.",
        ),
    )
    data: str | None = field(
        default=None,
        metadata=_variable(
            "PORTA_DATA",
            parsers.text,
            "The folder in which `porta serve` keeps results; the user's data folder if not set.",
        ),
    )
    log_format: str = field(
        default="human",
        metadata=_variable(
            "PORTA_LOG_FORMAT", parsers.choice("human", "json"), "How log lines are written."
        ),
    )
    log_level: str = field(
        default="info",
        metadata=_variable(
            "PORTA_LOG_LEVEL",
            parsers.choice("debug", "info", "warning", "error"),
            "The least that is logged.",
        ),
    )

    @property
    def redis_location(self) -> str | None:
        """The URL of Redis, from whichever variable says it; it may carry a password."""
        if self.redis_url is None and self.redis_addr is not None:
            return f"redis://{self.redis_addr}"
        return self.redis_url

    @property
    def has_dask(self) -> bool:
        """Whether a Gateway or a scheduler is configured."""
        return self.gateway_address is not None or self.scheduler is not None

    def dashboard(self, cluster: str, own: str | None) -> str | None:
        """Return the link to a cluster's dashboard: by the template if there is one, else `own`."""
        return own if self.dashboard_url is None else self.dashboard_url.format(cluster=cluster)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read the environment; raises `SettingsError` that names the variable to change."""
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
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name in known or name.startswith(IGNORED_PREFIXES):
            continue
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
        hint = f"did you mean {close[0]}?" if close else "docs/configuration.md lists them all."
        raise SettingsError(name, f"there is no such setting; {hint}")


_BY_FIELD: Final[dict[str, Variable]] = {
    one.name: replace(one.metadata["variable"], default=one.default) for one in fields(Settings)
}
VARIABLES: Final = tuple(_BY_FIELD.values())
