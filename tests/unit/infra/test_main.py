"""Both stacks, as Terraform reads them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import kubernetes_validate
import pytest
import yaml

from infra import naming
from infra.settings import Settings
from tests.kubernetes import VERSIONS
from tests.porta_chart import named, objects


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_second_synthesis_gives_the_same_bytes(synthesised: Path, tmp_path: Path) -> None:
    from infra.main import synthesise

    assert files(synthesise(Settings.load({}), tmp_path)) == files(synthesised)


def test_the_application_is_deployed_after_its_base(synthesised: Path) -> None:
    stacks = json.loads((synthesised / "manifest.json").read_text())["stacks"]
    assert stacks["infra-base"]["dependencies"] == []
    assert stacks["infra-apps"]["dependencies"] == ["infra-base"]


def test_an_invalid_setting_ends_the_command_with_a_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.main"],
        env=os.environ | {"INFRA_PROFILE": "moon"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "infra: profile must be one of minikube, production.\n"


def test_no_token_passes_between_the_stacks(synthesised: Path) -> None:
    apps = (synthesised / "stacks" / "infra-apps" / "cdk.tf.json").read_text()
    assert "terraform_remote_state" not in apps
    assert "${" not in apps


def test_what_is_synthesised_holds_nothing_of_this_machine(synthesised: Path) -> None:
    for name, content in files(synthesised).items():
        assert str(synthesised).encode() not in content, name
        assert not re.search(rb"/(?:home|root|work)/[a-z]+/", content), name


DOCUMENT: Final = (Path(__file__).parents[3] / "docs" / "deploy.md").read_text()


@pytest.mark.parametrize("version", VERSIONS)
def test_manifests_in_the_document_can_be_applied(version: str) -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
    objects = [one for block in blocks for one in yaml.safe_load_all(block)]
    own = [one for one in objects if one["apiVersion"] != "helm.cattle.io/v1"]  # a CRD of k3s
    assert {one["kind"] for one in own} == {"Ingress", "NetworkPolicy"}
    for one in own:
        kubernetes_validate.validate(one, version, strict=True)


def test_what_the_document_names_is_there() -> None:
    ours = {(item["kind"].lower(), item["metadata"]["name"]) for item in objects(Settings.load({}))}
    foreign = {
        ("statefulset", "redis"),
        ("deployment", "api-dask-gateway"),
        ("deployment", "controller-dask-gateway"),
        ("service", naming.TRAEFIK),
    }
    named = set(re.findall(r"\b(deployment|statefulset|service)/([a-z-]+)", DOCUMENT))
    assert len(named) >= 4
    assert named <= ours | foreign


def test_every_secret_is_named_in_the_document() -> None:
    names = [value for name, value in vars(naming).items() if name.endswith("_SECRET")]
    assert len(names) > 5
    assert [name for name in names if f"`{name}`" not in DOCUMENT] == []


def test_the_document_says_how_to_go_back_to_an_image_without_the_probes_command() -> None:
    (section,) = re.findall(r"^## Upgrade, rollback\n(.*?)^## ", DOCUMENT, re.MULTILINE | re.DOTALL)
    (runner,) = named(objects(Settings.load({})), "Deployment")["runner"]["spec"]["template"][
        "spec"
    ]["containers"]
    for probe in ("readinessProbe", "livenessProbe"):
        command = " ".join(runner[probe]["exec"]["command"])
        assert command.startswith("porta probe runner ")
    text = " ".join(section.split())
    assert "`porta probe runner`; an image that was built before" in text
    assert "deploy the old image together with the chart of its own commit" in text
    for namespace, release in (("sedaro", "porta"), ("sedaro-gateway", naming.GATEWAY_RELEASE)):
        assert f"`helm -n {namespace} rollback {release}`" in text


def test_the_documents_file_of_settings_is_valid(tmp_path: Path) -> None:
    (text,) = re.findall(r"<<'SETTINGS'\n(.*?)^SETTINGS$", DOCUMENT, re.MULTILINE | re.DOTALL)
    file = tmp_path / "porta.yaml"
    file.write_text(text)
    assert Settings.load({"INFRA_FILE": str(file)}).profile == "production"


def test_the_document_never_deploys_one_stack_without_those_that_it_depends_on() -> None:
    commands = re.findall(r"^cdktf deploy (.*?)(?:  |$)", DOCUMENT, re.MULTILINE)
    assert commands
    assert [each for each in commands if "infra-apps" in each and "infra-base" not in each] == []


def test_the_document_asks_for_the_versions_that_are_installed() -> None:
    from infra.constructs.provider import TERRAFORM
    from infra.stacks.base import GATEWAY_CHART

    assert f"--version {GATEWAY_CHART} |" in DOCUMENT
    assert f"Terraform {TERRAFORM.removeprefix('>= ')} or newer" in DOCUMENT
