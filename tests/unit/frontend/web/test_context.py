"""Claims about the services of the current application."""

from __future__ import annotations

import contextlib

import pytest
from flask import Flask

from frontend.bootstrap import build_services
from frontend.settings import Settings
from frontend.web.context import attach, services


def test_each_application_has_the_services_that_it_was_given() -> None:
    with contextlib.ExitStack() as stack:
        given = [
            stack.enter_context(contextlib.closing(build_services(Settings(redis_url=url))))
            for url in ("redis://127.0.0.1:1", "redis://127.0.0.1:2")
        ]
        apps = [Flask("frontend", static_folder=None) for _ in given]
        for app, made in zip(apps, given, strict=True):
            attach(app, made)
        for app, made in zip(apps, given, strict=True):
            with app.app_context():
                assert services() is made


def test_without_an_application_there_are_none() -> None:
    with pytest.raises(RuntimeError, match="application context"):
        services()
