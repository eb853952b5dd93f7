"""Claims about the command line: what it says, how it exits, and what it leaves unimported."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from frontend.cli.main import porta
from frontend.settings import VARIABLES
from sim.export import FORMATS
from tests.deadlines import within
from tests.processes import eventually
from tests.terminals import on_terminal

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

HEAVY = ("numba", "numpy", "pyarrow", "dask", "distributed", "dask_gateway", "flask", "redis")


def run(*words: str, **environ: str) -> Result:
    return CliRunner(env={"REDIS_URL": "", "DASK_GATEWAY_ADDRESS": "", **environ}).invoke(
        porta, words
    )


def test_help_needs_nothing_heavy() -> None:
    code = "import sys, frontend.cli.main; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)  # noqa: S603 - our own code
    assert not set(HEAVY) & set(loaded.stdout.decode().split())


def test_help_lists_every_command_and_every_variable() -> None:
    result = run("--help")
    assert result.exit_code == 0
    for word in (
        "serve",
        "web",
        "runner",
        "probe",
        "propagate",
        "export",
        "verify",
        "presets",
        "state",
        "clusters",
        "token",
    ):
        assert word in result.output
    _, variables = result.output.split("\nEnvironment:\n")
    for variable in VARIABLES:
        assert f"\n  {variable.name}" in f"\n{variables}"


# bash asks the bash that is installed for its version.
@pytest.mark.parametrize(("shell", "current"), [("zsh", "2"), ("fish", "--")])
def test_shells_complete_commands_and_options(shell: str, current: str) -> None:
    assert "_porta_completion" in run(_PORTA_COMPLETE=f"{shell}_source").output
    typed = {"COMP_WORDS": "porta propagate --", "COMP_CWORD": current}
    completed = run(_PORTA_COMPLETE=f"{shell}_complete", **typed).output
    for option in ("--output", "--workers", "--overwrite"):
        assert option in completed


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("--workers ", {"plain,auto", "plain,inline"}),
        ("--format a", {"plain,arrow"}),
        ("--format ", {f"plain,{name}" for name in FORMATS}),
        ("--output or", {"file,or"}),
    ],
)
def test_shells_complete_the_values_of_options(words: str, completed: set[str]) -> None:
    typed = {"COMP_WORDS": f"porta propagate 5 {words}", "COMP_CWORD": words.split(" ")[1]}
    found = run(_PORTA_COMPLETE="fish_complete", **typed).output
    assert {line.split("\t")[0] for line in found.splitlines()} == completed


@pytest.mark.parametrize(
    "command",
    ["serve", "web", "runner", "probe", "propagate", "presets", "state", "clusters", "token"],
)
def test_every_command_explains_itself(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 5


@pytest.mark.parametrize("command", [["serve"], ["web"], ["runner"], ["propagate", "5"]])
def test_a_setting_that_does_not_exist_stops_every_command(command: list[str]) -> None:
    result = run(*command, PORTA_MAX_RUN="3")
    assert result.exit_code == 2
    assert "did you mean PORTA_MAX_RUNS?" in result.output


@pytest.mark.parametrize("command", ["serve", "web"])
def test_strangers_are_listened_to_only_if_somebody_has_decided_that(command: str) -> None:
    result = run(command, "--host", "0.0.0.0", REDIS_URL="redis://127.0.0.1:1")  # noqa: S104 - refused
    assert result.exit_code == 2
    assert "PORTA_AUTH" in result.output


@pytest.mark.parametrize("command", [["web"], ["runner"], ["clusters"], ["probe", "runner"]])
def test_what_needs_redis_says_so(command: list[str]) -> None:
    result = run(*command)
    assert result.exit_code == 2
    assert "REDIS_URL" in result.output


def test_the_runner_says_that_it_needs_a_way_to_dask() -> None:
    result = run("runner", REDIS_URL="redis://127.0.0.1:1")
    assert result.exit_code == 2
    assert "DASK_GATEWAY_ADDRESS" in result.output


@pytest.mark.parametrize("steps", ["0", "1e-3", "1_00", "abc", "\u0665"])
def test_propagate_refuses_what_is_no_step_count(steps: str) -> None:
    result = run("propagate", steps)
    assert result.exit_code == 2
    assert "whole number" in result.output


def test_propagate_says_of_too_many_steps_how_many_are_allowed() -> None:
    result = run("propagate", "100000001")
    assert result.exit_code == 2
    assert "100,000,001, is too large: the largest allowed is 100,000,000." in result.output


def test_propagate_takes_step_counts_as_people_write_them() -> None:
    for steps in ("2,000", "2_000", "2e3"):
        assert run("propagate", steps).output.startswith("2,000 steps")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--members", "0"], "members must be a whole number"),
        (["--seed", "-1"], "seed"),
        (["--member", "-1"], "The member must be a whole number"),
        (["--member", "1e3"], "The member must be a whole number"),
        (["--member", str(2**53)], "member must be a whole number"),
        (["--member", "1", "--members", "2"], "member names one run"),
        (["--output", "orbit.txt"], ".parquet"),
        (["--output", "nowhere/at/all/orbit.js"], "no directory"),
        (["--output", "parts/", "--workers", "inline"], "--workers"),
    ],
)
def test_propagate_says_in_a_sentence_what_is_wrong(words: list[str], sentence: str) -> None:
    result = run("propagate", "5", *words)
    assert result.exit_code == 2
    assert sentence in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "not valid JSON"),
        ("{}", "scenario"),
        (json.dumps({"agents": [], "dt_min": 1, "dt_span": 0, "epsilon": 0.1}), "agents"),
    ],
)
def test_propagate_says_what_is_wrong_with_a_scenario(
    tmp_path: Path, text: str, sentence: str
) -> None:
    file = tmp_path / "scenario.json"
    file.write_text(text, encoding="utf-8")
    result = run("propagate", "5", "--scenario", str(file))
    assert result.exit_code == 2
    assert sentence in result.output


def test_a_scenario_is_read_from_standard_input() -> None:
    from sim.scenario import NANO

    document = json.dumps(NANO.to_json()).replace("Planet", "Sun")
    result = CliRunner().invoke(porta, ["propagate", "5", "--scenario", "-"], input=document)
    assert result.exit_code == 0
    assert "\nSun " in result.output


def test_ctrl_c_while_it_propagates_and_while_it_writes_is_130_and_leaves_no_file(
    tmp_path: Path,
) -> None:
    output = str(tmp_path / "orbit.csv")
    for shown in (b"propagating", b"writing"):
        with on_terminal(
            *("-m", "frontend.cli", "propagate", "40000000", "--output", output)
        ) as terminal:
            eventually(lambda: shown in terminal.shown)  # noqa: B023 - called at once
            terminal.press_ctrl_c()
            terminal.process.wait(within(5))
        assert terminal.process.returncode == 130
        assert terminal.shown.endswith(b"Interrupted.\r\n")
        assert b"Traceback" not in terminal.shown
        assert list(tmp_path.iterdir()) == []


INTERRUPTED_WHILE_IMPORTING = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)

class Finder:
    def find_spec(self, name, *others):
        if name == "frontend.settings":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
from frontend.cli.__main__ import main
main()
"""


