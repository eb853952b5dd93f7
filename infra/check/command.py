"""The command: asks the cluster, looks for each kind of trouble, prints what it found.

Its exit code is 0 if nothing is wrong, 1 if something is, and 2 if the settings are invalid or the
cluster can't be asked.
"""

from __future__ import annotations

import re
import shlex
import sys
from typing import TYPE_CHECKING, Final

from infra.check import fitting, nodes, pods, redis, releases, secrets, storage
from infra.check.cluster import ask
from infra.programs import ProgramError, expanded
from infra.settings import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.check.answers import Answers, Finding

__all__ = ["CHECKS", "findings", "main", "on_cluster"]

# How each program that a finding's command begins with is told the context.
TOLD: Final = {
    "kubectl": "kubectl --context {}",
    "helm": "helm --kube-context {}",
    "scripts/redis-backup": "CONTEXT={} scripts/redis-backup",
    "scripts/redis-restore": "CONTEXT={} scripts/redis-restore",
}
PROGRAM: Final = re.compile(rf"(?<!\S)({'|'.join(TOLD)})(?= )")

# In the order in which things are mended: what the cluster lacks, what stands still, what differs.
CHECKS: Final = (
    nodes.version,
    storage.classes,
    nodes.room,
    secrets.missing,
    secrets.revision,
    storage.volumes,
    redis.memory,
    releases.states,
    redis.stuck,
    pods.refused,
    pods.not_ready,
    releases.images,
    releases.values,
)


def findings(settings: Settings, answers: Answers) -> list[Finding]:
    """Return everything that is wrong."""
    return [found for check in CHECKS for found in check(settings, answers)]


def main(environ: Mapping[str, str]) -> int:
    """Check the cluster that the settings name; return the exit code."""
    try:
        settings = Settings.load(environ)
        answers = ask(settings)
    except SettingsError as error:
        sys.stderr.write(f"infra: {error}\n")
        return 2
    except ProgramError as error:
        sys.stderr.write(f"infra: the cluster can't be asked: {error}\n")
        return 2
    found = findings(settings, answers)
    sys.stdout.write(report(settings, answers, found, environ))
    return 1 if found else 0


def on_cluster(settings: Settings, command: str) -> str:
    """Return a command that names the settings' context, if they have one.

    The check has asked that cluster, so its commands must not reach kubectl's current one.
    """
    if not settings.kube_context:
        return command
    context = shlex.quote(settings.kube_context)
    return PROGRAM.sub(lambda program: TOLD[program[1]].format(context), command)


def report(
    settings: Settings, answers: Answers, found: list[Finding], environ: Mapping[str, str]
) -> str:
    """Return what the command prints: each sentence, and the command below it."""
    names = ", ".join(f"{one.name} {one.chart_version}" for one in answers.newest())
    context = f", context {settings.kube_context}" if settings.kube_context else ""
    lines = [f"Kubernetes {answers.version}{context}; releases: {names or 'none yet'}"]
    lines += fitting.sentences(settings, answers)
    if len(found) > 1:
        lines += ["", "Mend these in their order, then check again."]
    if found:
        lines += _kubeconfig(settings, environ)
    for number, one in enumerate(found, 1):
        lines += ["", f"{number}. {one.sentence}", f"   $ {on_cluster(settings, one.command)}"]
    if not found:
        lines.append("Nothing is wrong.")
    return "\n".join(lines) + "\n"


def _kubeconfig(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """Return what makes kubectl and Helm read the settings' kubeconfig; nothing if they do."""
    files = expanded(settings.kubeconfig)
    if files == expanded(Settings.load({"KUBECONFIG": environ.get("KUBECONFIG", "")}).kubeconfig):
        return []
    said = f"   $ export KUBECONFIG={shlex.quote(files)}"
    return ["", "First, because the settings' kubeconfig is not kubectl's:", said]
