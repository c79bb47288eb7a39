"""Helpers for tests of the pages."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.strict_server.server import StrictServer

MAIN = str(Path(__file__).parents[2] / "dashboard" / "main.py")
PAGES = Path(__file__).parents[2] / "pages"
TOKEN = "a-token-that-is-found-nowhere"

Open = Callable[..., AppTest]


def configure(monkeypatch: pytest.MonkeyPatch, server: StrictServer, **more: str) -> None:
    """Let the dashboard run on a server; ``more`` are settings by name, without ``GRIDRT_``."""
    own = {"BASE_URL": server.base_url, "TENANT_ID": server.tenant_id, "ACCESS_TOKEN": server.access_token}
    for name, value in {**own, **more}.items():
        monkeypatch.setenv(f"GRIDRT_{name}", value)


def opened(view: str, **link: str | list[str]) -> AppTest:
    """Return a test that is on a view, by a link; its next run draws it."""
    test = AppTest.from_file(MAIN, default_timeout=60)
    for name, value in link.items():
        test.query_params[name] = value
    if view != "live":
        test.run()
        test.switch_page(str(PAGES / f"{view}.py"))
    return test


def answered(test: AppTest) -> AppTest:
    """Run again until the first answers are there: on a busy machine they may come after what a run waits for them."""
    deadline = time.monotonic() + 30
    while (test.get("progress") or is_waiting(test)) and time.monotonic() < deadline:
        time.sleep(0.1)
        test.run()
    return test


def is_waiting(test: AppTest) -> bool:
    """Return whether a number is still to come."""
    return any(metric.value == "…" for metric in test.metric)


def number(test: AppTest, label: str) -> str:
    return next(metric.value for metric in test.metric if metric.label.startswith(label))


def words(test: AppTest) -> str:
    found = [*test.caption, *test.info, *test.warning, *test.error, *test.markdown, *test.title, *test.subheader]
    return "\n".join(element.value for element in found)
