"""Claims about how a process of Porta's is put together."""

from __future__ import annotations

import contextlib

import pytest

from frontend.bootstrap import build_services
from frontend.errors import SettingsError
from frontend.settings import Settings
from sim.scenario import PropagationRequest, Trajectory


def test_without_a_redis_nothing_is_built() -> None:
    with pytest.raises(SettingsError, match="REDIS_URL"):
        build_services(Settings())


def test_building_connects_to_nothing() -> None:
    with contextlib.closing(build_services(Settings(redis_url="redis://127.0.0.1:1"))) as services:
        assert services.manifests is None


def test_the_settings_reach_the_services(redis_url: str) -> None:
    settings = Settings(redis_url=redis_url, inline_work=10_000, lease_s=7, slice_ttl_s=60)
    with contextlib.closing(build_services(settings, many_readers=True)) as services:
        assert services.runs.lease_ms == 7_000
        assert services.slice_cache("digest").ttl_s == 60
        assert services.manifests is not None
        request = PropagationRequest(200_000, Trajectory(seed=3))
        services.propagations.start(request)
        assert [run.digest for run in services.runs.under_way()] == [request.trajectory.digest]


@pytest.mark.parametrize(
    ("processes", "memory", "each"), [(1, 256, 256), (4, 256, 64), (256, 256, 16), (1, 0, 16)]
)
def test_the_processes_of_a_web_divide_the_memory_for_reads(
    processes: int, memory: int, each: int
) -> None:
    settings = Settings(
        redis_url="redis://127.0.0.1:1", processes=processes, read_memory=memory * 2**20
    )
    with contextlib.closing(build_services(settings)) as services:
        assert services.admission.memory == each * 2**20
