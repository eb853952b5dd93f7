"""One synthesis for all tests of a session: importing the providers takes seconds."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from infra.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("node") is None:
        pytest.skip("cdktf runs on Node.js, which is not here")
    from infra.main import synthesise

    return synthesise(Settings.load({}), tmp_path_factory.mktemp("synthesis"))


@pytest.fixture(scope="session")
def base(synthesised: Path) -> dict[str, Any]:
    stack: dict[str, Any] = json.loads(
        (synthesised / "stacks" / "infra-base" / "cdk.tf.json").read_text()
    )
    return stack
