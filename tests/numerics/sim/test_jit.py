from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.jit import compiled, wide_vectors
from sim.models.nbody.kernel import polynomials

SUMMED = """
from sim.jit import compiled

@compiled
def total(n):
    return n + 1
"""
COMPILED = """
from sim.jit import announced
from summed import total
with announced(lambda: print("compiling", end=" ")):
    print(total(3))
"""
SHOWN = "import os, sim.jit; print(os.environ['NUMBA_CACHE_DIR'])"


@compiled
def quotient(a: float, b: float) -> float:
    return a / b


@compiled
def multiplied_and_added(a: float, b: float, c: float) -> float:
    return a * b + c


def test_a_division_by_zero_is_that_of_ieee_754() -> None:
    assert quotient(1.0, 0.0) == float("inf")


def test_a_product_and_a_sum_are_rounded_separately() -> None:
    a = 1.0 + 2.0**-30
    assert multiplied_and_added(a, a, -1.0 - 2.0**-29) == 0.0  # fused it would be 2**-60


def test_vectors_are_as_wide_as_the_processor_has_them() -> None:
    wide = wide_vectors("emeraldrapids", "+avx2,+avx512f", {})
    assert wide == {
        "NUMBA_CPU_NAME": "emeraldrapids",
        "NUMBA_CPU_FEATURES": "+avx2,+avx512f,-prefer-256-bit",
    }
    assert wide_vectors("haswell", "+avx2,-avx512f", {}) == {}


@pytest.mark.parametrize("name", ["NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", "NUMBA_ENABLE_AVX"])
def test_a_processor_that_the_user_has_chosen_stays(name: str) -> None:
    assert wide_vectors("emeraldrapids", "+avx512f", {name: "0"}) == {}


def cache_folder(**environment: str) -> str:
    """Return the folder that a new process chooses for compiled code."""
    return run(SHOWN, **environment)


def run(program: str, **environment: str) -> str:
    """Return what a new process prints."""
    base = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    result = subprocess.run(  # noqa: S603 -- this interpreter
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env=base | environment,
    )
    return result.stdout.strip()


def test_the_cache_is_where_the_environment_says(tmp_path: Path) -> None:
    assert cache_folder(NUMBA_CACHE_DIR=str(tmp_path / "mine")) == str(tmp_path / "mine")


def test_the_cache_is_in_the_users_cache_folder(tmp_path: Path) -> None:
    assert Path(cache_folder(XDG_CACHE_HOME=str(tmp_path))).parent == tmp_path / "porta" / "numba"


def test_a_folder_that_others_may_write_to_is_not_used(tmp_path: Path) -> None:
    shared, temporary = tmp_path / "cache" / "porta" / "numba", tmp_path / "temporary"
    shared.mkdir(parents=True)
    shared.chmod(0o777)
    temporary.mkdir()
    chosen = cache_folder(XDG_CACHE_HOME=str(tmp_path / "cache"), TMPDIR=str(temporary))
    assert Path(chosen).parent == temporary / f"porta-{os.getuid()}"


@pytest.mark.parametrize("name", ["porta", "porta/numba"])
def test_without_a_folder_nothing_is_cached_and_nothing_fails(tmp_path: Path, name: str) -> None:
    cache, temporary = tmp_path / "cache", tmp_path / "temporary"
    for blocked in (cache / name, temporary / f"porta-{os.getuid()}"):
        blocked.parent.mkdir(parents=True, exist_ok=True)
        blocked.touch()  # a file where the folder would be
    assert cache_folder(XDG_CACHE_HOME=str(cache), TMPDIR=str(temporary)) == ""


def test_with_a_folder_given_no_other_is_looked_for(tmp_path: Path) -> None:
    without_others = f"import tempfile; tempfile.gettempdir = None; {SHOWN}"
    assert run(without_others, NUMBA_CACHE_DIR=str(tmp_path)) == str(tmp_path)


def test_a_given_folder_is_not_made_before_numba_asks_for_it(tmp_path: Path) -> None:
    assert cache_folder(NUMBA_CACHE_DIR=str(tmp_path / "mine")) == str(tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_without_a_temporary_folder_nothing_fails() -> None:
    without = "import tempfile; tempfile._candidate_tempdir_list = lambda: []; "
    assert run(without + SHOWN, XDG_CACHE_HOME="/proc/nowhere") == ""


@pytest.fixture
def summed(tmp_path: Path) -> str:
    """A folder with a module to compile."""
    (tmp_path / "summed.py").write_text(SUMMED)
    return str(tmp_path)


@pytest.mark.parametrize("folder", ["", "/proc/nowhere"])
def test_a_given_folder_that_cannot_be_written_means_no_cache_and_no_failure(
    folder: str, summed: str
) -> None:
    assert run(COMPILED, NUMBA_CACHE_DIR=folder, PYTHONPATH=summed) == "compiling 4"


def test_a_compilation_is_announced_and_a_load_from_the_cache_is_not(summed: str) -> None:
    cache = f"{summed}/cache"
    assert run(COMPILED, NUMBA_CACHE_DIR=cache, PYTHONPATH=summed) == "compiling 4"
    assert run(COMPILED, NUMBA_CACHE_DIR=cache, PYTHONPATH=summed) == "4"


def test_the_variants_of_a_loop_have_a_name_each() -> None:
    """numba names machine code by it: see `sim.models.nbody.kernel.polynomials._node`."""
    loops: Any = [getattr(polynomials, f"node_{n}") for n in range(8)]
    assert len({loop.py_func.__qualname__ for loop in loops}) == 8


def closures_without_a_name(source: str) -> list[str]:
    """What is compiled inside a function that gives no function a `__qualname__` of its own."""
    found = []
    for outer in ast.walk(ast.parse(source)):
        if not isinstance(outer, ast.FunctionDef):
            continue
        within = [node for statement in outer.body for node in ast.walk(statement)]
        is_named = any(
            isinstance(node, ast.Attribute)
            and node.attr == "__qualname__"
            and isinstance(node.ctx, ast.Store)
            for node in within
        )
        calls = [node.func for node in within if isinstance(node, ast.Call)]
        decorators = [
            decorator
            for node in within
            if isinstance(node, ast.FunctionDef)
            for decorator in node.decorator_list
        ]
        compilers = {
            node.id
            for node in (*calls, *decorators)
            if isinstance(node, ast.Name) and node.id in {"compiled", "inner"}
        }
        if compilers and not is_named:
            found.append(outer.name)
    return found


@pytest.mark.parametrize(
    "loop",
    ["@inner\n    def g(): ...", "@compiled\n    def g(): ...", "g = inner(other)"],
    ids=["inner", "compiled", "called"],
)
def test_a_loop_that_is_compiled_in_a_function_without_a_name_is_found(loop: str) -> None:
    source = f"def f():\n    {loop}\n"
    assert closures_without_a_name(source) == ["f"]
    assert closures_without_a_name(f"{source}    g.__qualname__ = 'g_1'\n") == []
    assert closures_without_a_name(loop.replace("\n    ", "\n")) == []  # of a module


def test_each_loop_that_is_compiled_in_a_function_gets_a_name_of_its_own() -> None:
    """Under one name, code from the cache on disk calls whichever of them was compiled last."""
    sources = Path(sim.__file__).parent.rglob("*.py")
    found = {str(path): closures_without_a_name(path.read_text()) for path in sources}
    assert {name: functions for name, functions in found.items() if functions} == {}
