"""The stacks, synthesised by the real commands and by cdktf's successor, and read by Terraform."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

HOUSE: Final = Path(__file__).parents[3]
CLI: Final = "cdktf-cli@0.21.0"
# The newest that work: with kubernetes 17 and helm 15 a resource's metadata has to be a list.
SUCCESSOR: Final = (
    *("cdktn==0.23.4", "cdktn-provider-kubernetes==16.0.0", "cdktn-provider-helm==14.1.0"),
    *("constructs==10.8.1", "pyyaml"),
)
STACKS: Final = ("infra-base", "infra-apps")
# No look-up of newer versions, and no telemetry.
QUIET: Final = {"CHECKPOINT_DISABLE": "1", "DISABLE_VERSION_CHECK": "1", "CI": "1"}
INSTALL_S: Final = 1_200.0
SYNTHESIS_S: Final = 1_200.0


def run(
    *command: str | Path,
    folder: Path = HOUSE,
    environ: Mapping[str, str] | None = None,
    within_s: float = SYNTHESIS_S,
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 -- the tests' own commands
        command,
        cwd=folder,
        env={**os.environ, **QUIET, **(environ or {})},
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
    )


def needed(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def installed(*command: str | Path, folder: Path) -> None:
    done = run(*command, folder=folder, within_s=INSTALL_S)
    if done.returncode:
        pytest.skip(f"can't be installed here: {' '.join(map(str, command))}\n{done.stderr[-500:]}")


@pytest.fixture(scope="module")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `python -m infra.main` writes."""
    needed("node")
    folder = tmp_path_factory.mktemp("synthesised")
    done = run(sys.executable, "-m", "infra.main", environ={"CDKTF_OUTDIR": str(folder)})
    assert done.returncode == 0, done.stderr
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def read(folder: Path, stack: str) -> dict[str, Any]:
    configuration: dict[str, Any] = json.loads(
        (folder / "stacks" / stack / "cdk.tf.json").read_text()
    )
    return configuration


@pytest.mark.timeout(3_600)
def test_cdktfs_own_command_gives_the_same_bytes(synthesised: Path, tmp_path: Path) -> None:
    tool, output = tmp_path / "tool", tmp_path / "output"
    tool.mkdir()
    (tool / "package.json").write_text("{}")
    installed(needed("npm"), "install", "--no-audit", "--no-fund", CLI, folder=tool)
    app = f"{sys.executable} -m infra.main"
    done = run(tool / "node_modules/.bin/cdktf", "synth", "--app", app, "--output", output)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "infra-apps" in done.stdout
    assert "infra-base" in done.stdout
    assert files(output) == files(synthesised)


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the successor writes if `_cdk.py` imports it instead and nothing else changes."""
    needed("node")
    house = tmp_path_factory.mktemp("moved")
    for part in ("infra", "charts", "services"):
        shutil.copytree(HOUSE / part, house / part)
    module = house / "infra" / "_cdk.py"
    text = module.read_text()
    module.write_text(
        re.sub(r"^from cdktf(_cdktf_provider)?", _successor, text, flags=re.MULTILINE)
    )
    uv = Path(sys.executable).parent / "uv"
    environment = house / "environment"
    # An environment of its own: both bring a jsii kernel, and a process can load only one.
    installed(uv, "--no-config", "venv", "--python", sys.executable, environment, folder=house)
    python = environment / "bin" / "python"
    installed(uv, "pip", "install", "--python", python, *SUCCESSOR, folder=house)
    done = run(python, "-m", "infra.main", folder=house, environ={"PYTHONPATH": "services"})
    assert done.returncode == 0, done.stderr
    return house / "cdktf.out"


def _successor(found: re.Match[str]) -> str:
    return "from cdktn_provider" if found[1] else "from cdktn"


def alike(configuration: dict[str, Any]) -> dict[str, Any]:
    """Remove what depends on the tool and its bindings: versions, and providers' short names."""
    configuration["//"]["metadata"].pop("version", None)
    for provider in configuration["terraform"]["required_providers"].values():
        provider["source"] = provider["source"].removeprefix("hashicorp/")
        provider.pop("version")
    return configuration


@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("stack", STACKS)
def test_a_move_to_the_successor_changes_one_module(
    synthesised: Path, moved: Path, stack: str
) -> None:
    assert alike(read(moved, stack)) == alike(read(synthesised, stack))


@pytest.mark.timeout(3_600)
def test_the_successor_knows_the_same_stacks_in_the_same_order(
    synthesised: Path, moved: Path
) -> None:
    def stacks(folder: Path) -> Any:  # noqa: ANN401 -- any JSON
        return json.loads((folder / "manifest.json").read_text())["stacks"]

    assert stacks(moved) == stacks(synthesised)


@pytest.mark.parametrize("stack", STACKS)
def test_terraform_can_read_every_block(synthesised: Path, tmp_path: Path, stack: str) -> None:
    configuration = read(synthesised, stack)
    # Without a backend it reads the configuration, and needs neither providers nor a cluster.
    del configuration["terraform"]["backend"]
    (tmp_path / "cdk.tf.json").write_text(json.dumps(configuration))
    done = run(needed("terraform"), "providers", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    for name in ("helm", "kubernetes"):
        assert f"hashicorp/{name}]" in done.stdout


def initialised(folder: Path, *options: str) -> str:
    """Let Terraform get the providers of a stack; return its path."""
    terraform = needed("terraform")
    done = run(terraform, "init", "-input=false", "-no-color", *options, folder=folder)
    if "provider" in done.stderr and done.returncode:
        pytest.skip("Terraform's providers can't be installed: their registry can't be reached")
    assert done.returncode == 0, done.stderr
    return terraform


@pytest.mark.parametrize("stack", STACKS)
def test_terraform_finds_the_configuration_valid(
    synthesised: Path, tmp_path: Path, stack: str
) -> None:
    shutil.copytree(synthesised, tmp_path, dirs_exist_ok=True)
    folder = tmp_path / "stacks" / stack
    terraform = initialised(folder, "-backend=false")
    done = run(terraform, "validate", "-no-color", folder=folder)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def for_a_cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is synthesised for the cluster that `PORTA_TEST_CONTEXT` names."""
    context = os.environ.get("PORTA_TEST_CONTEXT")
    if not context:
        pytest.skip("no cluster to plan for: PORTA_TEST_CONTEXT names one by its context")
    needed("node")
    # Terraform's state would be three folders above a stack: in a folder of this test's own.
    folder = tmp_path_factory.mktemp("planned") / "cdktf.out"
    chosen = {
        "CDKTF_OUTDIR": str(folder),
        "INFRA_BACKEND": "local",
        "INFRA_BACKEND_LOCATION": "",
        "INFRA_KUBE_CONTEXT": context,
    }
    done = run(sys.executable, "-m", "infra.main", environ=chosen)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.timeout(600)
@pytest.mark.parametrize("stack", STACKS)
def test_terraform_plans_to_make_all_of_a_stack(for_a_cluster: Path, stack: str) -> None:
    folder = for_a_cluster / "stacks" / stack
    terraform = initialised(folder)
    plan = ("plan", "-input=false", "-lock=false", "-no-color")
    done = run(terraform, *plan, folder=folder)
    assert done.returncode == 0, done.stderr
    resources = sum(map(len, read(for_a_cluster, stack)["resource"].values()))
    assert f"Plan: {resources} to add, 0 to change, 0 to destroy." in done.stdout
    assert not list(for_a_cluster.parent.glob("terraform.*.tfstate"))
