"""The views as Streamlit runs them, on an independent server that holds nasty records."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.strict_server.counts import Counts
from tests.strict_server.nasty import nasty
from tests.strict_server.server import StrictServer

MAIN = str(Path(__file__).parents[2] / "dashboard" / "main.py")
PAGES = Path(__file__).parents[2] / "pages"
TOKEN = "a-token-that-is-found-nowhere"

Open = Callable[..., AppTest]


@pytest.fixture
def server() -> Iterator[StrictServer]:
    with StrictServer(nasty(datetime.now(UTC)), TOKEN) as running:
        yield running


@pytest.fixture
def open_view(server: StrictServer, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setenv("GRIDRT_BASE_URL", server.base_url)
    monkeypatch.setenv("GRIDRT_TENANT_ID", server.tenant_id)
    monkeypatch.setenv("GRIDRT_ACCESS_TOKEN", TOKEN)
    monkeypatch.setenv("GRIDRT_RETRIES", "0")

    def start(view: str = "live", **link: str | list[str]) -> AppTest:
        test = AppTest.from_file(MAIN, default_timeout=60)
        for name, value in link.items():
            test.query_params[name] = value
        if view != "live":
            test.run()
            test.switch_page(str(PAGES / f"{view}.py"))
        return test.run()

    return start


def number(test: AppTest, label: str) -> str:
    return next(metric.value for metric in test.metric if metric.label.startswith(label))


def words(test: AppTest) -> str:
    found = [*test.caption, *test.info, *test.warning, *test.error, *test.markdown, *test.title, *test.subheader]
    return "\n".join(element.value for element in found)


@pytest.mark.parametrize("view", ["live", "sessions", "events", "latest"])
def test_each_view_is_drawn(open_view: Open, server: StrictServer, view: str) -> None:
    test = open_view(view)
    assert not test.exception
    assert not test.error
    assert server.violations == []


def test_the_overview_tells_what_the_records_say(open_view: Open, server: StrictServer) -> None:
    test = open_view()
    counts = Counts(server.records)
    assert number(test, "Sessions") == f"{counts.sessions:,}"
    assert number(test, "Events") == f"{counts.events:,}"
    assert number(test, "Interactive") == counts.interactive_share
    assert number(test, "Active") == f"{counts.active(datetime.now(UTC)):,}"
