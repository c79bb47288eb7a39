"""The pages run by Streamlit's `AppTest` on an independent server with unusual records."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.views import TOKEN, Open, answered, configure, opened
from tests.strict_server.nasty import nasty
from tests.strict_server.server import StrictServer


@pytest.fixture
def server() -> Iterator[StrictServer]:
    with StrictServer(nasty(datetime.now(UTC)), TOKEN) as running:
        yield running


@pytest.fixture
def open_view(server: StrictServer, monkeypatch: pytest.MonkeyPatch) -> Open:
    configure(monkeypatch, server, RETRIES="0")

    def start(view: str = "live", **link: str | list[str]) -> AppTest:
        return answered(opened(view, **link).run())

    return start
