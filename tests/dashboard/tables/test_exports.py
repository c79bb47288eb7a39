"""CSV exports, read back by a reader that isn't ours."""

from __future__ import annotations

import csv
import io
import unicodedata
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.joined_events import rows_of
from dashboard.tables import exports
from dashboard.tables.exports import file_name
from gridrt_client.schema import EVENT, SESSION, Kind
from tests.dashboard import frames
from tests.dashboard.frames import NOW, Record, calm, decoded, moment_of


def csv_of(frame: pd.DataFrame, tz: str) -> bytes:
    return exports.to_csv(rows_of(frame), tz)


def read(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def line(**record: Any) -> dict[str, str]:
    return read(csv_of(decoded(EVENT, [record]), "Europe/Stockholm"))[0]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+46701", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\tplain", "\nplain", "  =1", "\u00a0=1",
        "\u3000=1", "\u200b=1", "\ufeff=1", "\x00=1", "\x1b=1", "\u00ad-1", "\u202e=1", "＝1", "＋1", "－1", "＠x",
        "﹦1", "⁼1", "₊1", "−1", " \t ＝cmd|' /C calc'!A0", "=HYPERLINK(\"https://example.com\")",
    ],
)  # fmt: skip
def test_formulas_become_text(text: str) -> None:
    assert line(str1=text)["str1"] == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "a=1", "1-1", "'=1", "a\n=1", "me@x", " a", "Åäö 🛒", 'say "hi", you', "null", "…"]
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert line(str1=text)["str1"] == text


def test_formulas_in_ids_and_types_too() -> None:
    result = line(sessionId="=a", eventType="@b", productId="-c", captureId="+d")
    assert [result[name] for name in ("sessionId", "eventType", "productId", "captureId")] == [
        "'=a",
        "'@b",
        "'-c",
        "'+d",
    ]


@calm
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
def test_whatever_reads_as_a_sign_to_unicode_is_defused(text: str) -> None:
    shown = unicodedata.normalize("NFKC", text).lstrip()
    result = line(str1=text)["str1"]
    assert result in (text, f"'{text}")
    if shown.startswith(("=", "+", "-", "@")) or text.startswith(("\t", "\r", "\n")):
        assert result == f"'{text}"


def test_every_sign_of_unicode_is_known() -> None:
    signs = {
        chr(code)
        for code in range(0x20, 0x30000)
        if unicodedata.normalize("NFKC", chr(code)) in {"=", "+", "-", "@", "−"}
    }
    assert {sign for sign in signs if exports._dangerous.match(sign)} == signs


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-5, "-5"), (2**53 + 1, "9007199254740993"), (-(2**64), "-18446744073709551616"), (0.1, "0.1"),
        (-19.99, "-19.99"), (1e-7, "1e-07"), (5.0, "5"), (None, ""),
    ],
)  # fmt: skip
def test_numbers_are_exact_and_stay_numbers(value: float | None, text: str) -> None:
    assert line(int1=value)["int1"] == text


def test_measures_read_back_as_the_same_numbers() -> None:
    records = [{"latitude": value} for value in (59.3293235, -0.1, 1 / 3, 1e-7, 90, None)]
    rows = read(csv_of(decoded(SESSION, records), "UTC"))
    assert [float(row["latitude"]) for row in rows[:-1]] == [59.3293235, -0.1, 1 / 3, 1e-7, 90.0]
    assert rows[-1]["latitude"] == ""


def test_booleans_and_missing_values() -> None:
    rows = read(csv_of(decoded(EVENT, [{"interaction": True}, {"interaction": False}, {}]), "UTC"))
    assert [row["interaction"] for row in rows] == ["true", "false", ""]
    assert set(rows[2].values()) == {""}


