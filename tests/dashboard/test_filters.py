"""What the link says, read: times, zones, intervals."""

import pandas as pd
import pytest

from dashboard.filters import Filters, read_refresh, read_time, read_zone, zones
from dashboard.metrics import Window

NOON = pd.Timestamp("2026-11-23T12:00Z")


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (None, 30.0),
        ("", 30.0),
        ("5", 5.0),
        ("2.5", 2.5),
        ("10s", 10.0),
        ("5m", 300.0),
        (" 60 ", 60.0),
        ("off", None),
        ("OFF", None),
        ("0", None),
    ],
)
def test_refresh_is_read(said: str | None, seconds: float | None) -> None:
    problems: list[str] = []
    assert read_refresh(said, 30.0, problems) == seconds
    assert problems == []


@pytest.mark.parametrize("said", ["soon", "-5", "0.1", "nan", "inf", "1e9", "s", "m"])
def test_a_refresh_that_cannot_be_used_says_so(said: str) -> None:
    problems: list[str] = []
    assert read_refresh(said, 30.0, problems) == 30.0
    assert len(problems) == 1
    assert said in problems[0]


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("2026-11-23T12:20Z", "2026-11-23T12:20:00Z"),
        ("2026-11-23T12:20:05+01:00", "2026-11-23T11:20:05Z"),
        ("2026-11-23 12:20", "2026-11-23T11:20:00Z"),
        ("2026-11-23", "2026-11-22T23:00:00Z"),
    ],
)
def test_a_time_without_a_zone_is_in_the_chosen_one(said: str, moment: str) -> None:
    problems: list[str] = []
    assert read_time("from", said, "Europe/Stockholm", problems) == pd.Timestamp(moment)
    assert problems == []


@pytest.mark.parametrize("said", ["yesterday-ish", "2026-13-01", "99999999999999999999", "NaT"])
def test_a_time_that_cannot_be_read_says_so(said: str) -> None:
    problems: list[str] = []
    assert read_time("to", said, "UTC", problems) is None
    assert len(problems) == 1
    assert problems[0].startswith(f"to “{said}”")


def test_no_time_is_no_problem() -> None:
    problems: list[str] = []
    assert read_time("from", None, "UTC", problems) is None
    assert read_time("from", "  ", "UTC", problems) is None
    assert problems == []


@pytest.mark.parametrize("said", ["Mars/Base", "../../etc/passwd", "Europe/", "\x00"])
def test_a_zone_that_is_none_says_so(said: str) -> None:
    problems: list[str] = []
    assert read_zone(said, problems) == "UTC"
    assert len(problems) == 1


def test_zones_can_all_be_used() -> None:
    assert zones()[0] == "UTC"
    assert "Europe/Stockholm" in zones()
    assert all(pd.Timestamp("2026-11-23", tz=name) for name in zones())


def test_a_reversed_range_is_turned_round_and_open_ends_are_filled() -> None:
    window = Window(NOON - pd.Timedelta(hours=24), NOON)
    early, late = NOON - pd.Timedelta(hours=2), NOON - pd.Timedelta(hours=1)
    assert Filters(start=late, end=early).span(window) == Window(early, late)
    assert Filters(start=early).span(window) == Window(early, NOON)
    assert Filters(end=late).span(window) == Window(window.start, late)
    assert Filters().span(window) == window


def test_narrowing_names_only_what_is_set() -> None:
    assert Filters().narrowing == {}
    assert not Filters().any_set
    chosen = Filters(spaceId="s1", interactionType="interactive")
    assert chosen.narrowing == {"spaceId": "s1", "interactionType": "interactive"}
    assert chosen.scope == {"installationId": None, "spaceId": "s1", "deviceId": None}
    assert Filters(start=NOON).any_set
