"""`make cluster-test`: it refuses what it must not touch, and runs what docs/deploy.md says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import psutil
import pytest

from infra.settings import Settings
from tests.cluster import commands
from tests.cluster.choices import Refusal, choose, found_tool, is_initialised
from tests.cluster.conftest import ORDER
from tests.cluster.deployment import Deployment
from tests.cluster.inventory import ours
from tests.cluster.kube import Kube
from tests.cluster.shell import Shell, said_to
from tests.cluster.test_anew import larger
from tests.cluster.waiting import until
from tests.deadlines import EVENTUALLY_S
from tests.recording_programs import Programs

HOUSE: Final = Path(__file__).parents[2]
COMMANDS: Final = {
    name: value
    for name, value in vars(commands).items()
    if name.isupper() and isinstance(value, str)
}
KINDS_OF_READING: Final = ("config current-context", "--context there get namespaces -o name")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    programs = Programs(tmp_path, monkeypatch, "kubectl", "helm")
    programs.answer("kubectl", "there\n", when="current-context")
    return programs


def running(program: Path) -> list[int]:
    """The processes of a program."""
    found = psutil.process_iter(["cmdline"])
    return [one.pid for one in found if str(program) in (one.info["cmdline"] or [])]


def refusal(environ: dict[str, str], house: Path = HOUSE) -> str:
    with pytest.raises(Refusal) as found:
        choose(environ, house=house)
    return str(found.value)


def run(**environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.cluster"],
        cwd=HOUSE,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_that_is_run_is_in_the_document(name: str) -> None:
    assert COMMANDS[name] in commands.commands(commands.DOCUMENT.read_text())


def test_a_command_that_the_document_lacks_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"no longer has this command: kubectl delete everything"):
        commands.documented("kubectl delete everything")


def test_the_commands_of_a_document_are_lines_of_its_blocks_and_what_is_in_backticks() -> None:
    text = "a `b  c` d\n\n```sh\ne f    # why\ng |\n    h\n```\n\n```yaml\ni\n```\n"
    assert commands.commands(text) >= {"b c", "e f", "g | h"}
    assert "i" not in commands.commands(text)


def test_without_a_context_nothing_is_touched(programs: Programs) -> None:
    done = run(CONTEXT="")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "cluster-test: Say which cluster, by its context: make cluster-test CONTEXT=name.\n"
    )
    assert programs.calls() == []


def test_another_context_than_the_current_one_is_refused(programs: Programs) -> None:
    said = refusal({"CONTEXT": "other"})
    assert said == "CONTEXT is other, but kubectl's current context is there."
    assert len(programs.calls()) == 1


@pytest.mark.parametrize("name", ["sedaro", "sedaro-gateway", "porta-strangers"])
def test_a_namespace_that_is_there_already_is_refused(programs: Programs, name: str) -> None:
    programs.answer("kubectl", f"namespace/default\nnamespace/{name}\n", when="get namespaces")
    said = refusal({"CONTEXT": "there"})
    assert said == f"The namespace {name} is there already, and the test would remove all in it."
    assert [" ".join(call.words[1:]) for call in programs.calls()] == list(KINDS_OF_READING)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("INFRA_NAMESPACE", "other", "which name the namespaces sedaro and sedaro-gateway"),
        ("INFRA_AUTH", "token", "The test signs in nowhere: unset INFRA_AUTH."),
        ("INFRA_SECRETS", "existing", "The test has new passwords made: unset INFRA_SECRETS."),
        ("INFRA_IMAGE", "registry.example.com/porta", "and say it in UPGRADE_TAG."),
        ("INFRA_NOTEBOOK_IMAGE", "registry.example.com/notebook", "and say it in UPGRADE_TAG."),
        ("IMAGE_LOAD", "true", "and say it in UPGRADE_TAG."),
        ("INFRA_PROFILE", "moon", "infra: profile must be one of minikube, production."),
        ("DEPLOY_WITH", "hands", "DEPLOY_WITH must be one of cdktf, cdktn, direct."),
    ],
)
@pytest.mark.usefixtures("programs")
def test_what_it_cannot_do_is_refused(name: str, value: str, sentence: str) -> None:
    assert sentence in refusal({"CONTEXT": "there", name: value})


@pytest.mark.usefixtures("programs")
def test_images_that_the_nodes_pull_are_upgraded_to_those_that_are_named() -> None:
    pulled = {"INFRA_IMAGE": "registry.example.com/porta", "IMAGE_LOAD": "true"}
    environ = {"CONTEXT": "there", "DEPLOY_WITH": "direct", "UPGRADE_TAG": "0.2.0", **pulled}
    assert choose(environ).context == "there"


def test_nothing_is_deployed_where_it_cannot_be_known_what_was_there_before(
    programs: Programs,
) -> None:
    programs.fail("kubectl", when="api-resources", saying="error: forbidden")
    done = run(CONTEXT="there", DEPLOY_WITH="direct")
    assert done.returncode == 2
    assert done.stderr.startswith("cluster-test: What the cluster holds can't be listed: kubectl ")
    assert done.stderr.endswith(": error: forbidden\n")
    assert programs.calls()[-1].words[:2] == ["kubectl", "api-resources"]


@pytest.mark.parametrize("ends", [signal.SIGTERM, signal.SIGHUP])
def test_a_test_that_is_ended_interrupts_its_deployment_and_destroys_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: signal.Signals
) -> None:
    programs = Programs(tmp_path, monkeypatch, "kubectl", "helm", "cdktf")
    programs.answer("kubectl", "there\n", when="current-context")
    programs.answer("kubectl", "nodes\n", when="api-resources")
    programs.answer("kubectl", '{"items": []}', when="get nodes")
    programs.hang("cdktf", when="deploy")
    chosen = {"CONTEXT": "there", "DEPLOY_WITH": "cdktf", "IMAGE_LOAD": "true", "UPGRADE_TAG": "x"}

    def words(name: str) -> list[str]:
        return [call.words[1] for call in programs.calls() if call.words[0] == name]

    with subprocess.Popen(
        [sys.executable, "-m", "tests.cluster"],
        cwd=HOUSE,
        env=os.environ | chosen,
        stdout=subprocess.DEVNULL,
    ) as test:
        try:
            until(lambda: words("cdktf"), "it deploys", within_s=EVENTUALLY_S)
            assert "api-resources" in words("kubectl")
            test.send_signal(ends)
            assert test.wait(EVENTUALLY_S) == pytest.ExitCode.INTERRUPTED
        finally:
            test.kill()
    assert words("cdktf") == ["deploy", "destroy"]
    assert running(tmp_path / "cdktf") == []


@pytest.mark.usefixtures("programs")
def test_the_state_of_another_deployment_is_not_changed(tmp_path: Path) -> None:
    state = tmp_path / "terraform.infra-base.tfstate"
    environ = {"CONTEXT": "there", "DEPLOY_WITH": "cdktf"}
    state.write_text('{"resources": [{"type": "helm_release"}]}')
    assert refusal(environ, tmp_path).startswith("terraform.infra-base.tfstate is the state of a")
    state.write_text('{"resources": []}')  # as destroy leaves it
    assert choose(environ, house=tmp_path).tool == "cdktf"


@pytest.mark.parametrize("tool", ["cdktf", "cdktn"])
@pytest.mark.usefixtures("programs")
def test_a_state_that_is_kept_elsewhere_is_not_changed(tmp_path: Path, tool: str) -> None:
    environ = {
        "CONTEXT": "there",
        "INFRA_BACKEND": "s3",
        "INFRA_BACKEND_LOCATION": "eu-west-1/my-bucket/porta",
    }
    assert refusal({**environ, "DEPLOY_WITH": tool}, tmp_path) == (
        "The state is kept elsewhere, and the test would change it: set INFRA_BACKEND=local."
    )
    assert choose({**environ, "DEPLOY_WITH": "direct"}, house=tmp_path).tool == "direct"


def test_where_nothing_else_is_there_it_deploys_by_kubectl_and_helm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    tool, why = found_tool({}, Settings.load({}))
    assert (tool, why) == ("direct", "neither cdktf nor cdktn is in PATH")
    assert found_tool({"DEPLOY_WITH": "cdktn"}, Settings.load({})) == (
        "cdktn",
        "as DEPLOY_WITH says",
    )


def test_providers_that_do_not_come_in_time_cannot_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = Programs(tmp_path, monkeypatch, "terraform")
    terraform = str(tmp_path / "terraform")
    programs.hang("terraform", when="init")
    assert not is_initialised(terraform, tmp_path, within_s=0.2)
    Programs(tmp_path, monkeypatch, "terraform")  # it ends at once
    assert is_initialised(terraform, tmp_path)


def test_the_logs_of_all_pods_of_both_namespaces_are_read(programs: Programs) -> None:
    def pods(*names: str) -> str:
        return json.dumps({"items": [{"metadata": {"name": one}, "status": {}} for one in names]})

    programs.answer("kubectl", pods("web-1", "runner-1"), when="get pods -n sedaro -o")
    programs.answer("kubectl", pods("traefik-1"), when="get pods -n sedaro-gateway -o")
    programs.answer("kubectl", "[pod/web-1/web] a line\n", when="logs web-1")
    deployment = Deployment(Shell(os.environ, "direct"), Kube(os.environ))
    assert deployment.logs() == "[pod/web-1/web] a line\n"
    read = [call.words[2:] for call in programs.calls() if "logs" in call.words]
    assert [words[:3:2] for words in read] == [
        ["sedaro", "web-1"],
        ["sedaro", "runner-1"],
        ["sedaro-gateway", "traefik-1"],
    ]
    assert all({"--all-containers", "--prefix"} < set(words) for words in read)


def test_what_deployments_print_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = Programs(tmp_path, monkeypatch, "cdktf")
    programs.answer("cdktf", "a password\n", when="deploy")
    deployment = Deployment(Shell(os.environ, "cdktf"), Kube(os.environ))
    deployment.deploy()
    deployment.deploy()
    assert deployment.printed == "a password\n" * 2


@pytest.mark.parametrize(("volume", "size"), [("2Gi", "3Gi"), ("8Gi", "9Gi"), ("2500Mi", "3524Mi")])
def test_the_volume_that_cannot_be_in_place_is_larger_than_the_one_of_the_settings(
    volume: str, size: str
) -> None:
    assert larger(Settings.load({"INFRA_REDIS_VOLUME": volume})) == size


def test_commands_are_said_to_what_deploys() -> None:
    command = "INFRA_IMAGE_TAG=0.2.0 cdktf deploy infra-base infra-apps"
    direct = "INFRA_IMAGE_TAG=0.2.0 .venv/bin/python -m infra.direct deploy infra-base infra-apps"
    assert said_to("direct", command, {}) == direct
    for tool in ("cdktf", "cdktn"):
        assert said_to(tool, command, {}) == (
            f"INFRA_IMAGE_TAG=0.2.0 {tool} deploy --auto-approve infra-base infra-apps"
        )
    mirrored = said_to("cdktf", command, {"TF_CLI_CONFIG_FILE": "mirror"})
    assert "cdktf deploy --auto-approve --skip-provider-lock infra-base infra-apps" in mirrored
    assert said_to("cdktn", "cdktf destroy infra-apps infra-base", {}) == (
        "cdktn destroy --auto-approve infra-apps infra-base"
    )


def test_the_modules_are_run_in_a_known_order() -> None:
    folder = HOUSE / "tests" / "cluster"
    assert set(ORDER) == {file.stem for file in folder.glob("test_*.py")}
    assert ORDER[-1] == "test_destroyed"


def test_pytest_alone_collects_nothing_there() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/cluster"],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED, done.stdout


def test_with_a_deployment_all_of_them_are_collected() -> None:
    program = """if True:
        import pathlib, sys, pytest
        from tests.cluster.__main__ import FOLDER, OPTIONS
        from tests.cluster.deployment import Deployment
        from tests.cluster.kube import Kube
        from tests.cluster.shell import Shell
        from tests.cluster.site import Site
        from tests.cluster.told import Told
        deployment = Deployment(Shell({}, "direct"), Kube({}))
        told = Told(deployment, Site(deployment), pathlib.Path(), before={})
        sys.exit(pytest.main([*OPTIONS, "--collect-only", str(FOLDER)], plugins=[told]))
    """
    done = subprocess.run(  # noqa: S603 -- the program above
        [sys.executable, "-c", program], cwd=HOUSE, capture_output=True, text=True, check=False
    )
    assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr
    first, *_, last = [line for line in done.stdout.splitlines() if "::" in line]
    assert first.startswith("tests/cluster/test_deployed.py::")
    assert last.startswith("tests/cluster/test_destroyed.py::")


def test_what_is_left_is_what_is_new_and_speaks_of_porta() -> None:
    before = {"Node/a": "sedaro", "ClusterRole/traefik": "traefik"}
    now = {**before, "ClusterRole/x": '{"dask-gateway"}', "PersistentVolume/y": "someone else's"}
    assert ours(before, now) == {"ClusterRole/x"}


def test_the_document_names_every_variable() -> None:
    (section,) = commands.DOCUMENT.read_text().split("## Trying all of it on a cluster\n")[1:]
    table = section.partition("\n## ")[0]
    for name in ("CONTEXT", "DEPLOY_WITH", "KIND", "IMAGE_LOAD", "UPGRADE_TAG", "PAGE_URL"):
        assert f"`{name}`" in table
    for setting in (
        "namespace",
        "gateway_namespace",
        "auth",
        "secrets",
        "backend",
    ):  # that are refused
        assert f"`{setting}`" in table
