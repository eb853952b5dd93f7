"""Blocks of Philox have the bits of numpy's generator."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.jit import compiled
from sim.kernel.philox import philox_block

words = st.integers(0, 2**64 - 1)


@compiled
def _block(
    key_0: np.uint64, key_1: np.uint64, block: int, member: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    return philox_block(key_0, key_1, block, member)


@given(words, words, st.integers(0, 2**53), words)
def test_a_block_has_numpys_four_outputs(key_0: int, key_1: int, block: int, member: int) -> None:
    key = np.array([key_0, key_1], dtype=np.uint64)
    counter = np.array([block, 0, 0, member], dtype=np.uint64)
    expected = np.random.Philox(key=key, counter=counter).random_raw(4).tolist()
    drawn = _block(np.uint64(key_0), np.uint64(key_1), block, np.uint64(member))
    assert [int(word) for word in drawn] == expected
