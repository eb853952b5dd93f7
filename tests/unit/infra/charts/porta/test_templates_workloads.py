"""Web, runner and notebook as the chart renders them: environment, probes, volumes, Services."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from frontend.runs.runner_registry import RunnerRegistry
from frontend.settings import Settings as FrontendSettings
from infra import naming
from infra.charts.porta import values
from infra.settings import Settings
from tests.porta_chart import named, objects, render

if TYPE_CHECKING:
    import redis

PRODUCTION: Final = {"INFRA_PROFILE": "production", "INFRA_INGRESS_HOST": "porta.example.com"}


def of_kind(kind: str, **environ: str) -> dict[str, dict[str, Any]]:
    """The objects of a kind by their names, as these settings give them."""
    settings = Settings.load({f"INFRA_{name.upper()}": text for name, text in environ.items()})
    return named(objects(settings), kind)


def production(kind: str, **environ: str) -> dict[str, dict[str, Any]]:
    return of_kind(kind, profile="production", ingress_host="porta.example.com", **environ)


def spec_of(deployment: dict[str, Any]) -> dict[str, Any]:
    return dict(deployment["spec"]["template"]["spec"])


def container_of(deployment: dict[str, Any]) -> dict[str, Any]:
    (found,) = spec_of(deployment)["containers"]
    return dict(found)


def environ_of(component: str, **environ: str) -> dict[str, str]:
    """The environment of a process, with a text in place of each Secret."""
    container = container_of(production("Deployment", **environ)[component])
    shared = production("ConfigMap", **environ)["porta-settings"]["data"]
    return {
        **(shared if "envFrom" in container else {}),
        **{one["name"]: one.get("value", f"redis://{'a' * 40}") for one in container["env"]},
    }


@pytest.mark.parametrize("component", ["web", "runner"])
@pytest.mark.parametrize("auth", ["none", "token", "header"])
def test_the_processes_accept_their_environment(component: str, auth: str) -> None:
    more = "PORTA_RESULT_TTL=30d PORTA_LOG_LEVEL=debug PORTA_MAX_STEPS=1000"
    environ = environ_of(component, auth=auth, application=more, max_runs="7")
    settings = FrontendSettings.from_environ(environ)
    assert (settings.max_runs, settings.max_steps, settings.log_level) == (7, 1000, "debug")
    assert settings.auth == (auth if component == "web" else None)


def test_the_chart_leaves_the_images_entry_point_alone() -> None:
    for deployment in production("Deployment").values():
        assert "command" not in container_of(deployment)
        assert container_of(deployment)["args"]


def test_tokens_are_a_file_that_may_change_and_a_secret_signs_the_cookies() -> None:
    web = production("Deployment", auth="token")["web"]
    env = {one["name"]: one for one in container_of(web)["env"]}
    (mount,) = (one for one in container_of(web)["volumeMounts"] if one["name"] == "tokens")
    assert env["PORTA_TOKENS_FILE"]["value"] == f"{mount['mountPath']}/tokens"
    assert "subPath" not in mount  # such a file would never change
    assert env["PORTA_SESSION_KEY"]["valueFrom"]["secretKeyRef"]["name"] == "porta-session"


@pytest.mark.parametrize("component", ["web", "runner"])
def test_a_client_of_an_encrypted_redis_has_its_certificate_and_not_its_key(
    component: str,
) -> None:
    environ = environ_of(component, redis_tls_secret="redis-tls")  # noqa: S106 -- a Secret's name
    deployment = production("Deployment", redis_tls_secret="redis-tls")[component]  # noqa: S106 -- the same
    (mount,) = (one for one in container_of(deployment)["volumeMounts"] if "ca" in one["name"])
    (volume,) = (one for one in spec_of(deployment)["volumes"] if one["name"] == mount["name"])
    assert environ["PORTA_REDIS_CA"] == f"{mount['mountPath']}/ca.crt"
    assert volume["secret"] == {
        "secretName": "redis-tls",
        "items": [{"key": "ca.crt", "path": "ca.crt"}],
    }
    assert "redis-ca" not in str(production("Deployment")[component])


@pytest.mark.parametrize("auth", ["none", "header"])
def test_without_tokens_no_pod_waits_for_their_secret(auth: str) -> None:
    web = str(production("Deployment", auth=auth)["web"])
    assert "porta-tokens" not in web
    assert "porta-session" not in web


def test_pods_restart_when_their_settings_change() -> None:
    def annotations(runs: str) -> list[str]:
        found = production("Deployment", max_runs=runs)
        pods = [found[name]["spec"]["template"] for name in ("web", "runner")]
        return [one["metadata"]["annotations"]["checksum/settings"] for one in pods]

    assert annotations("3") == annotations("3")
    assert not set(annotations("3")) & set(annotations("4"))


def revisions(found: dict[str, dict[str, Any]]) -> list[str]:
    pods = [deployment["spec"]["template"]["metadata"] for deployment in found.values()]
    return [one["annotations"][naming.SECRETS_REVISION] for one in pods]


def test_pods_restart_when_their_secrets_change() -> None:
    assert revisions(production("Deployment")) == ["1", "1", "1"]
    assert revisions(production("Deployment", secrets_revision="2")) == ["2", "2", "2"]


def test_prometheus_finds_the_metrics() -> None:
    annotations = production("Deployment")["web"]["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/scrape"] == "true"
    assert annotations["prometheus.io/path"] == "/metrics"
    assert annotations["prometheus.io/port"] == "8080"


def test_a_web_that_ends_keeps_answering_until_load_balancers_know() -> None:
    web = production("Deployment")["web"]
    waits = container_of(web)["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert 0 < waits < spec_of(web)["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("component", ["web", "runner"])
def test_pods_are_spread_over_zones_and_nodes_and_an_update_counts_its_own(component: str) -> None:
    deployment = production("Deployment")[component]
    spread = spec_of(deployment)["topologySpreadConstraints"]
    assert {one["topologyKey"] for one in spread} == {
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    }
    for one in spread:
        assert one["labelSelector"] == deployment["spec"]["selector"]
        assert one["matchLabelKeys"] == ["pod-template-hash"]
        assert one["whenUnsatisfiable"] == "ScheduleAnyway"  # minikube has one node


def test_our_pods_stand_above_workers_and_the_chart_alone_needs_no_class() -> None:
    for deployment in production("Deployment").values():
        assert spec_of(deployment)["priorityClassName"] == naming.SERVICE_PRIORITY
    for deployment in named(render(values.defaults(), "sedaro"), "Deployment").values():
        assert "priorityClassName" not in spec_of(deployment)


def test_every_process_has_probes() -> None:
    for deployment in production("Deployment").values():
        assert {"readinessProbe", "livenessProbe"} <= container_of(deployment).keys()


def probed(name: str, environ: dict[str, str]) -> int:
    """Run the runner's probe as the kubelet does; return its status."""
    command = container_of(production("Deployment")["runner"])[name]["exec"]["command"]
    assert command[0] == "porta"
    porta = Path(sys.executable).with_name("porta")
    done = subprocess.run(  # noqa: S603 -- the chart's own probe
        [porta, *command[1:]], env=os.environ | environ, capture_output=True, check=False
    )
    return done.returncode


