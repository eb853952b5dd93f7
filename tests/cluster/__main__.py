"""`make cluster-test CONTEXT=name`: deploys Porta to a cluster, tries it there, and destroys it.

It exits with 2 and a sentence if it must not begin, else as pytest does.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Final

import pytest

from tests.cluster import shell
from tests.cluster.choices import Refusal, choose
from tests.cluster.deployment import Deployment
from tests.cluster.kube import Kube
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
    try:
        choices = choose(os.environ)
    except Refusal as why:
        sys.stderr.write(f"cluster-test: {why}\n")
        return 2
    say(f"cluster: {choices.context}")
    say(f"deployed with {choices.tool}: {choices.why}")
    with tempfile.TemporaryDirectory() as folder:
        own = shell.of(choices, os.environ, Path(folder))
        deployment = Deployment(own, Kube(own.environ))
        site = Site(deployment, choices.page_url)
        told = Told(deployment, site, Path(folder))
        return int(pytest.main([*OPTIONS, str(FOLDER)], plugins=[told]))


if __name__ == "__main__":
    sys.exit(main())
