"""`porta.propagate`: one verb for one run and for a million members, wherever it is computed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal, overload

from porta.arguments import Arguments, allowed
from porta.errors import porta_errors
from porta.execution.choice import execution_on
from porta.numbers import count
from porta.progress import reported
from porta.results.ensemble import Ensemble
from porta.results.propagation import Propagation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from porta.arguments import AnyDispersion, AnyScenario
    from sim.scenario import PropagationRequest

    Progress = bool | Callable[[int, int], object] | None

__all__ = ["computed", "propagate"]


@overload
def propagate(  # a number that is known to be 1 means one run
    steps: float | None = None,
    *,
    until: float | None = None,
    stop: Mapping[str, Any] | None = None,
    seed: int = 0,
    member: int = 0,
    members: Literal[1] = 1,
    scenario: AnyScenario | None = None,
    preset: str | None = None,
    dispersion: AnyDispersion | None = None,
    agents: None = None,
    on: object = None,
    workers: float | None = None,
    progress: Progress = None,
) -> Propagation: ...
@overload
def propagate(
    steps: float | None = None,
    *,
    until: float | None = None,
    stop: Mapping[str, Any] | None = None,
    seed: int = 0,
    member: int = 0,
    members: float,
    scenario: AnyScenario | None = None,
    preset: str | None = None,
    dispersion: AnyDispersion | None = None,
    agents: Sequence[str] | None = None,
    on: object = None,
    workers: float | None = None,
    progress: Progress = None,
) -> Ensemble: ...
def propagate(  # noqa: PLR0913 - keyword-only, and each with a default
    steps: float | None = None,
    *,
    until: float | None = None,
    stop: Mapping[str, Any] | None = None,
    seed: int = 0,
    member: int = 0,
    members: float = 1,
    scenario: AnyScenario | None = None,
    preset: str | None = None,
    dispersion: AnyDispersion | None = None,
    agents: Sequence[str] | None = None,
    on: object = None,
    workers: float | None = None,
    progress: Progress = None,
) -> Propagation | Ensemble:
    """Propagate a scenario: one run, or an ensemble of members.

    How far, one of:
        steps: the number of steps, also as 1e6: floats that are whole numbers, up to 2**53, will do
            for all that is counted. A preset brings its own.
        until: a time that every agent's clock is to reach.
        stop: with steps, where to end before: `{"agent": "Satellite", "escape": True}`, or
            `{"agent": "Satellite", "within": 0.5}` of its primary.

    Of what:
        scenario: a dict as JSON has it, or the path of a JSON file; by default a planet and a
            satellite of the model `nano`.
        preset: the name of a scenario that Porta brings, in place of that: `porta.presets()`.
        seed, member: which random numbers; a seed has 2**53 members, whose numbers differ.
        dispersion: how members' initial states are spread:
            `[{"agent": "Satellite", "sigma": {"x": 0.001}}]`, or the path of a JSON file.
        members: how many members; more than one is an ensemble.
        agents: of which agents an ensemble keeps quantiles; by default the first 16 with a primary.

    By whom:
        on: None for this process, with all cores for an ensemble; a Dask client; a Dask Gateway,
            of which address and credentials are taken, and which starts a cluster for it; or the
            address of a running Porta, as a text or a `porta.Server`.
        workers: how many cores, or workers of the Gateway's cluster, at most; None for as many as
            are useful, of a Gateway's at most four.
        progress: None for a bar on a terminal or in a notebook, True or False for one or none, or
            a function of (done, total).

    Returns a `Propagation`, or of more than one member an `Ensemble`. The same arguments give the
    same bits, wherever it is computed.

    Raises ArgumentError (ValueError) or ArgumentTypeError (TypeError) for arguments that are wrong,
    LimitError for more steps or work than PORTA_MAX_STEPS and PORTA_MAX_WORK allow (100,000,000
    steps, unless they are set), PropagationFailed for one run that ends before its steps, and
    ExecutionError where a cluster or a server fails. Ctrl-C ends it within about a second.

    >>> propagate(500, progress=False).end["Satellite"].time > 20
    True
    """
    arguments = Arguments(
        steps=steps,
        until=until,
        stop=stop,
        seed=seed,
        member=member,
        members=members,
        scenario=scenario,
        preset=preset,
        dispersion=dispersion,
        agents=agents,
    )
    request = arguments.request(allowed(os.environ))
    return computed(request, on=on, workers=workers, progress=progress)


def computed(
    request: PropagationRequest, *, on: object, workers: float | None, progress: Progress
) -> Propagation | Ensemble:
    """Compute a request; the arguments are those of `propagate`."""
    execution = execution_on(on, None if workers is None else count("workers", workers))
    with reported(progress) as report, porta_errors():
        if request.is_ensemble:
            return Ensemble(execution.ensemble(request, report))
        return Propagation(execution.propagation(request, report))
