"""Claims about tokens: who they let in, when they no longer do, and what is kept of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontend.errors import SettingsError
from frontend.web.auth.tokens import TokenFile, append, new_token, token_line

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


def test_a_token_is_found_by_itself_and_by_its_hash(path: Path) -> None:
    ada, bob = new_token(), new_token()
    path.write_text(f"# people\n\n{token_line('ada', ada)}\n{token_line('bob', bob)} # on leave\n")
    tokens = TokenFile(str(path))
    found = tokens.find(bob)
    assert found is not None
    assert found.name == "bob"
    assert tokens.named(found.sha256) == found


@pytest.mark.parametrize("guess", ["", "porta_", "ada", "x" * 100_000, "\ud800"])
def test_nothing_else_is(path: Path, guess: str) -> None:
    path.write_text(token_line("ada", new_token()))
    assert TokenFile(str(path)).find(guess) is None


def test_a_line_holds_the_hash_and_never_the_token() -> None:
    token = new_token()
    assert token not in token_line("ada", token)
    assert len(token) > 40
    assert new_token() != token


def test_a_line_may_say_how_much(path: Path) -> None:
    token = new_token()
    path.write_text(token_line("ada", token, starts="2/hour", work="none"))
    found = TokenFile(str(path)).find(token)
    assert found is not None
    assert (found.starts, found.work) == ("2/hour", "none")


@pytest.mark.parametrize(
    "given_", [{"name": "a b"}, {"name": ""}, {"name": "-"}, {"starts": "2"}, {"work": "much/day"}]
)
def test_a_line_that_could_not_be_read_is_not_made(given_: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        token_line(**({"name": "ada", "token": "t"} | given_))


def test_a_token_that_is_taken_out_lets_nobody_in_from_then_on(path: Path) -> None:
    ada, bob = new_token(), new_token()
    path.write_text(f"{token_line('ada', ada)}\n{token_line('bob', bob)}\n")
    tokens = TokenFile(str(path))
    path.write_text(token_line("bob", bob))
    assert tokens.find(ada) is None
    assert tokens.find(bob) is not None


def test_a_file_that_is_replaced_at_once_is_read_again(path: Path) -> None:
    """As Kubernetes does with a mounted Secret, even with the same length and time."""
    ada, bob = new_token(), new_token()
    path.write_text(token_line("ada", ada))
    tokens = TokenFile(str(path))
    stat = path.stat()
    other = path.with_name("other")
    other.write_text(token_line("bob", bob))
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(path)
    assert tokens.find(bob) is not None
    assert tokens.find(ada) is None


def test_a_file_that_is_gone_lets_nobody_in_until_it_is_back(path: Path) -> None:
    token = new_token()
    path.write_text(token_line("ada", token))
    tokens = TokenFile(str(path))
    path.rename(path.with_name("gone"))
    assert tokens.find(token) is None
    path.with_name("gone").rename(path)
    assert tokens.find(token) is not None


@pytest.mark.parametrize(
    "line",
    [
        "ada",
        "ada sha256:abc",
        "ada md5:" + "0" * 64,
        "ada sha256:" + "0" * 64 + " starts=2",
        "ada sha256:" + "0" * 64 + " cost=2/hour",
        "ada sha256:" + "0" * 64 + " starts",
        "a/b sha256:" + "0" * 64,
    ],
)
def test_a_line_that_makes_no_sense_is_named_by_its_number_and_not_repeated(
    path: Path, line: str
) -> None:
    path.write_text(f"# the first\n{line}\n")
    with pytest.raises(SettingsError, match="line 2") as caught:
        TokenFile(str(path))
    assert line not in caught.value.detail


def test_a_name_is_given_once(path: Path) -> None:
    path.write_text(f"{token_line('ada', new_token())}\n{token_line('ada', new_token())}\n")
    with pytest.raises(SettingsError, match="twice"):
        TokenFile(str(path))


def test_lines_are_appended_to_a_file_that_only_its_owner_reads(path: Path) -> None:
    append(path, token_line("ada", "a"))
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text(path.read_text().rstrip("\n"))
    append(path, token_line("bob", "b"))
    assert [line.split()[0] for line in path.read_text().splitlines()] == ["ada", "bob"]


@given(text=st.text(max_size=300))
def test_whatever_a_file_holds_is_read_or_refused_with_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_text(text, encoding="utf-8", errors="replace")
    try:
        tokens = TokenFile(str(path))
    except SettingsError as error:
        assert error.detail.endswith(".")  # noqa: PT017 - either is right
    else:
        assert tokens.find("x") is None
