"""The ends of what settings may be, and what the limits are that they name."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from infra.charts.porta import values
from infra.settings import Settings, SettingsError, validation
from infra.settings.quantities import cores, mebibytes

RANGES = [(name, *ends) for name, ends in validation.RANGES.items()]


def settings(**given: Any) -> Settings:  # noqa: ANN401 -- any setting
    return Settings(**{"web_replicas_limit": 100} | given)


@pytest.mark.parametrize(("name", "low", "high"), RANGES)
def test_both_ends_of_a_range_are_allowed(name: str, low: float, high: float) -> None:
    for value in (low, high):
        assert getattr(settings(**{"web_replicas": 1, name: value}), name) == value


@pytest.mark.parametrize(("name", "low", "high"), RANGES)
def test_beyond_a_range_the_sentence_names_it(name: str, low: float, high: float) -> None:
    for value in (low / 2, high + 1):
        with pytest.raises(SettingsError, match=f"^{name} must be from {low} to {high}\\.$"):
            settings(**{name: value})


@pytest.mark.parametrize(("name", "smallest"), validation.SMALLEST.items())
def test_the_smallest_size_is_allowed_and_nothing_below(name: str, smallest: str) -> None:
    assert getattr(settings(**{name: smallest}), name) == smallest
    below = f"{int(mebibytes(smallest)) - 1}Mi"
    with pytest.raises(SettingsError, match=f"^{name} must be at least {smallest}\\.$"):
        settings(**{name: below})


def test_every_check_is_about_a_setting() -> None:
    checked = {
        *validation.CHOICES,
        *validation.NAMESPACES,
        *validation.SMALLEST,
        *validation.RANGES,
    }
    assert checked <= {field.name for field in fields(Settings)}


def test_a_request_never_exceeds_a_limit_of_the_chart() -> None:
    own = values.defaults()
    limits = [own[name]["resources"]["limits"] for name in ("web", "runner", "notebook")]
    assert min(cores(one["cpu"]) for one in limits) == validation.POD_LIMIT_CORES
    assert min(mebibytes(one["memory"]) for one in limits) == validation.POD_LIMIT_MIB


def test_a_limit_of_replicas_is_not_below_their_number() -> None:
    with pytest.raises(SettingsError, match="web_replicas_limit"):
        settings(web_replicas=3, web_replicas_limit=2)


@pytest.mark.parametrize("location", ["region", "region/bucket"])
def test_an_s3_backend_needs_all_three_parts(location: str) -> None:
    assert settings(backend="s3", backend_location="region/bucket/a/prefix").backend == "s3"
    with pytest.raises(SettingsError, match="region/bucket/prefix"):
        settings(backend="s3", backend_location=location)


def test_the_size_of_the_exports_has_one_place() -> None:
    with pytest.raises(SettingsError, match="export_cache sets it"):
        settings(application=(("PORTA_EXPORT_CACHE", "1GiB"),))
