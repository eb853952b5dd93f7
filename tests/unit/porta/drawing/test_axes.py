from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pytest

import porta
from porta.drawing.axes import POWERS
from porta.results.series import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

mpl.use("Agg")

RUN = porta.propagate(1_000)


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    from matplotlib import pyplot as plt

    yield
    plt.close("all")


def drawn(axes: Axes) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the points of the first line, float64[n, 2]."""
    return np.asarray(axes.lines[0].get_xydata(), np.float64)


def test_each_quantity_has_a_unit() -> None:
    assert POWERS.keys() == QUANTITIES.keys()


def test_the_paths_are_drawn_to_one_scale_with_units() -> None:
    run = porta.propagate(500, preset="galilean-moons")
    axes = run.plot(["Io", "Europa"])
    assert axes.get_xlabel() == "x (km)"
    assert axes.get_aspect() == 1.0
    legend = [text.get_text() for text in axes.legend().get_texts()]
    assert legend == ["Io", "Europa", "Jupiter"]
    assert len(drawn(axes)) > 100


def test_a_frame_moves_what_is_drawn() -> None:
    inertial, seen = RUN.plot("Satellite", frame="inertial"), RUN.plot("Satellite", frame="Planet")
    assert drawn(inertial).max() > 3.0
    assert np.abs(drawn(seen)).max() < 1.5


def test_axes_that_are_given_are_drawn_on() -> None:
    axes = RUN.plot()
    assert RUN.plot(ax=axes) is axes
    with pytest.raises(porta.ArgumentTypeError, match="axes of matplotlib"):
        RUN.plot(ax=3)  # type: ignore[arg-type]


def test_a_quantity_is_drawn_over_time_where_the_agent_steps() -> None:
    axes = RUN.plot_over_time("energy")
    assert np.isfinite(drawn(axes)).all()
    assert axes.get_ylabel() == "energy"
    with pytest.raises(porta.ArgumentError, match="did you mean 'energy'"):
        RUN.plot_over_time("enery")


def test_an_ensemble_is_drawn_as_shares_and_as_a_fan() -> None:
    ensemble = porta.propagate(200, members=20)
    shares, fan = ensemble.plot(), ensemble.plot_over_time("energy")
    assert shares.get_ylabel() == "share still bound"
    assert drawn(fan)[:, 1].tolist() == ensemble.quantiles("energy").column("q50").to_pylist()
    assert len(fan.collections) == 3
