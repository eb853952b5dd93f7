"""The house keeps its own rules: locks, paths, documents, mirrors, the wheel."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from sim import Propagation, Trajectory
from sim.models.table import MODELS
from sim.scenario import read_scenario

if TYPE_CHECKING:
    from sim.models.model import Model

HOUSE: Final = Path(__file__).parents[2]
LOCKS: Final = ("sim", "frontend", "local", "dev", "uv")
FOLDERS: Final = (
    *("services/sim", "services/frontend", "services/porta"),
    *("tests/unit/sim", "tests/unit/frontend", "tests/unit/porta"),
    *("tests/numerics/sim", "tests/integration", "docs/adr", "requirements"),
)
PACKAGES: Final = ("services/sim", "services/frontend", "services/porta", "infra")
MIRRORS: Final = ("unit", "numerics")  # the folders of tests that mirror the packages
# In pieces, so that this file does not name what it forbids.
REGISTRIES: Final = (
    *("py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com"),
    *("deb" + ".debian.org", "security" + ".debian.org"),
)
PRIVATE: Final = re.compile(r"(?<![\w.])/(?:work|root)" + r"/|/tmp" + r"/porta/|\bissue \d+\b")
LOOP: Final = "a compiled loop, held to the reference by what the engine makes of it"
CONSTANTS: Final = "constants without behaviour; tested by what uses them"
# Modules without a file of unit tests: the reason, and what tests them instead.
UNTESTED: Final = {
    "services/porta/sources.py": (
        "protocols without behaviour",
        "tests/unit/porta/execution/test_in_process.py",
    ),
    "services/porta/results/asked.py": (
        "what two results share, held by the tests of both",
        "tests/unit/porta/results/test_propagation.py",
    ),
    "services/sim/cluster/backend.py": (
        "needs a cluster",
        "tests/integration/test_local_cluster.py",
    ),
    "services/sim/cluster/local.py": ("needs a cluster", "tests/integration/test_local_cluster.py"),
    "services/sim/cluster/gateway.py": (
        "needs a Dask Gateway",
        "tests/integration/test_gateway_cluster.py",
    ),
    "services/sim/cluster/scheduler.py": (
        "needs a Dask scheduler",
        "tests/integration/test_driver.py",
    ),
    "services/sim/driver/ensembles.py": (
        "needs a cluster",
        "tests/integration/test_ensembles.py",
    ),
    "services/sim/driver/exporting.py": ("needs a cluster", "tests/integration/test_driver.py"),
    "services/sim/driver/output.py": ("needs a cluster", "tests/integration/test_driver.py"),
    "services/sim/driver/propagating.py": ("needs a cluster", "tests/integration/test_driver.py"),
    "services/sim/driver/whole.py": ("needs a cluster", "tests/integration/test_cli.py"),
    "services/sim/driver/worker_pool.py": (
        "needs a cluster",
        "tests/integration/test_worker_pool.py",
    ),
    **{
        f"services/sim/models/{name}/schema.py": (
            "a constant",
            "tests/unit/frontend/web/http/test_scenario_schema.py",
        )
        for name in ("nano", "nbody")
    },
    **{
        f"services/sim/{name}.py": (LOOP, "tests/unit/sim/engine/test_stretch.py")
        for name in (
            "kernel/records",
            "kernel/reduce",
            "models/nano/kernel/chunk",
            "models/nano/kernel/many_agents",
            "models/nano/kernel/two_agents",
        )
    },
    **{
        f"services/sim/models/nbody/kernel/{name}.py": (
            LOOP,
            "tests/numerics/sim/models/nbody/kernel/test_stepper.py",
        )
        for name in (
            "blocks",
            "composition",
            "forces",
            "gauss_radau",
            "pair",
            "polynomials",
            "system",
            "triple",
        )
    },
    **{
        f"services/sim/models/nbody/kernel/lanes/{name}.py": (
            LOOP,
            "tests/numerics/sim/models/nbody/kernel/lanes/test_stepper.py",
        )
        for name in ("bodies", "particles", "replay", "system", "tally")
    },
    **{
        f"services/sim/models/nano/kernel/lanes_{name}.py": (
            LOOP,
            "tests/numerics/sim/models/nano/kernel/test_lanes.py",
        )
        for name in ("draws", "follow", "many", "pair", "steps")
    },
    "services/sim/kernel/stepper.py": (
        "names that each model fills",
        "tests/unit/sim/kernel/test_integrate.py",
    ),
    "services/sim/kernel/lanes.py": (
        "names that each model fills, and a tuple",
        "tests/numerics/sim/models/nano/kernel/test_lanes.py",
    ),
    "services/sim/models/nano/kernel/system.py": (
        "tuples without behaviour",
        "tests/unit/sim/engine/test_checkpoint.py",
    ),
    "services/sim/models/nano/scenario.py": (
        "read as any model's are",
        "tests/unit/sim/test_scenario.py",
    ),
    "services/sim/kernel/layout.py": (LOOP, "tests/unit/sim/engine/test_checkpoint.py"),
    "services/sim/kernel/seeking.py": (LOOP, "tests/numerics/sim/engine/test_window.py"),
    "services/sim/kernel/simplify.py": (LOOP, "tests/unit/sim/engine/test_polyline.py"),
    "services/sim/export/loops.py": (LOOP, "tests/unit/sim/export/test_text.py"),
    "services/porta/execution/on_dask.py": ("needs a cluster", "tests/integration/test_porta.py"),
    **{
        f"services/sim/verification/{name}.py": (
            "a part of what verifies a file",
            "tests/unit/sim/verification/test_files.py",
        )
        for name in ("lines", "members", "remade", "sidecar", "stated")
    },
    **{
        f"services/sim/crates/{name}.py": (
            "what a crate consists of, held by what writes and what verifies it",
            "tests/unit/sim/verification/test_crate.py",
        )
        for name in ("checkpoints", "contents", "environment", "making")
    },
    "services/sim/version.py": (CONSTANTS, "tests/unit/sim/export/test_metadata.py"),
    "services/frontend/runner/executor.py": (
        "what two executors share, held by the tests of both",
        "tests/unit/frontend/runner/test_run_executor.py",
    ),
    "services/frontend/cli/beside_serve.py": (
        "held by the commands that it is for",
        "tests/unit/frontend/cli/test_verify.py",
    ),
    "services/frontend/cli/execution/own_cluster.py": (
        "needs a cluster",
        "tests/integration/test_cli.py",
    ),
    "services/frontend/web/http/limits.py": (
        CONSTANTS,
        "tests/unit/frontend/web/server/test_worker.py",
    ),
    "infra/naming.py": (CONSTANTS, "tests/unit/infra/charts/porta/test_values.py"),
    "infra/settings/profiles.py": (CONSTANTS, "tests/unit/infra/settings/test_settings.py"),
}
PIN: Final = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z0-9,-]+\])?==(\S+)", re.MULTILINE)


def committed(under: str = "") -> list[Path]:
    """The files that git knows, under a folder of the house."""
    listed = subprocess.run(  # noqa: S603 -- a fixed command
        ["git", "ls-files", "-z", "--", under or "."],  # noqa: S607 -- any git will do
        cwd=HOUSE,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [path for name in listed.split("\0") if name and (path := HOUSE / name).is_file()]


def lock(name: str) -> str:
    return (HOUSE / "requirements" / f"{name}.txt").read_text()


def pins(name: str) -> dict[str, str]:
    return dict(PIN.findall(lock(name)))


def project() -> dict[str, Any]:
    return tomllib.loads((HOUSE / "pyproject.toml").read_text())


def names(requirements: list[Any]) -> set[str]:
    return {re.split(r"[\[<>=~! ]", text)[0] for text in requirements if isinstance(text, str)}


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_folder_is_where_everybody_expects_it(folder: str) -> None:
    assert (HOUSE / folder).is_dir()


def test_services_is_a_folder_and_no_package() -> None:
    assert not (HOUSE / "services" / "__init__.py").exists()


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_requirement_is_hashed(name: str) -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", re.sub(r"(?m)^\s*#.*\n", "", lock(name)))
    assert blocks
    assert all(PIN.match(block) and "--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index(name: str) -> None:
    assert not re.search(r"://|--index|--extra-index|--find-links| @ ", lock(name))


@pytest.mark.parametrize("name", LOCKS)
def test_all_locks_agree(name: str) -> None:
    everything = pins("dev")
    assert {pin: everything.get(pin) for pin in pins(name)} == pins(name)


def test_every_dependency_is_locked_where_it_is_needed() -> None:
    declared = project()
    extras = declared["project"]["optional-dependencies"]
    base = names(declared["project"]["dependencies"])
    needed = {
        "sim": base,
        "frontend": base | names(extras["frontend"]),
        "local": base | names(extras["frontend"]) | names(extras["local"]) - {"porta"},
        "dev": base.union(*map(names, extras.values()), names(declared["dependency-groups"]["dev"]))
        - {"porta"},
        "uv": names(declared["dependency-groups"]["lock"]),
    }
    assert {name: wanted - pins(name).keys() for name, wanted in needed.items()} == {
        name: set() for name in needed
    }


def test_no_committed_file_names_a_registry_or_a_private_place() -> None:
    found = []
    for path in committed():
        text = path.read_bytes().decode(errors="replace")
        hits = [host for host in REGISTRIES if host in text] + PRIVATE.findall(text)
        found += [f"{path.relative_to(HOUSE)}: {hit}" for hit in hits]
    assert found == []


def test_the_lock_of_the_scripts_tools_binds_contents_and_no_registry() -> None:
    declared = json.loads((HOUSE / "package.json").read_text())["devDependencies"]
    locked = json.loads((HOUSE / "package-lock.json").read_text())["packages"]
    tools = {path: entry for path, entry in locked.items() if path}
    assert {f"node_modules/{name}": version for name, version in declared.items()}.items() <= {
        (path, entry["version"]) for path, entry in tools.items()
    }
    assert [path for path, entry in tools.items() if "resolved" in entry] == []
    assert [path for path, entry in tools.items() if len(entry["integrity"]) < 64] == []


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("kind", MIRRORS)
def test_tests_mirror_the_sources(kind: str, package: str) -> None:
    tests, sources = HOUSE / "tests" / kind / Path(package).name, HOUSE / package
    strays = [
        str(test.relative_to(HOUSE))
        for test in tests.rglob("test_*.py")
        if not names_a_source(sources / test.parent.relative_to(tests), test.stem[5:])
    ]
    assert strays == []


def test_a_module_without_unit_tests_has_a_reason() -> None:
    untested = {
        str(source.relative_to(HOUSE))
        for package in PACKAGES
        for source in (HOUSE / package).rglob("*.py")
        if not source.name.startswith("__") and not has_tests(HOUSE / package, source)
    }
    assert untested == UNTESTED.keys()
    assert [test for _, test in UNTESTED.values() if not (HOUSE / test).is_file()] == []


def has_tests(package: Path, source: Path) -> bool:
    """Whether a module has a file of tests in a mirror, or one for an aspect of it."""
    inside = source.parent.relative_to(package)
    folders = [HOUSE / "tests" / kind / package.name / inside for kind in MIRRORS]
    files = {
        path.stem.removeprefix("test_") for folder in folders for path in folder.glob("test_*.py")
    }
    return any(name == source.stem or name.startswith(f"{source.stem}_") for name in files)


def names_a_source(folder: Path, name: str) -> bool:
    """Whether `name` is a module of the folder, or a module and an aspect: `runs_model`."""
    modules = {path.stem for path in folder.iterdir()}
    return any(name == module or name.startswith(f"{module}_") for module in modules)


def test_every_make_target_explains_itself_and_is_documented() -> None:
    makefile = (HOUSE / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    documents = "".join((HOUSE / name).read_text() for name in ("README.md", "CONTRIBUTING.md"))
    for target in phony[1].split():
        assert re.search(rf"^{target}:.*## \S", makefile, re.MULTILINE), target
        assert f"make {target}" in documents, target


def test_every_porta_command_is_documented() -> None:
    from frontend.cli.main import porta

    documents = [HOUSE / "README.md", *(HOUSE / "docs").glob("*.md")]
    text = "".join(path.read_text() for path in documents)
    assert [name for name in porta.commands if f"porta {name}" not in text] == []


@pytest.mark.parametrize(
    "example",
    [path for path in committed("docs/examples") if path.suffix == ".json"],
    ids=lambda path: str(path.name),
)
def test_an_example_can_be_propagated_and_the_readme_names_it(example: Path) -> None:
    scenario = read_scenario(json.loads(example.read_text()))

    assert Propagation.open(Trajectory(scenario), steps=500).steps == 500
    assert str(example.relative_to(HOUSE)) in (HOUSE / "README.md").read_text()


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: str(model.name))
def test_every_field_of_a_scenario_is_documented(model: Model) -> None:
    text = (HOUSE / "docs" / "models.md").read_text().split("## Scenarios")[1].split("\n## ")[0]
    own = text.split(f"**Of `{model.name}`:**")[1].split("**Of `")[0]
    fields = model.schema["properties"]
    of_agents = fields["agents"]["items"]["properties"]
    of_orbits = of_agents.get("orbit", {}).get("properties", {})
    assert [name for name in (*fields, *of_agents) if f"`{name}`" not in own] == []
    assert [name for name in of_orbits if f'"{name}"' not in own] == []


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [path.name[:4] for path in (HOUSE / "docs" / "adr").glob("[0-9]*.md")]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize(
    "script", [".ci/run", *(f"scripts/{p.name}" for p in committed("scripts"))]
)
def test_a_script_can_be_run(script: str) -> None:
    path = HOUSE / script
    assert os.access(path, os.X_OK)
    assert path.read_text().startswith("#!/usr/bin/env ")


def test_architecture_is_drawn_from_the_code() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/draw_architecture.py", "--check"], cwd=HOUSE, check=False
    )
    assert done.returncode == 0, "Run: make architecture"


def test_setup_compiles_the_kernel_after_it_has_installed() -> None:
    printed = subprocess.run(
        ["make", "--dry-run", "--always-make", "setup"],  # noqa: S607 -- any make will do
        cwd=HOUSE,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    compilation = (
        "from sim.engine import warm; warm(); from sim.export.warming import warm_exports; w"
    )
    assert printed.index("--editable") < printed.index(compilation)


def test_a_test_waits_as_long_for_an_answer_as_a_busy_machine_needs() -> None:
    """`tests.http_client`'s requests; httpx's own give up after 5 s."""
    impatient = re.compile(
        r"\bhttpx\.(?:get|post|put|delete|head|stream|request|Client)\((?!.*timeout)"
    )
    found = [
        f"{path.relative_to(HOUSE)}: {line.strip()}"
        for path in (HOUSE / "tests").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if impatient.search(line)
    ]
    assert found == []
