"""The pages run by Streamlit's `AppTest` on an independent server with unusual records."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.views import MAIN, PAGES, TOKEN, Open, answered, configure
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
        test = AppTest.from_file(MAIN, default_timeout=60)
        for name, value in link.items():
            test.query_params[name] = value
        if view != "live":
            test.run()
            test.switch_page(str(PAGES / f"{view}.py"))
        return answered(test.run())

    return start