PROBES: Final = ("startupProbe", "readinessProbe", "livenessProbe")


def test_a_runner_is_ready_within_seconds_of_its_first_heartbeat() -> None:
    # Kubernetes asks for readiness at once when the startup probe has passed.
    startup = container_of(production("Deployment")["runner"])["startupProbe"]
    assert startup["periodSeconds"] <= 2
    assert startup["periodSeconds"] * startup["failureThreshold"] >= 60  # a busy node is slow


@pytest.mark.parametrize("probe", PROBES)
def test_a_runner_is_as_alive_as_its_heartbeat(
    probe: str, redis_url: str, redis_client: redis.Redis
) -> None:
    runners = RunnerRegistry(redis_client)
    runners.heartbeat("another-1-abc", {"gateway": "ok"})
    assert probed(probe, {"REDIS_URL": redis_url}) == 1
    runners.heartbeat(f"{socket.gethostname()}-1-abc", {"gateway": "ok"})
    assert probed(probe, {"REDIS_URL": redis_url}) == 0


def test_a_runner_without_redis_is_not_ready_and_is_not_restarted() -> None:
    nowhere = {"REDIS_URL": "redis://127.0.0.1:1"}
    assert probed("readinessProbe", nowhere) == 1
    assert probed("startupProbe", nowhere) == 0
    assert probed("livenessProbe", nowhere) == 0


