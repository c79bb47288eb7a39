"""Saved views from a file, and every mistake in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.data.saved_views import PAGES, SavedView, SavedViewsError, from_env

FOLDER = Path(__file__).parents[3] / "pages"


def read(tmp_path: Path, text: str) -> list[SavedView]:
    file = tmp_path / "views.toml"
    file.write_text(text, encoding="utf-8")
    return from_env({"GRIDRT_SAVED_VIEWS": str(file)})


def test_views_are_links_in_the_order_of_the_file(tmp_path: Path) -> None:
    views = read(
        tmp_path,
        """
        "Sales" = "/stores?from=now-3h&spaceId=a&spaceId=-b%20c"
        Now = "https://dash.example.com/?refresh=10"
        Devices = "/latest"
        """,
    )
    assert views == [
        SavedView("Sales", "stores", {"from": ["now-3h"], "spaceId": ["a", "-b c"]}),
        SavedView("Now", "live", {"refresh": ["10"]}),
        SavedView("Devices", "latest", {}),
    ]
    assert from_env({}) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("A = 1", '"A" is not a name and a link'),
        ("A = 'elsewhere'", "leads to no view"),
        ("A = '/nothing'", "leads to no view"),
        ("A = 'javascript:alert(1)'", "leads to no view"),
        ("A = ", "not TOML"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SavedViewsError, match=r"views\.toml") as error:
        read(tmp_path, text)
    assert told in str(error.value)


def test_a_file_that_is_missing_is_named() -> None:
    with pytest.raises(SavedViewsError, match="GRIDRT_SAVED_VIEWS"):
        from_env({"GRIDRT_SAVED_VIEWS": "/nowhere/views.toml"})


def test_every_page_can_be_saved() -> None:
    assert {f"{page}.py" for page in PAGES.values()} == {path.name for path in FOLDER.glob("*.py")} - {"status.py"}
