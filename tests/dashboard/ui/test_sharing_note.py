"""A server that shall share answers and can't says so on its pages."""

from __future__ import annotations

import re

import pytest

from gridrt_client.sharing import shared_fetch
from tests.dashboard.views import Open, words
from tests.e2e.programs import free_port


def test_a_server_that_can_not_reach_redis_says_since_when(open_view: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_fetch, "_links", {})
    monkeypatch.setenv("GRIDRT_REDIS_URL", f"redis://:s3cret@127.0.0.1:{free_port()}/0")
    told = words(open_view("events")).replace("\\", "")
    assert re.search(r"Redis can't be reached: this server calls the API for itself since 20\d\d-\d\d-\d\d \d\d:", told)
    assert "s3cret" not in told


def test_a_server_without_redis_says_nothing_of_it(open_view: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_fetch, "_links", {})
    assert "Redis" not in words(open_view("events"))