def test_ctrl_c_while_it_imports_is_130_as_well() -> None:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", INTERRUPTED_WHILE_IMPORTING], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (130, b"\nInterrupted.\n")


def test_a_token_is_printed_once_with_the_line_that_lets_it_in(tmp_path: Path) -> None:
    from frontend.web.auth.tokens import TokenFile

    result = run("token", "ada", "--starts", "2/hour")
    token, line = (one.split(": ", 1)[1].strip() for one in result.output.splitlines())
    assert token not in line
    path = tmp_path / "tokens"
    path.write_text(line)
    found = TokenFile(str(path)).find(token)
    assert found is not None
    assert (found.name, found.starts) == ("ada", "2/hour")


def test_a_tokens_line_is_added_to_a_file_and_the_token_alone_is_printed(tmp_path: Path) -> None:
    from frontend.web.auth.tokens import TokenFile

    path = tmp_path / "tokens"
    tokens = {name: run("token", name, "--append", str(path)).output for name in ("ada", "bob")}
    known = TokenFile(str(path))
    for name, printed in tokens.items():
        found = known.find(printed.strip())
        assert found is not None
        assert found.name == name


@pytest.mark.parametrize(
    "words",
    [("a b",), ("ada", "--starts", "2"), ("ada", "--append", "/nowhere/at/all"), ()],
)
def test_a_token_for_nobody_is_refused_with_a_sentence(words: tuple[str, ...]) -> None:
    result = run("token", *words)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