def test_the_notebook_is_not_the_runners_user_of_the_gateway() -> None:
    # The reaper stops all clusters of the runner's user that no run owns.
    env = environ_of("notebook")
    assert env["DASK_GATEWAY__AUTH__KWARGS__USERNAME"] == "notebook"
    assert env["DASK_GATEWAY__ADDRESS"] == environ_of("runner")["DASK_GATEWAY_ADDRESS"]
    assert env["DASK_GATEWAY__PROXY_ADDRESS"] == environ_of("runner")["DASK_GATEWAY_PROXY_ADDRESS"]


def test_the_notebook_works_in_its_volume() -> None:
    notebook = production("Deployment")["notebook"]
    (mount,) = (one for one in container_of(notebook)["volumeMounts"] if one["name"] == "work")
    assert container_of(notebook)["workingDir"] == mount["mountPath"]
    (claim,) = production("PersistentVolumeClaim")
    assert {"claimName": claim} in [
        one.get("persistentVolumeClaim") for one in spec_of(notebook)["volumes"]
    ]


def test_an_ingress_has_the_web_require_https_and_a_node_port_does_not() -> None:
    assert environ_of("web")["PORTA_HTTPS"] == "required"
    (web,) = spec_of(of_kind("Deployment")["web"])["containers"]
    assert "PORTA_HTTPS" not in {one["name"] for one in web["env"]}


def test_minikube_gets_a_node_port() -> None:
    (port,) = of_kind("Service")["porta"]["spec"]["ports"]
    assert port["nodePort"] == 30080
    assert of_kind("Ingress") == {}
    assert "nodePort" not in production("Service")["porta"]["spec"]["ports"][0]


def test_production_gets_an_ingress_with_tls_that_lets_events_through() -> None:
    ingress = production("Ingress", ingress_cluster_issuer="letsencrypt")["porta"]
    assert ingress["spec"]["tls"] == [{"hosts": ["porta.example.com"], "secretName": "porta-tls"}]
    annotations = ingress["metadata"]["annotations"]
    assert annotations["nginx.ingress.kubernetes.io/proxy-buffering"] == "off"
    assert int(annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"]) >= 3600
    assert annotations["cert-manager.io/cluster-issuer"] == "letsencrypt"


def test_another_kind_of_ingress_gets_no_annotations_of_nginx() -> None:
    assert production("Ingress", ingress_class="traefik")["porta"]["metadata"]["annotations"] == {}


def test_an_autoscaled_web_starts_with_as_many_replicas_as_the_autoscaler_keeps() -> None:
    # An upgrade keeps those that there are: only a cluster can show that.
    autoscaler = production("HorizontalPodAutoscaler", web_replicas="3")["web"]["spec"]
    assert autoscaler["minReplicas"] == 3
    assert production("Deployment", web_replicas="3")["web"]["spec"]["replicas"] == 3
    assert of_kind("Deployment")["web"]["spec"]["replicas"] == 1
    assert of_kind("HorizontalPodAutoscaler") == {}
