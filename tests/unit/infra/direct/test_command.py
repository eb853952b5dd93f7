"""The command: in which order things are made and removed, and when passwords are new."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from infra.direct.command import deploy, destroy, in_order
from infra.direct.stack import Stack, read
from infra.direct.tools import Tools
from infra.naming import SECRETS_REVISION
from infra.programs import ProgramError
from infra.settings import Settings
from tests.recording_programs import Programs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    return Programs(tmp_path, monkeypatch, "kubectl", "helm")


@pytest.fixture
def stack(synthesised: Path) -> Stack:
    return read(synthesised, "infra-base")


def tools() -> Tools:
    return Tools.of(Settings.load({}))


def applied(programs: Programs) -> list[list[dict[str, Any]]]:
    return [call.objects for call in programs.calls() if call.words[:2] == ["kubectl", "apply"]]


def test_namespaces_and_quotas_are_made_before_secrets_and_secrets_before_releases(
    programs: Programs, stack: Stack
) -> None:
    deploy(stack, tools())
    kinds = [{one["kind"] for one in objects} for objects in applied(programs)]
    assert kinds == [{"Namespace"}, {"ResourceQuota", "LimitRange"}, {"Secret"}]
    words = [call.words for call in programs.calls()]
    releases = [index for index, said in enumerate(words) if said[0] == "helm"]
    assert sorted(words[index][3] for index in releases) == ["dask-gateway", "redis"]
    assert min(releases) > max(i for i, said in enumerate(words) if said[0] == "kubectl")


PORTAS: Final = '{"metadata": {"labels": {"app.kubernetes.io/part-of": "porta"}}}'
FOREIGN: Final = '{"metadata": {"labels": {"app.kubernetes.io/part-of": "a shop"}}}'
BARE: Final = '{"metadata": {}}'


@pytest.mark.parametrize("there", [FOREIGN, BARE])
@pytest.mark.parametrize("name", ["infra-base", "infra-apps"])
@pytest.mark.parametrize("act", [deploy, destroy])
def test_a_namespace_that_porta_did_not_make_is_not_touched(
    programs: Programs,
    synthesised: Path,
    act: Callable[[Stack, Tools], None],
    name: str,
    there: str,
) -> None:
    programs.answer("kubectl", there, when="get namespace sedaro --")
    with pytest.raises(ProgramError) as found:
        in_order(act, [read(synthesised, name)], tools())
    assert str(found.value) == "The namespace sedaro is there, and Porta did not make it."
    assert {tuple(call.words[:3]) for call in programs.calls()} == {("kubectl", "get", "namespace")}


def test_nothing_is_removed_when_a_later_stack_has_a_foreign_namespace(
    programs: Programs, synthesised: Path
) -> None:
    programs.answer("kubectl", PORTAS, when="get namespace sedaro --")
    programs.answer("kubectl", FOREIGN, when="get namespace sedaro-gateway --")
    stacks = [read(synthesised, name) for name in ("infra-apps", "infra-base")]
    with pytest.raises(
        ProgramError, match=r"^The namespace sedaro-gateway is there, and Porta did"
    ):
        in_order(destroy, stacks, tools())
    assert [call for call in programs.calls() if call.words[0] == "helm"] == []


@pytest.mark.parametrize("there", [PORTAS, ""])
def test_portas_own_namespaces_and_new_ones_are_deployed_and_destroyed(
    programs: Programs, synthesised: Path, there: str
) -> None:
    programs.answer("kubectl", there, when="get namespace")
    stacks = [read(synthesised, name) for name in ("infra-base", "infra-apps")]
    for act in (deploy, destroy):
        in_order(act, stacks, tools())
    said = [" ".join(call.words[:3]) for call in programs.calls()]
    assert said.count("helm upgrade --install") == 3
    assert sum(words.startswith("helm uninstall") for words in said) == 3
    assert said.count("kubectl delete namespace") == 2


def written(programs: Programs) -> list[list[dict[str, Any]]]:
    """The Secrets, each time that they were written."""
    return [objects for objects in applied(programs) if objects[0]["kind"] == "Secret"]


def carries(revision: str) -> str:
    """What kubectl prints of a Secret; an empty revision for one of Terraform's."""
    annotations = {SECRETS_REVISION: revision} if revision else {"other": "1"}
    return json.dumps({"metadata": {"annotations": annotations}})


