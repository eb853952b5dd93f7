"""What is released: the wheel, the sdist, how Porta is cited, and one version everywhere.

The schema of citation files is version 1.2.0 of the Citation File Format, by S. Druskat and others,
https://doi.org/10.5281/zenodo.5171937, under CC BY 4.0.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs
import pytest
import yaml

from sim.version import VERSION

if TYPE_CHECKING:
    from email.message import Message

MANUAL: Final = "services/frontend/web/pages/manual_site/"  # where it was built
HOUSE: Final = Path(__file__).parents[3]
SCHEMA: Final = Path(__file__).with_name("cff-1.2.0.json")
IN_THE_SDIST: Final = ("docs", "notebooks", "services", "tests", "infra", "requirements")
# Each a whole word, so that 10.1.0 is no mention of 0.1.0.
IMAGE: Final = re.compile(r"\bporta(?:-notebook)?:(\d+\.\d+\.\d+)\b")


def committed(*under: str) -> set[str]:
    """The paths of the files that git knows, from the house."""
    listed = subprocess.run(  # noqa: S603 -- a fixed command
        ["git", "ls-files", "-z", "--", *under],  # noqa: S607 -- any git will do
        cwd=HOUSE,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return {name for name in listed.split("\0") if name and (HOUSE / name).is_file()}


def built(target: str, folder: Path) -> Path:
    subprocess.run(  # noqa: S603 -- a fixed command
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)],
        cwd=HOUSE,
        check=True,
        capture_output=True,
    )
    (file,) = folder.iterdir()
    return file


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    return zipfile.ZipFile(built("wheel", tmp_path_factory.mktemp("wheel")))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    with tarfile.open(built("sdist", tmp_path_factory.mktemp("sdist"))) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return message_from_bytes(wheel.read(name))


def citation() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((HOUSE / "CITATION.cff").read_text())
    return found


def project() -> dict[str, Any]:
    return tomllib.loads((HOUSE / "pyproject.toml").read_text())


def test_the_wheel_holds_every_file_of_the_packages(wheel: zipfile.ZipFile) -> None:
    sources = {name.removeprefix("services/") for name in committed("services")}

    assert sources <= set(wheel.namelist())


def test_the_wheel_holds_the_notebooks_where_serve_looks_for_them(wheel: zipfile.ZipFile) -> None:
    notebooks = {f"frontend/embedded/{name}" for name in committed("notebooks")}

    assert notebooks
    assert notebooks <= set(wheel.namelist())


def test_the_wheel_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    packages = {path.name for path in (HOUSE / "services").iterdir()}
    tops = {name.partition("/")[0] for name in wheel.namelist()}

    assert {top for top in tops if not top.endswith(".dist-info")} <= packages
    assert not [name for name in wheel.namelist() if "__pycache__" in name]


def test_type_checkers_may_read_every_package(wheel: zipfile.ZipFile) -> None:
    packages = {name.split("/")[1] for name in committed("services") if name.count("/") > 1}

    assert {f"{package}/py.typed" for package in packages} <= set(wheel.namelist())


def test_all_brings_every_extra_but_the_infrastructure() -> None:
    extras = project()["project"]["optional-dependencies"]
    (everything,) = extras["all"]
    reached, to_read = set(), [everything]
    while to_read:
        named = re.fullmatch(r"porta\[(.*)\]", to_read.pop())
        for extra in named[1].split(",") if named else ():
            reached.add(extra)
            to_read += extras[extra]

    assert reached == extras.keys() - {"all", "infra"}


def test_the_sdist_is_the_repository_with_documents_notebooks_and_examples(
    sdist: set[str],
) -> None:
    assert {name for name in committed() if not name.startswith((".ci/", "."))} <= sdist
    for folder in IN_THE_SDIST:
        assert any(name.startswith(f"{folder}/") for name in sdist), folder


def test_the_sdist_holds_nothing_that_git_does_not_know_but_the_manual(sdist: set[str]) -> None:
    known = {name for name in sdist if not name.startswith(MANUAL)}
    assert known - {"", "PKG-INFO"} <= committed()


def test_the_version_is_the_same_wherever_it_is_named(wheel: zipfile.ZipFile) -> None:
    documents = [HOUSE / "README.md", *(HOUSE / "docs").glob("*.md")]
    mentions = {
        mention for document in documents for mention in IMAGE.findall(document.read_text())
    }

    assert metadata(wheel)["Version"] == VERSION
    assert citation()["version"] == VERSION
    assert mentions == {VERSION}


def test_the_python_versions_are_told_from_the_oldest_to_the_newest() -> None:
    told = project()["project"]
    minors = [
        int(match[1])
        for line in told["classifiers"]
        if (match := re.fullmatch(r"Programming Language :: Python :: 3\.(\d+)", line))
    ]

    assert told["requires-python"] == f">=3.{minors[0]}"
    assert minors == list(range(11, 15))


def test_the_citation_is_one_by_the_formats_own_schema() -> None:
    schema = json.loads(SCHEMA.read_text())

    jsonschema_rs.validate(schema, citation(), validate_formats=True)
    with pytest.raises(jsonschema_rs.ValidationError):
        jsonschema_rs.validate(schema, {**citation(), "authors": []})


def test_the_citation_says_what_the_project_says() -> None:
    told = project()["project"]
    cited = citation()

    assert cited["license"] == told["license"]
    assert [author["name"] for author in cited["authors"]] == [
        author["name"] for author in told["authors"]
    ]
