"""What pytest is told: the deployment that the tests are about, and how they are printed.

Without it, which only `make cluster-test` brings, no test of this folder is collected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cluster.deployment import Deployment, DeploymentFailed
from tests.cluster.story import claim, say

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.cluster.site import Site

__all__ = ["Told"]


class Told:
    """A plugin: the objects for the fixtures, the story, and the end after a failed deployment."""

    def __init__(
        self, deployment: Deployment, site: Site, folder: Path, before: dict[str, str]
    ) -> None:
        self.deployment, self.site, self.folder = deployment, site, folder
        self.before = before  # what the cluster held before the first deployment
        self._told = ""

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Print what the next test claims."""
        claim(item.name)

    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> tuple[str, str, str]:
        """Print no letter: the lines of a test are its story."""
        in_test = report.when == "call"
        kinds = {
            "passed": "passed" if in_test else "",
            "failed": "failed" if in_test else "error",
            "skipped": "skipped",
        }
        return kinds[report.outcome], "", ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print how a test ended."""
        if report.when == "call" or not report.passed:
            ended = {"passed": "it holds", "failed": "IT DOES NOT HOLD", "skipped": "skipped"}
            say(f"-> {ended[report.outcome]}, after {report.duration:.1f} s")

    def pytest_exception_interact(
        self, node: pytest.Item, call: pytest.CallInfo[object], report: pytest.TestReport
    ) -> None:
        """Print what there is when a test fails; end all if it was a deployment that failed."""
        assert report.failed
        assert call.excinfo is not None
        why = call.excinfo.exconly()
        if why == self._told:  # a fixture fails for each test that needs it
            return
        self._told = why
        say(why)
        if self.deployment.is_there:
            self.deployment.tell_what_is_there()
        if call.excinfo.errisinstance(DeploymentFailed):
            node.session.shouldstop = "the deployment failed"
