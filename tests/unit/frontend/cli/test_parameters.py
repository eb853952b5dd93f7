from __future__ import annotations

import pytest
from click.testing import CliRunner

from frontend.cli.main import porta
from frontend.cli.parameters import WorkersType


def test_the_help_of_propagate_lists_every_format_of_the_table() -> None:
    from sim.export import FORMATS

    output = CliRunner().invoke(porta, ["propagate", "--help"]).output
    for form in FORMATS.values():
        assert form.suffix in output


@pytest.mark.parametrize("workers", ["0", "-1", "some", "1.5", "99999"])
def test_propagate_refuses_what_is_no_number_of_workers(workers: str) -> None:
    result = CliRunner().invoke(porta, ["propagate", "5", "--workers", workers])
    assert result.exit_code == 2
    assert "auto, inline, or a number" in result.output


@pytest.mark.parametrize(
    ("text", "workers"), [("auto", "auto"), ("inline", "inline"), ("1", 1), ("9999", 9_999)]
)
def test_workers_are_a_word_or_a_number(text: str, workers: str | int) -> None:
    assert WorkersType().convert(text, None, None) == workers
