"""The deployment that is tested: deployed, checked, and in the end destroyed.

Its settings are those of the environment, and what a test sets for good (`settings`) or for one
command. A deployment that fails unexpectedly ends the whole test: see conftest.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from infra.settings import Settings
from tests.cluster import commands
from tests.cluster.kube import GATEWAY, PORTA, Kube, Object, is_ready
from tests.cluster.shell import CommandFailed
from tests.cluster.story import say
from tests.cluster.waiting import until

if TYPE_CHECKING:
    from tests.cluster.shell import Done, Shell

__all__ = ["Deployment", "DeploymentFailed", "Report"]

DEPLOY_S: Final = 1_800.0  # three releases of ten minutes each, by default
CHECK_S: Final = 180.0
READY_S: Final = 300.0
LOG_BYTES: Final = 4 * 2**20  # of each container
FINDING: Final = re.compile(r"^\d+\. (.*)\n   \$ (.*)$", re.MULTILINE)


class DeploymentFailed(AssertionError):
    """A deployment that should have succeeded did not."""


@dataclass(frozen=True, slots=True)
class Report:
    """What `python -m infra.check` found: sentences, and the command that mends each."""

    code: int
    text: str
    findings: list[tuple[str, str]]

    def command(self, sentence: str) -> str:
        """Return the command of the finding whose sentence matches; fails if there is none."""
        found = [command for said, command in self.findings if re.search(sentence, said)]
        assert found, f"the check does not say {sentence!r}:\n{self.text}"
        return found[0].partition("    #")[0]


@dataclass
class Deployment:
    """Porta on the cluster."""

    shell: Shell
    kube: Kube
    settings: dict[str, str] = field(default_factory=dict)  # INFRA_ variables
    is_there: bool = False
    printed: str = ""  # by all deployments

    def deploy(self, command: str = commands.DEPLOY, **once: str) -> Done:
        """Deploy; raises DeploymentFailed."""
        try:
            return self._deploy(command, can_fail=False, **once)
        except CommandFailed as error:
            raise DeploymentFailed(str(error)) from None

    def deploy_in_vain(self, **once: str) -> str:
        """Deploy what can't become ready, and return what was printed; fails if it succeeds."""
        done = self._deploy(commands.DEPLOY, can_fail=True, **once)
        assert done.code != 0, done.output
        return done.output

    def _deploy(self, command: str, *, can_fail: bool, **once: str) -> Done:
        self.is_there = True  # from now on there may be something to destroy
        settings = self.settings | once
        done = self.shell.run(command, environ=settings, within_s=DEPLOY_S, can_fail=can_fail)
        self.printed += done.output
        return done

    def destroy(self) -> None:
        """Destroy it; raises CommandFailed."""
        self.shell.run(commands.DESTROY, environ=self.settings, within_s=DEPLOY_S)
        self.is_there = False

    def check(self, **once: str) -> Report:
        """Run the check with the deployment's settings."""
        done = self.shell.run(
            commands.CHECK, environ=self.settings | once, within_s=CHECK_S, can_fail=True
        )
        assert done.code in {0, 1}, done.output
        return Report(done.code, done.output, FINDING.findall(done.output))

    def is_sound(self) -> None:
        """Wait until every pod is ready, then fail unless the check finds nothing."""
        until(self.all_ready, "all pods are ready", within_s=READY_S)
        report = self.check()
        assert (report.code, report.findings) == (0, []), report.text

    def all_ready(self) -> bool:
        """Whether all workloads have the pods that they want, of their newest template."""
        return all(
            _is_rolled_out(one)
            for space in (PORTA, GATEWAY)
            for kind in ("deployments", "statefulsets")
            for one in self.kube.items(kind, space)
        )

    def pods(self) -> dict[str, str]:
        """Return the identity of each pod and how often its containers started, by its name."""
        return {
            one["metadata"]["name"]: f"{one['metadata']['uid']} {_starts(one)}"
            for space in (PORTA, GATEWAY)
            for one in self.kube.pods(space)
        }

    def logs(self) -> str:
        """Return what the containers of all pods have printed, up to a bound for each."""
        return "".join(
            self.kube.text(
                *("-n", space, "logs", pod["metadata"]["name"], "--all-containers", "--prefix"),
                f"--limit-bytes={LOG_BYTES}",
            )
            for space in (PORTA, GATEWAY)
            for pod in self.kube.pods(space)
        )

    def effective(self) -> Settings:
        """Return the settings that a deployment has now."""
        return Settings.load(self.shell.environ | self.settings)

    def tell_what_is_there(self) -> None:
        """Print what helps to find out why a test failed."""
        for space in (PORTA, GATEWAY):
            for pod in self.kube.items("pods", space):
                ready = "ready" if is_ready(pod) else "not ready"
                phase = pod["status"].get("phase", "")
                say(f"{space} {pod['metadata']['name']}: {phase}, {ready}, {_starts(pod)} starts")
        done = self.shell.run(
            commands.CHECK, environ=self.settings, within_s=CHECK_S, can_fail=True
        )
        say(done.output)


def _is_rolled_out(workload: Object) -> bool:
    status, wanted = workload["status"], workload["spec"]["replicas"]
    return bool(
        status.get("observedGeneration", 0) >= workload["metadata"]["generation"]
        and status.get("replicas", 0) == wanted
        and status.get("readyReplicas", 0) == wanted
        and status.get("updatedReplicas", 0) == wanted
    )


def _starts(pod: Object) -> int:
    return sum(one["restartCount"] + 1 for one in pod["status"].get("containerStatuses", []))
