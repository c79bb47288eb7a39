"""Helpers for tests of the pages."""

from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

MAIN = str(Path(__file__).parents[2] / "dashboard" / "main.py")
PAGES = Path(__file__).parents[2] / "pages"
TOKEN = "a-token-that-is-found-nowhere"

Open = Callable[..., AppTest]


def number(test: AppTest, label: str) -> str:
    return next(metric.value for metric in test.metric if metric.label.startswith(label))


def words(test: AppTest) -> str:
    found = [*test.caption, *test.info, *test.warning, *test.error, *test.markdown, *test.title, *test.subheader]
    return "\n".join(element.value for element in found)
