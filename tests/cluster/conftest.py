"""What tests on a cluster may ask for: the deployment, its web, a browser, pods that probe.

The modules are run in the order of `ORDER`. Whatever happens, the deployment is destroyed in the
end.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

import pytest

from tests.cluster.told import Told
from tests.integration.conftest import browser, browser_path, chromium, page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cluster.deployment import Deployment
    from tests.cluster.kube import Kube
    from tests.cluster.site import Site

__all__ = ["browser", "browser_path", "chromium", "page"]  # fixtures, as integration tests have

ORDER: Final = (
    "test_deployed",
    "test_runs",
    "test_policies",
    "test_admission",
    "test_upgrade",
    "test_repairs",
    "test_secrets",
    "test_faults",
    "test_anew",
    "test_destroyed",
)


def _told(config: pytest.Config) -> Told | None:
    return next((one for one in config.pluginmanager.get_plugins() if isinstance(one, Told)), None)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Collect nothing here but for `make cluster-test`, which says what the cluster is."""
    return True if collection_path.name.startswith("test_") and _told(config) is None else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the modules into their order; in each, tests are in theirs."""
    items.sort(key=lambda item: ORDER.index(item.path.stem) if item.path.stem in ORDER else -1)


@pytest.fixture(scope="session")
def told(pytestconfig: pytest.Config) -> Told:
    """What `make cluster-test` brought."""
    found = _told(pytestconfig)
    assert found is not None
    return found


@pytest.fixture(scope="session", autouse=True)
def deployment(told: Told) -> Iterator[Deployment]:
    """The deployment; destroyed in the end, whatever happened."""
    with contextlib.closing(told.site):
        try:
            yield told.deployment
        finally:
            if told.deployment.is_there:
                told.deployment.destroy()


@pytest.fixture(scope="session")
def site(told: Told) -> Site:
    """Its web."""
    return told.site


@pytest.fixture(scope="session")
def kube(told: Told) -> Kube:
    """kubectl."""
    return told.deployment.kube


@pytest.fixture(scope="session")
def folder(told: Told) -> Path:
    """A folder for files of the test."""
    return told.folder
