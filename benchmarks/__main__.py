"""The command: `python -m benchmarks [--repeats N] [--list] [WORD...]`."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import measures, report
from benchmarks.measure import MEASURES, Measure, Result

if TYPE_CHECKING:
    from types import ModuleType

LEAST_REPEATS: Final = 5
RESULTS: Final = Path(__file__).parent / "results"


def main(arguments: list[str], package: ModuleType = measures) -> int:
    """Take the measures whose names hold any of the words, or all; 1 if one can't be taken."""
    parser = ArgumentParser(description=package.__doc__)
    parser.add_argument("words", nargs="*", metavar="WORD", help="only measures named like it")
    parser.add_argument("--repeats", type=int, default=LEAST_REPEATS, help="at least 5")
    parser.add_argument("--list", action="store_true", help="only say what there is")
    options = parser.parse_args(arguments)
    found = _measures(package, options.words)
    if options.list:
        for each in found:
            print(f"{each.name} ({each.unit} {each.target})\n    {each.explanation}")
        return 0
    return _take(found, max(LEAST_REPEATS, options.repeats))


def _measures(package: ModuleType, words: list[str]) -> list[Measure]:
    """Return the measures, those of each module of the package in turn."""
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
    return [
        each for name, each in MEASURES.items() if not words or any(word in name for word in words)
    ]


def _take(found: list[Measure], repeats: int) -> int:
    """Take the measures, each printed as soon as it is there, and write them down."""
    print(report.header(), flush=True)
    results: list[Result] = []
    for each in found:
        try:
            results.append(each.take(repeats))
        except Exception as error:  # noqa: BLE001 - one that can't be taken spares the others
            print(report.failed_row(each, f"{type(error).__name__}: {error}"), flush=True)
        else:
            print(report.row(results[-1]), flush=True)
    print(f"\nWritten to {report.write(results, RESULTS).relative_to(Path.cwd())}")
    return int(len(results) < len(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
