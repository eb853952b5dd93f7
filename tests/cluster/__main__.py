"""`make cluster-test CONTEXT=name`: deploys Porta to a cluster, tries it there, and destroys it.

It exits with 2 and a sentence if it must not begin, else as pytest does. What the cluster held
before is read first: without that, nobody could tell in the end what is Porta's. SIGTERM ends it as
Ctrl-C does, and so does a terminal that closes, unless under nohup: the deployment is destroyed.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Final

import pytest

from tests.cluster import inventory, shell
from tests.cluster.choices import Choices, Refusal, choose
from tests.cluster.deployment import Deployment
from tests.cluster.kube import Kube, Refused
from tests.cluster.site import Site
from tests.cluster.story import say
from tests.cluster.told import Told

FOLDER: Final = Path(__file__).parent
TEST_S: Final = 3_600  # commands and waits have deadlines of their own
OPTIONS: Final = (
    *("-q", "-s", "--no-header", "--tb=short", "--durations=0", "--durations-min=30"),
    # The thread's way would end the process, and leave the deployment behind.
    *(f"--timeout={TEST_S}", "--timeout-method=signal"),
)


def main() -> int:
    """Run the test; return the exit code."""
    for ends in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(ends) is not signal.SIG_IGN:
            signal.signal(ends, signal.default_int_handler)
    try:
        choices = choose(os.environ)
        return _run(choices)
    except Refusal as why:
        sys.stderr.write(f"cluster-test: {why}\n")
        return 2


def _run(choices: Choices) -> int:
    """Run the test on the chosen cluster; return pytest's exit code. Raises Refusal."""
    say(f"cluster: {choices.context}")
    say(f"deployed with {choices.tool}: {choices.why}")
    with tempfile.TemporaryDirectory() as folder:
        own = shell.of(choices, os.environ, Path(folder))
        kube = Kube(own.environ)
        try:
            before = inventory.of(kube)
        except Refused as why:
            raise Refusal(f"What the cluster holds can't be listed: {why}") from None
        deployment = Deployment(own, kube)
        site = Site(deployment, choices.page_url)
        told = Told(deployment, site, Path(folder), before)
        return int(pytest.main([*OPTIONS, str(FOLDER)], plugins=[told]))


if __name__ == "__main__":
    sys.exit(main())
