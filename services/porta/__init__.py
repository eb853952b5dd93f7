"""Porta: orbital propagation with the same bits everywhere.

One verb propagates a scenario, and says how far: so many steps, a time, or a condition.

>>> import porta
>>> run = porta.propagate(1_000, seed=7)
>>> run
<porta.Propagation 1000-5f1d470fe217f2f0: 1,000 steps of nano, seed 7; Planet, Satellite>
>>> run.table().column_names
['agent', 't0', 't1', 'timeStep', 'x', 'y', 'vx', 'vy']
>>> run.states([0.0, 10.0]).num_rows
4

Records are not stored but computed again when they are asked for: all of them, those of a window of
time, every so-manyth, or the states at times of your own. `to_pandas`, `to_polars` and `to_numpy`
take the same arguments.

>>> run.table(10.0, 11.0).num_rows, run.table(every=100).num_rows
(41, 17)
>>> run.elements([10.0]).column_names
['t', 'agent', 'primary', 'a', 'e', 'argp', 'anomaly']

What is kept of a run: where it ended, statistics of each orbit, and of the whole system.

>>> sorted(run.end)
['Planet', 'Satellite']
>>> run.statistics["Satellite"]["unbound_from"] is None
True

Scenarios are dicts, or files of JSON; presets are scenarios that Porta brings.

>>> moon = porta.propagate(100, preset="circular")
>>> scenario = moon.scenario
>>> scenario["integrator"] = "leapfrog"
>>> porta.propagate(until=6_000.0, scenario=scenario).steps
600

More members are an ensemble: each with random numbers, or an initial state, of its own. Quantiles
over time, the share that is still bound, and a row for each member; any member is a run again.

>>> many = porta.propagate(
...     1_000, members=100, dispersion=[{"agent": "Satellite", "sigma": {"x": 0.001}}]
... )
>>> many.sentence
'Of 100 members, none has escaped by step 1,000; the median closest approach is 0.508 to 0.512.'
>>> many.quantiles("distance").column_names[:4]
['step', 'nominal', 'q1', 'q5']
>>> closest = many.members.where(agent="Satellite").sort("closest")[0]
>>> many.member(closest["member"]).statistics["Satellite"]["r"]["min"] == closest["closest"]
True

What is wrong with an argument is said in a sentence, and with it what would be right.

>>> porta.propagate(1_000, stop={"agent": "Satelite", "escape": True})
Traceback (most recent call last):
...
porta.errors.ArgumentError: stop: agent can't be 'Satelite': did you mean 'Satellite'? It is one \
of 'Planet', 'Satellite'.

The same verb computes elsewhere, and returns the same: `on=` a Dask client, a Dask Gateway, or the
address of a running Porta. Results draw themselves: `plot` and `plot_over_time` with matplotlib,
and a notebook shows each with a small picture.

>>> run.plot(frame="Satelite")
Traceback (most recent call last):
...
porta.errors.ArgumentError: frame can't be 'Satelite': did you mean 'Satellite'? It is one of \
'inertial', 'primary', 'Planet', 'Satellite'.

Results are saved by the suffix of a file, which says of itself what it is of: it can be verified,
by computing it again, and opened as the result that it is of. So is what a running Porta has: by
its id, `porta.open(id, on="http://...")`, or by the address of its page.

>>> import tempfile
>>> folder = tempfile.TemporaryDirectory()
>>> path = run.save(f"{folder.name}/orbit.parquet", every=10)
>>> porta.verify(path).ok, porta.open(path).id == run.id
(True, True)
>>> folder.cleanup()

Importing it is cheap: numba and Arrow are loaded by the first propagation. `flask --app porta run`
finds the web application here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from porta.errors import (
    ArgumentError,
    ArgumentTypeError,
    ExecutionError,
    IntegrityError,
    LimitError,
    MissingPackage,
    OutputError,
    PortaError,
    PropagationFailed,
    VerificationError,
)
from porta.execution.server import Server
from porta.initial import initial_scenario
from porta.opening import open  # noqa: A004 - `porta.open`, never bare
from porta.propagating import propagate
from porta.results.ensemble import Ensemble
from porta.results.members import Members
from porta.results.propagation import Propagation
from porta.verifying import verify
from sim.presets import Preset, presets

if TYPE_CHECKING:
    from frontend import create_app as create_app
    from sim.verification import Verification

    __version__: str

__all__ = [
    "ArgumentError",
    "ArgumentTypeError",
    "Ensemble",
    "ExecutionError",
    "IntegrityError",
    "LimitError",
    "Members",
    "MissingPackage",
    "OutputError",
    "PortaError",
    "Preset",
    "Propagation",
    "PropagationFailed",
    "Server",
    "Verification",
    "VerificationError",
    "initial_scenario",
    "open",
    "presets",
    "propagate",
    "verify",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from sim.version import VERSION

        return VERSION
    if name == "Verification":  # with what verifies, which loads numba and Arrow
        from sim.verification import Verification

        return Verification
    if name == "create_app":  # what `flask --app porta run` looks for
        from frontend import create_app

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
