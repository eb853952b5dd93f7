"""A crate is one by the judgement of roc-validator, at the level that RO-Crate requires, offline.

The validator is installed into an environment of its own, and is given the context that the package
rocrate brings along: it asks no network.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1_800)]  # it installs packages

HOUSE: Final = Path(__file__).parents[2]
UV: Final = Path(sys.prefix) / "bin" / "uv"
CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
COMMAND_S: Final = 600.0  # ends what hangs; downloads and compilers may take minutes
JUDGE: Final = """
import importlib.resources, io, json, sys
import requests, requests_cache, urllib3
from rocrate_validator import models, services

cache, *crates = sys.argv[1:]
url = "https://w3id.org/ro/crate/1.3/context"
context = importlib.resources.files("rocrate").joinpath("data/ro-crate.jsonld").read_bytes()
with requests_cache.CachedSession(cache, backend="sqlite", expire_after=-1) as session:
    raw = urllib3.HTTPResponse(
        io.BytesIO(context), {"Content-Type": "application/ld+json"}, 200,
        preload_content=False, request_method="GET", request_url=url,
    )
    asked = requests.Request("GET", url).prepare()
    session.cache.save_response(requests.adapters.HTTPAdapter().build_response(asked, raw))
for crate in crates:
    found = services.validate(
        services.ValidationSettings(
            rocrate_uri=crate, profile_identifier="ro-crate-1.3", offline=True, cache_path=cache,
            requirement_severity=models.Severity.REQUIRED,
        )
    )
    print(json.dumps({"passed": found.passed(), "issues": [i.message for i in found.get_issues()]}))
"""


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with roc-validator; skipped where it can't be had."""
    folder = tmp_path_factory.mktemp("validator")
    own = ["--no-config", *(["--system-certs"] if CERTIFICATES.exists() else [])]
    python = folder / "bin" / "python"
    lock = str(HOUSE / "requirements" / "roc-validator.txt")
    install = ["pip", "install", "--python", str(python), "--require-hashes", "-r", lock]
    for words in (["venv", "--python", sys.executable, str(folder), "--clear"], install):
        done = subprocess.run(  # noqa: S603 - our own commands
            [str(UV), *own, *words],
            capture_output=True,
            text=True,
            timeout=COMMAND_S,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"roc-validator can't be installed here: {done.stderr[-300:]}")
    return python


def porta(*words: str) -> None:
    subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "frontend.cli", *words],
        check=True,
        timeout=COMMAND_S,
        env={"PATH": "/usr/bin:/bin", "HOME": os.environ["HOME"]},  # where the kernels are cached
    )


def judged(validator: Path, folder: Path, *crates: str) -> list[dict[str, Any]]:
    done = subprocess.run(  # noqa: S603 - our own script
        [str(validator), "-c", JUDGE, str(folder / "cache"), *crates],
        capture_output=True,
        text=True,
        timeout=COMMAND_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_crates_of_a_run_and_of_an_ensemble_are_valid_and_one_without_a_name_is_not(
    validator: Path, tmp_path: Path
) -> None:
    run, ensemble, broken = (str(tmp_path / name) for name in ("a.crate", "b.crate.zip", "c.crate"))
    porta("propagate", "500", "--workers", "inline", "--output", f"{run}/")
    porta("propagate", "500", "--members", "20", "--workers", "inline", "--output", ensemble)
    porta("propagate", "600", "--workers", "inline", "--output", f"{broken}/")
    description = Path(broken) / "ro-crate-metadata.json"
    description.write_text(description.read_text().replace('"name": "Porta 600"', '"nom": "x"'))
    found = judged(validator, tmp_path, run, ensemble, broken)
    assert found[:2] == [{"passed": True, "issues": []}] * 2
    assert not found[2]["passed"]
