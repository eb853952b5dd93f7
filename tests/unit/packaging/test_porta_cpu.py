"""Which of the image's kernels a machine gets (image/porta_cpu.py)."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final
from unittest import mock

import pytest

if TYPE_CHECKING:
    from types import ModuleType

IMAGE: Final = Path(__file__).parents[3] / "image"
LEVELS: Final = ("x86-64-v2", "x86-64-v3", "x86-64-v4")


@pytest.fixture(scope="module")
def porta_cpu() -> ModuleType:
    spec = importlib.util.spec_from_file_location("porta_cpu", IMAGE / "porta_cpu.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with mock.patch.dict(os.environ):  # which it changes where kernels are built in
        spec.loader.exec_module(module)
    return module


def kernels(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).mkdir()
    return folder


def flags(porta_cpu: ModuleType, name: str) -> set[str]:
    """Those of a machine of a level, and one that no kernel asks for."""
    return {"sse2", *porta_cpu.NEEDED[name]}


@pytest.mark.parametrize("level", LEVELS)
def test_a_machine_gets_the_best_kernels_that_it_can_run(
    porta_cpu: ModuleType, tmp_path: Path, level: str
) -> None:
    built_in = kernels(tmp_path, *LEVELS)
    found = porta_cpu.chosen(built_in, flags(porta_cpu, level), {})
    assert found == porta_cpu.environment_of(level)
    assert found["NUMBA_CPU_NAME"] == level


def test_kernels_that_are_not_in_the_image_are_not_chosen(
    porta_cpu: ModuleType, tmp_path: Path
) -> None:
    built_in = kernels(tmp_path, "x86-64-v2")
    found = porta_cpu.chosen(built_in, flags(porta_cpu, "x86-64-v4"), {})
    assert found["NUMBA_CPU_NAME"] == "x86-64-v2"
    assert porta_cpu.chosen(tmp_path / "none", flags(porta_cpu, "x86-64-v4"), {}) == {}


@pytest.mark.parametrize("lacking", ["avx512vl", "fma", "movbe"])
def test_a_machine_that_lacks_one_flag_gets_a_lower_level(
    porta_cpu: ModuleType, tmp_path: Path, lacking: str
) -> None:
    built_in = kernels(tmp_path, *LEVELS)
    has = flags(porta_cpu, "x86-64-v4") - {lacking}
    lower = porta_cpu.chosen(built_in, has, {})["NUMBA_CPU_NAME"]
    assert lower == ("x86-64-v3" if lacking.startswith("avx512") else "x86-64-v2")


def test_the_machine_of_arm_has_one_level_and_no_flags(
    porta_cpu: ModuleType, tmp_path: Path
) -> None:
    found = porta_cpu.chosen(kernels(tmp_path, "generic"), set(), {})
    assert found == {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}


@pytest.mark.parametrize("variable", ["NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES"])
def test_what_the_user_has_set_stays(porta_cpu: ModuleType, tmp_path: Path, variable: str) -> None:
    built_in = kernels(tmp_path, *LEVELS)
    assert porta_cpu.chosen(built_in, flags(porta_cpu, "x86-64-v4"), {variable: "mine"}) == {}


def test_the_flags_are_those_that_linux_names(porta_cpu: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text("processor\t: 0\nflags\t\t: fpu avx2 abm\nbugs\t: x\nflags\t\t: no\n")
    assert porta_cpu.flags_of_this_machine(file) == {"fpu", "avx2", "abm"}
    assert porta_cpu.flags_of_this_machine(tmp_path / "missing") == set()
    file.write_text("Features\t: fp asimd\n")  # of ARM
    assert porta_cpu.flags_of_this_machine(file) == set()


def test_each_level_needs_what_the_one_below_needs(porta_cpu: ModuleType) -> None:
    low, middle, high = (porta_cpu.NEEDED[level] for level in LEVELS)
    assert low < middle < high
    assert list(porta_cpu.NEEDED)[:3] == list(reversed(LEVELS))
