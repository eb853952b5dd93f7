"""The Gateway's configuration, as dask-gateway's own code reads it and makes pods of it."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest
from traitlets.config import Config

from infra import values

pytest.importorskip("kubernetes_asyncio")

SOURCE = values.GATEWAY_CONFIG.read_text()


@pytest.fixture(scope="module")
def config() -> Any:  # noqa: ANN401 -- traitlets has no types
    import os

    c = Config()
    before = os.environ.get("DASK_GATEWAY_PASSWORD")
    os.environ["DASK_GATEWAY_PASSWORD"] = "of-the-test"  # noqa: S105 -- no secret
    try:
        exec(compile(SOURCE, "dask_gateway_config.py", "exec"), {"c": c})  # noqa: S102 -- as the server does
    finally:
        if before is None:
            del os.environ["DASK_GATEWAY_PASSWORD"]
    return c


@pytest.mark.parametrize("is_worker", [False, True])
def test_the_pods_may_run_in_a_restricted_namespace(
    config: Any,  # noqa: ANN401 -- as above
    *,
    is_worker: bool,
) -> None:
    from dask_gateway_server.backends.kubernetes.backend import KubeClusterConfig
    from dask_gateway_server.backends.kubernetes.controller import KubeController

    cluster = KubeClusterConfig(config=config, image="porta:0.1.0", namespace="sedaro")
    controller = KubeController(
        config=Config(KubeController={"gateway_instance": "x", "api_url": "http://api:8000/api"})
    )
    pod = controller.make_pod("sedaro", "abc", cluster, is_worker=is_worker)
    kubernetes_validate.validate(pod, "1.34", strict=True)
    assert pod["spec"]["securityContext"]["runAsNonRoot"]
    assert not pod["spec"]["enableServiceLinks"]
    (container,) = pod["spec"]["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["args"][:2] == ["dask", "worker" if is_worker else "scheduler"]
    assert container["resources"]["limits"] == container["resources"]["requests"]
    names = {one["name"] for one in container["env"]}
    assert not {name for name in names if "PASSWORD" in name or "REDIS" in name}
    assert {one["name"] for one in pod["spec"]["volumes"]} == {"dask-credentials", "tmp"}


def test_a_cluster_is_bounded_in_size_and_in_time(config: Any) -> None:  # noqa: ANN401 -- as above
    assert config.KubeClusterConfig.cluster_max_workers == 4
    assert config.KubeClusterConfig.idle_timeout > 0


def test_options_set_limits_equal_to_requests(config: Any) -> None:  # noqa: ANN401 -- as above
    options = config.KubeBackend.cluster_options
    chosen = options.get_configuration(
        options.parse_options({"worker_cores": 2.0, "worker_memory": 1.5, "tag": "a/b"}), None
    )
    assert chosen["worker_cores"] == chosen["worker_cores_limit"] == 2.0
    assert chosen["worker_memory"] == chosen["worker_memory_limit"] == 1.5 * 2**30