def of_revision(stack: Stack, revision: str) -> Stack:
    return replace(stack, secrets=[replace(one, revision=revision) for one in stack.secrets])


ONE: Final = "get secret porta-session"  # the words that ask for one of the Secrets


def test_secrets_that_carry_the_revision_stay(programs: Programs, stack: Stack) -> None:
    programs.answer("kubectl", carries("1"), when="get secret")
    deploy(stack, tools())
    assert written(programs) == []


@pytest.mark.parametrize(
    "one",
    [carries("1"), "", carries("")],
    ids=["all are there", "one was deleted", "one was made by hand"],
)
def test_all_secrets_are_new_when_their_revision_is_another(
    programs: Programs, stack: Stack, one: str
) -> None:
    programs.answer("kubectl", one, when=ONE)
    programs.answer("kubectl", carries("1"), when="get secret")
    deploy(of_revision(stack, "2"), tools())
    (secrets,) = written(programs)
    assert len(secrets) == len(stack.secrets)


@pytest.mark.parametrize(
    ("one", "state"),
    [
        ("", "is missing"),
        (carries(""), "carries no revision"),
        (carries("2"), "carries revision 2"),  # an interrupted deployment
    ],
)
def test_passwords_are_not_replaced_by_others_of_the_same_revision(
    programs: Programs, stack: Stack, one: str, state: str
) -> None:
    programs.answer("kubectl", one, when=ONE)
    programs.answer("kubectl", carries("1"), when="get secret")
    with pytest.raises(ProgramError, match="raise secrets_revision") as found:
        deploy(stack, tools())
    assert f"The Secret porta-session in sedaro {state}, but others are of" in str(found.value)
    assert written(programs) == []
    assert [call for call in programs.calls() if call.words[0] == "helm"] == []


@pytest.mark.parametrize("revision", ["1", "2"])
def test_passwords_that_something_else_made_are_not_replaced(
    programs: Programs, stack: Stack, revision: str
) -> None:
    programs.answer("kubectl", "", when=ONE)
    programs.answer("kubectl", carries(""), when="get secret")
    with pytest.raises(ProgramError, match=r"made by something else.* raise secrets_revision"):
        deploy(of_revision(stack, revision), tools())
    assert written(programs) == []


def test_passwords_differ_each_time_and_both_namespaces_get_the_gateways(
    programs: Programs, stack: Stack
) -> None:
    for _ in range(2):
        deploy(stack, tools())
    made = [
        {(one["metadata"]["namespace"], one["metadata"]["name"]): one["data"] for one in objects}
        for objects in applied(programs)
        if objects[0]["kind"] == "Secret"
    ]
    for secrets in made:
        name = "porta-dask-gateway"
        assert secrets["sedaro", name] == secrets["sedaro-gateway", name]
    assert not {str(data) for data in made[0].values()} & {str(data) for data in made[1].values()}


def test_a_release_that_fails_does_not_keep_the_others_from_ending(
    programs: Programs, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    programs.fail("helm", when="upgrade --install redis", saying="Error: timed out")
    with pytest.raises(ProgramError, match=r"^helm upgrade: Error: timed out$"):
        deploy(stack, tools())
    assert "release dask-gateway deployed: " in capsys.readouterr().out


def test_releases_are_removed_before_their_namespaces(programs: Programs, stack: Stack) -> None:
    destroy(stack, tools())
    said = [call.words[:3] for call in programs.calls()]
    assert sorted(each[2] for each in said[:2]) == ["dask-gateway", "redis"]
    assert said[2:] == [["kubectl", "delete", "namespace"]] * 2


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 -- the tests' own words
        [sys.executable, "-m", "infra.direct", *words],
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_invalid_setting_ends_the_command_with_1() -> None:
    done = run("deploy", "infra-base", INFRA_PROFILE="moon")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "infra: profile must be one of minikube, production.\n"


def test_a_verb_that_is_not_known_ends_the_command_with_2() -> None:
    assert run("drop", "infra-base").returncode == 2
