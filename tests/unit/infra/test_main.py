"""Both stacks, as Terraform reads them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from infra.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


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


def test_a_mistake_in_the_settings_is_told_in_a_sentence() -> None:
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
