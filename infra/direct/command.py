"""The command: `deploy STACK...` and `destroy STACK...`, with the settings of `cdktf`.

- It synthesises the stacks, then makes by kubectl and Helm what Terraform would make of them, one
  after the other as they are named: the same objects, the same charts with the same values.
- It keeps no state. New passwords are written where there are none, and when the revision of the
  settings is another than the one that the Secrets carry; always into all of them, because they
  belong together. It never replaces passwords of the same revision: no pod would restart.
- It touches nothing in a namespace that Porta did not make.
- Its exit code is 0, or 1 with a sentence if something failed; it may then be run again.
"""

from __future__ import annotations

import argparse
import secrets
import string
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.direct.stack import StackError, read
from infra.direct.tools import Tools
from infra.main import synthesise
from infra.naming import PART_OF, SECRETS_REVISION
from infra.programs import ProgramError
from infra.settings import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from infra.direct.stack import Release, Secret, Stack

__all__ = ["deploy", "destroy", "in_order", "main"]

LETTERS: Final = (
    string.ascii_letters + string.digits
)  # as Terraform's passwords: they go into a URL


def main(said: Sequence[str], environ: Mapping[str, str]) -> int:
    """Deploy or destroy the stacks that are named; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.direct", description=__doc__)
    parser.add_argument("verb", choices=("deploy", "destroy"))
    parser.add_argument("stacks", nargs="+", metavar="STACK", help="infra-base, infra-apps")
    wanted = parser.parse_args(said)
    act = {"deploy": deploy, "destroy": destroy}[wanted.verb]
    try:
        settings = Settings.load(environ)
        folder = Path(synthesise(settings))
        tools = Tools.of(settings)
        in_order(act, [read(folder, name) for name in wanted.stacks], tools)
    except (SettingsError, StackError, ProgramError) as error:
        sys.stderr.write(f"infra: {error}\n")
        return 1
    return 0


def in_order(act: Callable[[Stack, Tools], None], stacks: Sequence[Stack], tools: Tools) -> None:
    """Deploy or destroy the stacks one after the other. Raises ProgramError.

    It fails before anything is done if Porta did not make a namespace: deploying would change
    its labels and bounds, and destroying would delete it with all that is in it.
    """
    names = [
        *(one["metadata"]["name"] for stack in stacks for one in stack.namespaces),
        *(one.namespace for stack in stacks for one in stack.releases),
    ]
    for name in dict.fromkeys(names):
        labels = tools.labels(name)
        if labels is not None and PART_OF not in labels.items():
            raise ProgramError(f"The namespace {name} is there, and Porta did not make it.")
    for stack in stacks:
        act(stack, tools)


def deploy(stack: Stack, tools: Tools) -> None:
    """Make a stack, or change what differs. Raises ProgramError, after what could be done."""
    if stack.namespaces:
        _timed(f"{stack.name}: namespaces and quotas", partial(_make_namespaces, stack, tools))
    if stack.secrets:
        _timed(f"{stack.name}: Secrets", partial(_make_secrets, stack, tools))
    _all_at_once(stack.releases, "deployed", tools.install)


def destroy(stack: Stack, tools: Tools) -> None:
    """Remove a stack, with its volumes. Raises ProgramError."""
    _all_at_once(stack.releases, "removed", tools.uninstall)
    for one in stack.namespaces:
        name: str = one["metadata"]["name"]
        _timed(f"namespace {name} removed", partial(tools.delete_namespace, name))


def _make_namespaces(stack: Stack, tools: Tools) -> None:
    tools.apply(stack.namespaces)
    tools.apply(stack.bounds)


def _make_secrets(stack: Stack, tools: Tools) -> None:
    """Write all Secrets with new passwords, unless they carry the revision. Raises ProgramError."""
    carried = [
        (one, tools.annotation(one.name, one.namespace, SECRETS_REVISION)) for one in stack.secrets
    ]
    if not _are_due(carried):
        return
    passwords = {
        name: "".join(secrets.choice(LETTERS) for _ in range(length))
        for name, length in stack.passwords.items()
    }
    tools.apply([one.manifest(passwords) for one in stack.secrets])


def _are_due(carried: list[tuple[Secret, str | None]]) -> bool:
    """Whether passwords are to be made, by the revision of each Secret; None is one that lacks.

    Raises ProgramError if they are not all of one revision, and the settings' is not a new one.
    """
    others = [(one, revision) for one, revision in carried if revision != one.revision]
    if not others:
        return False
    found = {revision for _, revision in carried} - {None}
    if not found:
        return True
    if found == {""}:
        raise ProgramError(
            "The Secrets carry no revision, so they were made by something else. Deploy with that,"
            " such as Terraform; or delete them, and raise secrets_revision."
        )
    if len(others) == len(carried):
        return True
    one, revision = others[0]
    state = {None: "is missing", "": "carries no revision"}.get(
        revision, f"carries revision {revision}"
    )
    raise ProgramError(
        f"The Secret {one.name} in {one.namespace} {state}, but others are of revision"
        f" {one.revision}, and their passwords belong together: raise secrets_revision, which makes"
        " all of them anew."
    )


def _all_at_once(releases: list[Release], done: str, act: Callable[[Release], None]) -> None:
    """Let every release end, as Terraform does; then raise the errors of those that failed."""
    with ThreadPoolExecutor() as pool:
        ended = [
            pool.submit(_timed, f"release {one.name} {done}", partial(act, one)) for one in releases
        ]
    failed = []
    for one in ended:
        try:
            one.result()
        except ProgramError as error:
            failed.append(str(error))
    if failed:
        raise ProgramError("\n       ".join(failed))


def _timed(what: str, act: Callable[[], None]) -> None:
    began = time.monotonic()
    act()
    sys.stdout.write(f"{what}: {time.monotonic() - began:.1f} s\n")
    sys.stdout.flush()
