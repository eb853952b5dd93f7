"""Claims about log lines."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SAYS: str = """
import logging, sys
from structlog.contextvars import bind_contextvars
from frontend.observability import logs
from frontend.settings import Settings
logs.configure(Settings(log_format=sys.argv[1], log_level=sys.argv[2]))
bind_contextvars(run="d4c5")
logs.logger("frontend.ours").info("of ours", steps=500)
logging.getLogger("theirs").warning("of a %s", "library")
try:
    1 / 0
except ZeroDivisionError:
    logs.logger("frontend.ours").exception("broken")
"""


def said(form: str, level: str = "info") -> list[str]:
    """What a process that logs writes to standard error."""
    done = subprocess.run(  # noqa: S603 - our own code
        (sys.executable, "-c", SAYS, form, level), check=True, capture_output=True, text=True
    )
    assert not done.stdout
    return done.stderr.splitlines()


def test_a_line_of_json_says_when_how_grave_who_what_and_whose() -> None:
    ours, theirs, _ = (json.loads(line) for line in said("json"))
    assert ours.pop("timestamp").endswith("Z")
    assert ours == {
        "event": "of ours",
        "level": "info",
        "logger": "frontend.ours",
        "run": "d4c5",
        "steps": 500,
    }
    assert theirs["event"] == "of a library"
    assert (theirs["logger"], theirs["level"], theirs["run"]) == ("theirs", "warning", "d4c5")


def test_a_traceback_stays_in_its_line_of_json() -> None:
    *_, broken = (json.loads(line) for line in said("json"))
    assert "ZeroDivisionError" in broken["exception"]


def test_a_line_for_people_holds_the_same_and_no_colours_in_a_file() -> None:
    ours = said("human")[0]
    assert all(word in ours for word in ("of ours", "frontend.ours", "run=d4c5", "steps=500"))
    assert "\x1b" not in ours


@pytest.mark.parametrize(("level", "lines"), [("debug", 3), ("warning", 2), ("error", 1)])
def test_what_is_less_grave_is_left_out(level: str, lines: int) -> None:
    assert len(said("json", level)) == lines
