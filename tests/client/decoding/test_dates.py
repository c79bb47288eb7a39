"""Dates in every notation."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridrt_client.schema import EVENT
from tests.decoded import decode

NOON = datetime(2026, 11, 23, 11, 20, tzinfo=UTC)


def moment(value: object) -> datetime | None:
    """What a date becomes on its way through the whole decoder."""
    frame = decode(json.dumps([{"eventTime": value}]).encode(), EVENT)
    assert str(frame["eventTime"].dtype) == "datetime64[us, UTC]"
    found = frame["eventTime"].iloc[0]
    counted = frame.attrs["report"].unreadable
    assert counted == ({"eventTime": 1} if found is pd.NaT and value is not None else {})
    return None if found is pd.NaT else found.to_pydatetime()


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T11:20:00.0000000Z",
        "2026-11-23T11:20:00Z",
        "2026-11-23T11:20:00z",
        "2026-11-23t11:20Z",
        "2026-11-23T11:20:00.000Z",
        "2026-11-23T11:20:00,000000Z",
        "2026-11-23 11:20:00+00:00",
        "2026-11-23 11:20:00 Z",
        "2026-11-23T11:20:00",
        "2026-11-23T12:20:00+01:00",
        "2026-11-23T12:20:00+0100",
        "2026-11-23T12:20:00+01",
        "2026-11-23T05:50:00-05:30",
        "2026-11-24T01:20:00+14:00",
        "  2026-11-23T11:20:00Z\n",
        "Mon Nov 23 2026 12:20:00 GMT+0100 (Central European Standard Time)",
        "Mon Nov 23 2026 12:20:00 GMT+0100",
        "Mon Nov 23 2026 12:20:00 GMT+0100 (中欧标准时间)",
        "Mon Nov 23 2026 16:50:00 GMT+0530 (भारतीय मानक समय (IST))",
        "Mon Nov 23 2026 12:20:00 GMT+0100 (hora estándar de Europa central",
        "Mon Nov 23 2026 06:20:00 GMT-0500 (GMT-05:00)",
        "Mon Nov 23 2026 11:20:00 GMT+0000 ()",
        "Mon, 23 Nov 2026 11:20:00 GMT",
        "Mon, 23 Nov 2026 12:20:00 +0100",
        "1795432800000",
        1795432800000,
        1795432800000.0,
    ],
)
def test_a_moment_in_every_notation(text: object) -> None:
    assert moment(text) == NOON


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-04-12T07:55:23.3720000Z", datetime(2024, 4, 12, 7, 55, 23, 372000, UTC)),
        ("2024-04-12T07:55:23.1234567Z", datetime(2024, 4, 12, 7, 55, 23, 123456, UTC)),
        ("2024-04-12T07:55:23.9999999Z", datetime(2024, 4, 12, 7, 55, 23, 999999, UTC)),
        ("2024-04-12T07:55:23.1Z", datetime(2024, 4, 12, 7, 55, 23, 100000, UTC)),
        ("2024-04-12T07:55:23." + "1" * 500 + "Z", datetime(2024, 4, 12, 7, 55, 23, 111111, UTC)),
        ("1969-12-31T23:59:59.9999999Z", datetime(1969, 12, 31, 23, 59, 59, 999999, UTC)),
        ("2024-02-29", datetime(2024, 2, 29, tzinfo=UTC)),
        ("0001-01-02T00:00:00Z", datetime(1, 1, 2, tzinfo=UTC)),
        ("9999-12-30T23:59:59Z", datetime(9999, 12, 30, 23, 59, 59, tzinfo=UTC)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (-1, datetime(1969, 12, 31, 23, 59, 59, 999000, UTC)),
        (1795432800000.25, NOON + timedelta(microseconds=250)),
        ("0000000000", datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_to_the_microsecond(text: object, expected: datetime) -> None:
    assert moment(text) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "null",
        "2026-02-30T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T11:60:00Z",
        "2026-11-23T11:20:60Z",
        "2026-11-23T11:20:00+24:00",
        "2026-11-23T11:20:00 CET",
        "2026-11-23T",
        "2026-1-2",
        "26-11-23",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "+12026-11-23T11:20:00Z",
        "２０２６-11-23",
        "Invalid Date",
        "Mon Foo 23 2026 12:20:00 GMT+0100",
        "Mon Nov 31 2026 12:20:00 GMT+0100",
        "Mon, 32 Nov 2026 11:20:00 GMT",
        "Mon, 23 Nov 2026 11:20:00 CET",
        "123456789",
        "1" * 30,
        "9" * 5000,
        10**30,
        -(10**18),
        1e300,
        True,
        False,
        [],
        {"$date": 5},
    ],
)
def test_nonsense_is_missing_and_counted(value: object) -> None:
    assert moment(value) is None


def test_the_edges_can_be_shown_in_every_time_zone() -> None:
    payload = json.dumps([{"eventTime": "0001-01-02T00:00:00Z"}, {"eventTime": "9999-12-30T23:59:59.9Z"}]).encode()
    times = decode(payload, EVENT)["eventTime"]
    for zone in ("Pacific/Kiritimati", "America/Adak", "Asia/Kolkata"):
        assert len(times.dt.tz_convert(zone).dt.strftime("%Y-%m-%d %H:%M")) == 2


FIRST, LAST = datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 29, tzinfo=UTC)
moments = st.integers(0, (LAST - FIRST) // timedelta(microseconds=1)).map(lambda n: FIRST + timedelta(microseconds=n))
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(moments, zones, st.sampled_from("T t"), st.sampled_from(".,"), st.integers(0, 9), st.booleans())
def test_iso_8601_there_and_back(
    when: datetime, zone: timezone, separator: str, point: str, digits: int, colon: bool
) -> None:
    local = when.astimezone(zone)
    # Written by hand: strftime leaves out the leading zeros of early years on some systems.
    day = f"{local.year:04}-{local.month:02}-{local.day:02}{separator}{local.hour:02}:{local.minute:02}"
    fraction = f"{local.microsecond:06}999"[:digits]
    offset = local.strftime("%z")
    text = f"{day}:{local.second:02}{point if digits else ''}{fraction}"
    text += f"{offset[:3]}:{offset[3:]}" if colon else offset
    expected = when.replace(microsecond=int(f"{when.microsecond:06}"[:digits].ljust(6, "0")))
    assert moment(text) == expected


@given(moments, zones, st.text(max_size=30))
def test_javascript_there_and_back(when: datetime, zone: timezone, name: str) -> None:
    local = when.replace(microsecond=0).astimezone(zone)
    words = f"{local.strftime('%a %b %d')} {local.year:04} {local.strftime('%H:%M:%S GMT%z')}"
    assert moment(words) == local
    assert moment(f"{words} ({name})") == local


@given(moments)
def test_http_dates_there_and_back(when: datetime) -> None:
    when = when.replace(microsecond=0)
    assert moment(format_datetime(when, usegmt=True)) == when


@given(moments)
def test_milliseconds_there_and_back(when: datetime) -> None:
    when = when.replace(microsecond=when.microsecond // 1000 * 1000)
    milliseconds = (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert moment(milliseconds) == when
    assert moment(float(milliseconds)) == when
    if milliseconds >= 10**9:
        assert moment(f"{milliseconds:010}") == when


@given(st.text() | st.integers() | st.floats() | st.from_regex(r"[0-9TZ:. +-]{1,30}", fullmatch=True))
def test_anything_at_all_is_a_date_or_missing(value: object) -> None:
    moment(value)
