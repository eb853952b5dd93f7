"""The same bits on processors with SSE2, with AVX2 and on this one; nothing is fused.

It runs here and not with the unit tests because each processor's kernels are compiled anew.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from llvmlite import binding

from tests.processors import LANES

HOUSE: Final = Path(__file__).parents[2]
AVX2: Final = ("avx2", "fma", "bmi", "bmi2")
# A name alone does not switch this machine's features off: numba adds them, unless they are given.
PROCESSORS: Final = {
    "generic": {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""},
    "haswell": {
        "NUMBA_CPU_NAME": "haswell",
        "NUMBA_CPU_FEATURES": ",".join(f"+{feature}" for feature in AVX2),
    },
    "here": {},
}

VECTORISED: Final = ("PairLanes", "NBodyLanes")  # the others are one lane after the other

# One that asks for a processor first waits for two minutes of compilation; for more if busy.
pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return Answers(tmp_path_factory)


class Answers:
    """What processors compute; the test is skipped that asks for one that this machine is not."""

    def __init__(self, folders: pytest.TempPathFactory) -> None:
        self._folders = folders
        self._known: dict[str, dict[str, Any]] = {}

    def __getitem__(self, name: str) -> dict[str, Any]:
        if name != "here" and not _is_x86():
            pytest.skip(f"This machine is {platform.machine()}, not x86-64.")
        features = binding.get_host_cpu_features()
        if name == "haswell" and (missing := [f for f in AVX2 if not features.get(f)]):
            pytest.skip(f"This processor has no {', no '.join(missing)}.")
        if name not in self._known:
            self._known[name] = _answer(name, self._folders)
        return self._known[name]


def _is_x86() -> bool:
    return platform.machine().lower() in {"x86_64", "amd64"}


def _answer(name: str, folders: pytest.TempPathFactory) -> dict[str, Any]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")}
    environment |= PROCESSORS[name]
    environment["NUMBA_CACHE_DIR"] = str(folders.mktemp(name))  # none of another processor's code
    environment["PYTHONPATH"] = os.pathsep.join([str(HOUSE), str(HOUSE / "services")])
    done = subprocess.run(
        [sys.executable, "-m", "tests.processors"],
        env=environment, cwd=HOUSE, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("other", ["generic", "haswell"])
def test_another_processor_has_the_same_bits(answers: Answers, other: str) -> None:
    digests = answers[other]["digests"]
    assert digests == answers["here"]["digests"]
    assert len(set(digests.values())) == len(digests) == 14


def test_sse2_is_used_where_there_is_no_more(answers: Answers) -> None:
    words = set(answers["generic"]["words"])
    assert {"xmm", "divpd"} <= words
    assert not {"ymm", "zmm"} & words


def test_avx2_is_used_where_it_is(answers: Answers) -> None:
    words = set(answers["haswell"]["words"])
    assert {"ymm", "divpd"} <= words
    assert "zmm" not in words


@pytest.mark.parametrize("processor", PROCESSORS)
def test_no_multiplication_is_fused_with_an_addition(answers: Answers, processor: str) -> None:
    assert answers[processor]["fused"] == []


@pytest.mark.parametrize("other", ["generic", "haswell"])
def test_another_processor_computes_the_same_blocks_of_ensembles(
    answers: Answers, other: str
) -> None:
    blocks = answers[other]["blocks"]
    assert blocks == answers["here"]["blocks"]
    digests = [digest for kept in blocks.values() for digest in kept]
    assert len(set(digests)) > 4 * len(blocks)


@pytest.mark.parametrize("processor", PROCESSORS)
def test_nothing_is_fused_in_lanes(answers: Answers, processor: str) -> None:
    lanes = answers[processor]["lanes"]
    assert {name: each["fused"] for name, each in lanes.items()} == {key: [] for key in LANES}


@pytest.mark.parametrize("name", VECTORISED)
def test_lanes_use_all_of_the_registers_that_a_processor_has(answers: Answers, name: str) -> None:
    of = {processor: answers[processor]["lanes"][name]["packed"] for processor in PROCESSORS}
    assert set(of["generic"]) == {"xmm"}
    assert of["haswell"]["ymm"] > of["haswell"].get("xmm", 0)
    assert "zmm" not in of["haswell"]
    if binding.get_host_cpu_features().get("avx2"):
        wide = of["here"].get("ymm", 0) + of["here"].get("zmm", 0)  # LLVM knows which is faster
        assert wide > of["here"].get("xmm", 0)
