"""The pods of a Dask cluster, made by dask-gateway's own code from our configuration of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from unittest import mock

from traitlets.config import Config

from infra import naming
from infra.charts import third_party

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.settings import Settings

__all__ = ["cluster_config", "configured", "gateway_environ", "pod"]


def gateway_environ(settings: Settings) -> dict[str, str]:
    """Return the environment of the Gateway's pod, with a password in place of the Secret's."""
    variables = third_party.gateway(settings)["gateway"]["env"]
    return {each["name"]: each.get("value", "the-secret's") for each in variables}


def configured(source: str, environ: Mapping[str, str], **globals_: Any) -> Config:  # noqa: ANN401 -- whatever the file asks for
    """Run a configuration file as the Gateway's server does; return the configuration."""
    config = Config()
    with mock.patch.dict(os.environ, environ):
        exec(compile(source, "dask_gateway_config.py", "exec"), {"c": config, **globals_})  # noqa: S102 -- as traitlets does
    return config


def cluster_config(config: Config, **options: object) -> Any:  # noqa: ANN401 -- dask-gateway has no types
    """Return the configuration of a cluster that is requested with these options."""
    from dask_gateway_server.backends.kubernetes.backend import KubeClusterConfig

    known = config.KubeBackend.cluster_options
    chosen = known.get_configuration(known.parse_options(options), None)
    return KubeClusterConfig(config=config, **chosen)


def pod(cluster: Any, *, is_worker: bool) -> dict[str, Any]:  # noqa: ANN401 -- as above
    """Return the pod of a scheduler or of a worker, as the controller creates it."""
    from dask_gateway_server.backends.kubernetes.controller import KubeController

    controller = KubeController(
        config=Config(
            KubeController={
                "gateway_instance": naming.GATEWAY_RELEASE,
                "api_url": "http://api-dask-gateway.sedaro-gateway:8000/api",
            }
        )
    )
    made: dict[str, Any] = controller.make_pod(
        cluster.namespace, "0123456789abcdef", cluster, is_worker=is_worker
    )
    return made
