"""Parsing of link values: times, time zones, intervals."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.filters import (
    FIELDS,
    MOST_TERMS,
    Condition,
    Filters,
    Window,
    api_scope,
    parse_time,
    read_condition,
    read_refresh,
    read_time,
    read_zone,
    write_time,
    zones,
)

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


@pytest.mark.parametrize(
    "said", ["soon", "-5", "0.1", "nan", "inf", "1e9", "s", "m", "1_0", "٣", "+5", "0x10", "1e2", "5 m", "99999m"]
)
def test_a_refresh_that_cannot_be_used_says_so(said: str) -> None:
    problems: list[str] = []
    assert read_refresh(said, 30.0, problems) == 30.0
    assert len(problems) == 1
    assert said in problems[0]


@pytest.mark.parametrize(
    ("said", "moment", "written"),
    [
        ("2026-11-23T12:20Z", "2026-11-23T12:20:00Z", "2026-11-23T12:20:00Z"),
        ("2026-11-23T12:20:05+01:00", "2026-11-23T11:20:05Z", "2026-11-23T11:20:05Z"),
        ("2026-11-23T12:20 01:00", "2026-11-23T11:20:00Z", "2026-11-23T11:20:00Z"),
        ("2026-11-23T12:20-0530", "2026-11-23T17:50:00Z", "2026-11-23T17:50:00Z"),
        ("2026-11-23t12:20z", "2026-11-23T12:20:00Z", "2026-11-23T12:20:00Z"),
        ("2026-11-23 12:20", "2026-11-23T12:20:00Z", "2026-11-23T12:20:00Z"),
        (" 2026-11-23 ", "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z"),
        ("2026-11-23T12:20:00.25Z", "2026-11-23T12:20:00.250000Z", "2026-11-23T12:20:00.250000Z"),
        ("0001-01-01", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("2262-04-12", "2262-04-12T00:00:00Z", "2262-04-12T00:00:00Z"),
    ],
)
def test_a_time_is_utc_unless_it_says_otherwise(said: str, moment: str, written: str) -> None:
    problems: list[str] = []
    read = read_time("from", said, problems)
    assert isinstance(read, pd.Timestamp)
    assert read.isoformat().replace("+00:00", "Z") == moment
    assert write_time(read) == written
    assert parse_time(written) == read
    assert problems == []


@pytest.mark.parametrize(
    ("said", "seconds", "written"),
    [
        ("now", 0, "now"),
        ("3h", 10_800, "now-3h"),
        ("30m", 1_800, "now-30m"),
        ("now-90m", 5_400, "now-90m"),
        ("NOW-24H", 86_400, "now-24h"),
        ("1d", 86_400, "now-24h"),
        ("2d", 172_800, "now-2d"),
        ("45s", 45, "now-45s"),
        ("999999d", 999_999 * 86_400, "now-999999d"),
    ],
)
def test_a_time_may_be_before_now(said: str, seconds: int, written: str) -> None:
    problems: list[str] = []
    assert read_time("from", said, problems) == pd.Timedelta(seconds, unit="s")
    assert write_time(pd.Timedelta(seconds, unit="s")) == written
    assert problems == []


@pytest.mark.parametrize(
    "said",
    [
        "yesterday-ish", "2026-13-01", "2026-02-30", "99999999999999999999", "NaT", "Nov 25", "12:20", "2026",
        "20261123",
        "2026-W48", "2026-11-23T25:00Z", "2026-11-23T12:20+99:99", "1764072000", "3", "h", "-3h", "now+3h", "3.5h",
        "3 h",
        "1e3h", "3w", "now - 3h", "9999999h", "２０２６-11-23", "٣h", "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-14:00",
        "2026-11-23T12:20Z/PT1H", "2026-11-23T12:20 Europe/Paris", "today", "min", "inf",
    ],
)  # fmt: skip
def test_a_time_that_cannot_be_read_says_so(said: str) -> None:
    problems: list[str] = []
    assert read_time("to", said, problems) is None
    assert len(problems) == 1
    assert problems[0].startswith(f"to “{said}”")


@given(st.text(max_size=30) | st.from_regex(r"(now-?)?[0-9TZ:+. -]{0,30}[smhdZ]?", fullmatch=True))
def test_any_text_is_a_moment_that_every_window_can_take_or_none(said: str) -> None:
    moment = parse_time(said)
    window = Window(NOON - pd.Timedelta(hours=24), NOON)
    for chosen in (Filters(start=moment), Filters(end=moment), Filters(start=moment, end=moment)):
        span = chosen.span(window)
        assert span is None or window.start <= span.start <= span.end <= window.end
    assert moment is None or parse_time(write_time(moment) or "") == moment


def test_no_time_is_no_problem() -> None:
    problems: list[str] = []
    assert read_time("from", None, problems) is None
    assert read_time("from", "  ", problems) is None
    assert problems == []


@pytest.mark.parametrize("said", ["Mars/Base", "../../etc/passwd", "Europe/", "\x00"])
def test_a_zone_that_is_none_says_so(said: str) -> None:
    problems: list[str] = []
    assert read_zone(said, "UTC", problems) == "UTC"
    assert len(problems) == 1


def test_zones_can_all_be_used() -> None:
    assert zones()[0] == "UTC"
    assert "Europe/Stockholm" in zones()
    assert all(pd.Timestamp("2026-11-23", tz=name) for name in zones())


def test_a_reversed_range_is_turned_round_and_open_ends_are_filled() -> None:
    window = Window(NOON - pd.Timedelta(hours=24), NOON)
    early, late = NOON - pd.Timedelta(hours=2), NOON - pd.Timedelta(hours=1)
    assert Filters(start=late, end=early).span(window) == Window(early, late)
    assert Filters(start=late, end=early).reversed(window)
    assert Filters(start=early).span(window) == Window(early, NOON)
    assert Filters(end=late).span(window) == Window(window.start, late)
    assert Filters(start=pd.Timedelta(hours=3), end=early).span(window) == Window(NOON - pd.Timedelta(hours=3), early)
    assert Filters().span(window) == window
    assert not Filters(start=early).reversed(window)


def test_a_range_is_cut_to_the_window() -> None:
    window = Window(NOON - pd.Timedelta(hours=24), NOON)
    past, future = pd.Timestamp("1700-01-01T00:00Z"), pd.Timestamp("9999-12-31T00:00Z")
    assert Filters(start=past).span(window) == Filters(start=past, end=future).span(window) == window
    assert Filters(start=past, end=past).span(window) is None
    assert Filters(end=past).span(window) is None
    assert Filters(start=future).span(window) is None
    assert Filters(start=past, end=future).asked_span(window) == Window(past, future)


@pytest.mark.parametrize(
    ("terms", "included", "excluded"),
    [
        (["a"], ("a",), ()),
        ([" a "], (" a ",), ()),
        (['""'], ("",), ()),
        (['"a "'], ("a ",), ()),
        (['"\\u202ea"'], ("\u202ea",), ()),
        (['"'], ('"',), ()),
        (["a", "b", "a"], ("a", "b"), ()),
        (["-a", "b"], ("b",), ("a",)),
        (["-"], ("-",), ()),
        (['"-a"'], ("-a",), ()),
        (['-"-a"', '-""'], (), ("-a", "")),
        (["", "a"], ("a",), ()),
    ],
)
def test_a_condition_has_its_values_exactly(
    terms: list[str], included: tuple[str, ...], excluded: tuple[str, ...]
) -> None:
    problems: list[str] = []
    assert read_condition("spaceId", terms, problems) == Condition("spaceId", included, excluded)
    assert problems == []


def test_no_text_is_no_condition() -> None:
    assert read_condition("spaceId", [], []) is None
    assert read_condition("spaceId", [""], []) is None


@given(st.lists(st.text(max_size=6), max_size=4, unique=True), st.lists(st.text(max_size=6), max_size=4, unique=True))
def test_a_link_holds_every_condition(included: list[str], excluded: list[str]) -> None:
    condition = Condition("str1", tuple(included), tuple(excluded))
    assert read_condition("str1", condition.terms, []) == (condition if included or excluded else None)


def test_a_link_cannot_name_values_without_end() -> None:
    problems: list[str] = []
    condition = read_condition("spaceId", [f"-{place}" for place in range(1000)], problems)
    assert condition is not None
    assert len(condition.excluded) == MOST_TERMS
    assert len(problems) == 1
    assert "1000 times" in problems[0]


def test_the_api_is_asked_for_single_values_that_are_not_blank() -> None:
    asked = {"installationId": ("a ",), "spaceId": ("",), "deviceId": ("a", "b"), "eventType": ("X",)}
    assert api_scope(Condition(name, values) for name, values in asked.items()) == {"installationId": "a "}
    assert api_scope([Condition("spaceId", ("a",), ("b",)), Condition("deviceId", (" ",))]) == {}


def test_filters_know_what_they_are_about() -> None:
    assert not Filters().any_set
    chosen = Filters((Condition("spaceId", ("s1",)), Condition("country", excluded=("SE",))))
    assert chosen.scope == (Condition("spaceId", ("s1",)),)
    assert chosen.any_set
    assert not chosen.on_events
    assert chosen.condition("country").excluded == ("SE",)
    assert chosen.condition("str1") == Condition("str1")
    some = Filters((*chosen.conditions, Condition("eventType", ("X",))), interactionType="interactive")
    assert some.on_events
    assert some.without_event_filters().conditions == chosen.conditions
    assert not some.without_event_filters().on_events
    assert Filters(start=NOON).any_set
    assert len(set(FIELDS)) == len(FIELDS)
