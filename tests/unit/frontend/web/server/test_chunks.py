"""Claims about chunked bodies: what is read of them, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontend.web.server.chunks import FRAMING_LIMIT_BYTES, decode
from frontend.web.server.refusals import Refused


def decoded(sent: bytes, size: int = 1_000) -> tuple[bytes, bytes] | None:
    """The body, and what follows it; None if more has to come."""
    unread, body = bytearray(), bytearray()
    steps = decode(unread, body)
    for at in range(0, len(sent), size):
        unread += sent[at : at + size]
        try:
            next(steps)
        except StopIteration:
            return bytes(body), bytes(unread) + sent[at + size :]
    return None


@given(st.lists(st.binary(min_size=1, max_size=40)), st.integers(1, 50))
def test_a_body_is_read_however_it_is_cut(pieces: list[bytes], size: int) -> None:
    sent = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    assert decoded(sent, size) is None
    assert decoded(sent + b"0\r\n\r\nGET", size) == (b"".join(pieces), b"GET")


@pytest.mark.parametrize(
    "sent",
    [
        b"1\r\na\r\n0\r\nX: y\r\nZ: \xff\r\n\r\n",
        b'01;a=b ;c="d"\r\na\r\n0\r\n\r\n',
        b"1 ;a\r\na\r\n0;b\r\n\r\n",
    ],
)
def test_extensions_and_trailers_are_dropped(sent: bytes) -> None:
    assert decoded(sent) == (b"a", b"")


@pytest.mark.parametrize(
    "sent",
    [
        b"zz\r\n",
        b"-b\r\n",
        b"\r\n",
        b"0x5\r\n",
        b" 5\r\n",
        b"5 \r\n",
        b"+5\r\n",
        b"1_0\r\n",
        "٣\r\n".encode(),
        b"123456789\r\n",
        b"5\nabcde\r\n",
        b"5;a\x00\r\n",
        b"5;" + b"a" * 300,
        b"1\r\nab\r\n",
        b"0\r\nno colon\r\n",
        b"0\r\n: b\r\n",
        b"0\r\na\x00: b\r\n",
        b"0\r\n" + b"a: b\r\n" * 101,
        b"0\r\na: " + b"b" * 9_000,
        b"1e8481\r\n",
        b"f4240\r\n" + b"a" * 1_000_000 + b"\r\nf4241\r\n",
        b"1\r\na\r\n" * (FRAMING_LIMIT_BYTES // 5 + 1),
    ],
)
def test_what_is_malformed_or_too_large_is_refused(sent: bytes) -> None:
    with pytest.raises(Refused):
        decoded(sent)
