"""The errors of `porta`, as one tree; each reads as a sentence that says what to do.

PortaError
├── ArgumentError (ValueError)       an argument breaks a rule; `where` names it
│   └── LimitError                   the request is larger than what is allowed here
├── ArgumentTypeError (TypeError)    an argument is of the wrong type; `where` names it
├── PropagationFailed                the trajectory ends before the steps asked for; `steps`
├── MissingPackage (ImportError)     something optional is not installed; `package`
├── OutputError                      a file can't be written
├── VerificationError                something can't be verified, right or wrong
├── IntegrityError                   data is not what was computed
└── ExecutionError                   where it is computed, something went wrong
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sim import errors as of_sim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.errors import Failure

__all__ = [
    "ArgumentError",
    "ArgumentTypeError",
    "ExecutionError",
    "IntegrityError",
    "LimitError",
    "MissingPackage",
    "OutputError",
    "PortaError",
    "PropagationFailed",
    "VerificationError",
    "in_python",
    "porta_errors",
]


_LIMITS: Final = "Of this process the limits are PORTA_MAX_STEPS and PORTA_MAX_WORK."


_IN_PYTHON: Final = {
    "--all": "all=True",
    "--sidecar": "sidecar=True",
    " Or verify the propagation by its id.": "",
    "or use --overwrite": "or remove this one",
    "Export it again with --overwrite.": "Remove it, and save the run again.",
}
"""What the engine says of the command line, and what that is here."""


class PortaError(Exception):
    """The base class of all errors of `porta`; its text is a sentence for a person."""


class _OfArgument(PortaError):
    """An error of an argument; `where` is its name, or the path of a field in it."""

    def __init__(self, where: str, sentence: str) -> None:
        super().__init__(where, sentence)
        self.where = where
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


class ArgumentError(_OfArgument, ValueError):
    """An argument that breaks a rule; `where` is its name, or the path of a field in it."""


class LimitError(ArgumentError):
    """A request that is larger than what is allowed."""


class ArgumentTypeError(_OfArgument, TypeError):
    """An argument of the wrong type; `where` is its name."""


class PropagationFailed(PortaError):
    """A trajectory that ends before the steps asked for.

    `steps` is the largest number of its steps that can be had, 0 for none; `failure` says where
    and why it ends.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure

    @property
    def steps(self) -> int:
        """The largest number of steps of this trajectory that can be had."""
        return self.failure.iteration

    def __str__(self) -> str:
        match self.steps:
            case 0:
                before = "There is nothing before that."
            case 1:
                before = "The step before that can be had: steps=1."
            case steps:
                before = f"The {steps:,} steps before that can be had: steps={steps}."
        return f"{self.failure.sentence} {before}"


class MissingPackage(PortaError, ImportError):
    """Something optional that is not installed; `package` is its name."""

    def __init__(self, package: str, sentence: str) -> None:
        super().__init__(package, sentence)
        self.package = package
        self.sentence = sentence

    def __str__(self) -> str:
        return self.sentence


class OutputError(PortaError):
    """A file that can't be written."""


class VerificationError(PortaError):
    """Something that can't be verified, right or wrong."""


class IntegrityError(PortaError):
    """Data that is not what was computed."""


class ExecutionError(PortaError):
    """Where it is computed, something went wrong: a cluster or a server failed."""


def in_python(sentence: str) -> str:
    """Return a sentence of the engine with the arguments of Python in the place of options.

    >>> in_python("It takes all rows: use --all.")
    'It takes all rows: use all=True.'
    """
    for option, argument in _IN_PYTHON.items():
        sentence = sentence.replace(option, argument)
    return sentence


@contextmanager
def porta_errors() -> Iterator[None]:
    """Raise the engine's errors as those of `porta`, with the same sentence."""
    try:
        yield
    except of_sim.LimitError as error:
        raise LimitError("steps", f"{error} {_LIMITS}") from error
    except (of_sim.RequestError, of_sim.ScenarioError) as error:
        raise ArgumentError(error.where, in_python(str(error))) from error
    except of_sim.PropagationFailed as error:
        raise PropagationFailed(error.failure) from error
    except of_sim.OutputError as error:
        raise OutputError(str(error)) from error
    except of_sim.VerificationError as error:
        raise VerificationError(in_python(str(error))) from error
    except of_sim.IntegrityError as error:
        raise IntegrityError(str(error)) from error
    except of_sim.SimError as error:
        raise ExecutionError(str(error)) from error