@pytest.mark.parametrize(
    ("written", "utc", "local"),
    [
        ("2026-11-23T11:20:00.3720000Z", "2026-11-23T11:20:00.372Z", "2026-11-23T12:20:00.372+01:00"),
        ("2026-07-01T22:30:00Z", "2026-07-01T22:30:00Z", "2026-07-02T00:30:00+02:00"),
        ("2026-11-23T11:20:00.000001Z", "2026-11-23T11:20:00.000001Z", "2026-11-23T12:20:00.000001+01:00"),
        ("2026-10-25T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T01:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00+01:00"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z", "1970-01-01T00:59:59.500+01:00"),
    ],
)
def test_times_in_utc_and_in_the_zone(written: str, utc: str, local: str) -> None:
    result = line(eventTime=written)
    assert (result["eventTime (UTC)"], result["eventTime (Europe/Stockholm)"]) == (utc, local)


def test_a_zone_of_half_hours_west_of_greenwich() -> None:
    rows = read(csv_of(decoded(EVENT, [{"eventTime": "2026-11-23T11:20:00Z"}]), "America/St_Johns"))
    assert rows[0]["eventTime (America/St_Johns)"] == "2026-11-23T07:50:00-03:30"


def test_in_utc_there_is_one_column_of_times() -> None:
    names = list(read(csv_of(decoded(EVENT, [{"eventTime": "2026-11-23T11:20:00Z"}]), "UTC"))[0])
    assert [name for name in names if name.startswith("eventTime")] == ["eventTime (UTC)"]


@pytest.mark.parametrize("tz", ["UTC", "Europe/Stockholm", "Pacific/Chatham"])
@pytest.mark.parametrize("text", ["0001-01-02T00:00:00Z", "9999-12-30T23:59:59.999999Z"])
def test_the_ends_of_the_calendar_are_written(tz: str, text: str) -> None:
    frame = decoded(EVENT, [{"eventTime": text}])
    result = read(csv_of(frame, tz))[0]
    assert result["eventTime (UTC)"] == text
    assert datetime.fromisoformat(result[f"eventTime ({tz})"]) == datetime.fromisoformat(text)


@pytest.mark.parametrize("schema", [SESSION, EVENT])
def test_an_empty_export_has_its_header(schema: Any) -> None:
    content = csv_of(schema.empty(), "Asia/Kolkata")
    expected: list[str] = []
    for field in schema.fields:
        dates = [f"{field.name} (UTC)", f"{field.name} (Asia/Kolkata)"]
        expected += dates if field.kind == Kind.DATE else [field.name]
    assert next(csv.reader(io.StringIO(content.decode("utf-8-sig")))) == expected


def test_all_slices_are_written_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "_ROWS", 7)
    # The finest unit is needed by the last slice only, and there alone are floats.
    records: list[Record] = [{"int1": n, "eventTime": "2026-11-23T11:20:00Z"} for n in range(50)]
    records.append({"int1": 0.5, "str1": "=x", "eventTime": "2026-11-23T11:20:00.5Z"})
    rows = read(csv_of(decoded(EVENT, records), "Europe/Stockholm"))
    assert [row["int1"] for row in rows] == [*map(str, range(50)), "0.5"]
    assert rows[0]["eventTime (UTC)"] == "2026-11-23T11:20:00.000Z"


def test_categories_and_counts_are_written_as_what_they_stand_for() -> None:
    frame = pd.DataFrame(
        {"status": pd.Categorical(["=on", None]), "n": [1, 2], "left": pd.array([1, None], dtype="Int64")}
    )
    assert read(csv_of(frame, "UTC")) == [
        {"status": "'=on", "n": "1", "left": "1"},
        {"status": "", "n": "2", "left": ""},
    ]


@calm
@given(frames.events)
def test_an_export_holds_every_record_exactly(records: list[Record]) -> None:
    frame = decoded(EVENT, records)
    before = frame.copy()
    rows = read(csv_of(frame, "Australia/Lord_Howe"))
    pd.testing.assert_frame_equal(frame, before)
    assert len(rows) == len(records)
    for row, record in zip(rows, records, strict=True):
        for name in ("str1", "str3", "sessionId", "eventType"):
            value = record.get(name) or ""
            assert row[name] in (value, f"'{value}")
        for name in ("int1", "int5"):
            value = record.get(name)
            assert row[name] == "" if value is None else type(value)(row[name]) == value
        moment = moment_of(record, "eventTime")
        for column, zone in (("eventTime (UTC)", "UTC"), ("eventTime (Australia/Lord_Howe)", "Australia/Lord_Howe")):
            if moment is None:
                assert row[column] == ""
            else:
                result = datetime.fromisoformat(row[column])
                assert result == moment
                assert result.utcoffset() == moment.astimezone(ZoneInfo(zone)).utcoffset()


@pytest.mark.parametrize(
    ("report", "tenant", "name"),
    [
        ("events", "5f0a", "events_5f0a_2026-11-22T1220Z_2026-11-23T1220Z.csv"),
        ("latest", "../../etc/passwd", "latest_etc-passwd_2026-11-22T1220Z_2026-11-23T1220Z.csv"),
        ("a b", 'x"\r\ny;z', "a-b_x-y-z_2026-11-22T1220Z_2026-11-23T1220Z.csv"),
        ("events", "åäö", "events_unnamed_2026-11-22T1220Z_2026-11-23T1220Z.csv"),
        ("events", "t" * 300, f"events_{'t' * 64}_2026-11-22T1220Z_2026-11-23T1220Z.csv"),
    ],
)
def test_file_names_say_what_is_inside(report: str, tenant: str, name: str) -> None:
    assert file_name(report, tenant, NOW - pd.Timedelta(hours=24), NOW.tz_convert("Asia/Tokyo")) == name
