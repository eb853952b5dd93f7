from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontend.domain.run import Lease
from frontend.runner.run_tag import RunTag

WORDS = st.text(st.characters(codec="ascii", categories=("Ll", "Nd")), min_size=1)


def test_a_tag_is_written_as_every_installed_version_writes_it() -> None:
    tag = RunTag.of("house", Lease("0123456789abcdef", "secret", 7))
    assert str(tag) == "house/0123456789abcdef/secret"


@given(st.builds(RunTag, WORDS, WORDS, WORDS))
def test_a_tag_reads_back(tag: RunTag) -> None:
    assert RunTag.parse(str(tag)) == tag


@pytest.mark.parametrize(
    "text", ["", "house", "command-line/1234", "a/b/c/d", "a//c", "/b/c", "a/b/"]
)
def test_any_other_tag_is_of_no_run(text: str) -> None:
    assert RunTag.parse(text) is None
