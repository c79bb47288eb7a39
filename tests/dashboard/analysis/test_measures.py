"""Histograms of measures against a count over the raw records, in plain Python."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import datetime
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.histogram import WITHHELD, histogram_counts
from dashboard.analysis.joined_events import joined
from dashboard.analysis.measures import MEASURES, Measure, measure_of
from dashboard.analysis.overview_numbers import overview
from dashboard.analysis.top_values import field_values
from gridrt_client.schema import EVENT, NUMBERS, SESSION
from tests.dashboard import frames
from tests.dashboard.frames import NOW, Record, calm, decoded, moment_of

START = NOW - pd.Timedelta("6h")
MEASURED = ("sessions", "revenue", "sum-int1", "average-int2")


def number(record: Record, field: str) -> float | None:
    """The number of a field; None where there is none or it has more digits than are summed up."""
    value = record.get(field)
    if value is None or abs(value) >= 10**18 or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return float(value)


def unit(record: Record) -> str:
    text = (record.get("str2") or "").strip()
    return text.upper() if len(text) == 3 and text.isascii() and text.isalpha() else text


def measured(records: list[Record], measure: Measure) -> float | None:
    """The measure of some events; None for an average of nothing."""
    if measure.kind == "sessions":
        return len({record["sessionId"] for record in records if record["sessionId"]})
    values = [number(record, measure.number) for record in records]
    there = [Fraction(value) for value in values if value is not None]
    if measure.kind == "average":
        return float(sum(there) / len(there)) if there else None
    return float(sum(there))


def matching(records: list[Record], measure: Measure) -> list[Record]:
    if measure.kind != "revenue":
        return records
    bought = [one for one in records if one["eventType"] == "PURCHASE" and one["interaction"] is not False]
    return [one for one in bought if unit(one) == measure.currency]


def hour_of(record: Record) -> datetime | None:
    moment = moment_of(record, "eventTime")
    if moment is None or not START.to_pydatetime() <= moment <= NOW.to_pydatetime():
        return None
    return moment.replace(minute=0, second=0, microsecond=0)


@given(frames.events, st.sampled_from(MEASURED), st.sampled_from(["eventType", "str1", "country"]))
@calm
def test_a_measure_of_each_bin_and_value_is_that_of_its_records(events: list[Record], name: str, by: str) -> None:
    sessions = [{"sessionId": "a", "country": "SE"}, {"sessionId": "b", "country": ""}]
    countries = {"a": "SE", "b": ""}
    measure = measure_of(name, "EUR")
    joint = joined(decoded(SESSION, sessions), decoded(EVENT, events))
    found = histogram_counts(joint.database, START, NOW, "UTC", by, size=pd.Timedelta("1h"), measure=measure, top=100)
    groups: dict[tuple[Any, datetime], list[Record]] = defaultdict(list)
    values: dict[Any, list[Record]] = defaultdict(list)
    for record in matching(events, measure):
        hour = hour_of(record)
        if hour is not None:
            value = countries.get(record["sessionId"]) if by == "country" else record.get(by)
            groups[value, hour].append(record)
            values[value].append(record)
    assert len(found.counts.columns) == len(values)
    for value, records in values.items():
        column = found.missing if value is None else value
        assert found.totals[column] == pytest.approx(measured(records, measure) or 0, nan_ok=True, rel=1e-9) or (
            math.isnan(found.totals[column]) and measured(records, measure) is None
        )
        for begin in found.counts.index:
            expected = measured(groups.get((value, begin.to_pydatetime()), []), measure)
            shown = found.counts.loc[begin, column]
            if expected is None:
                assert math.isnan(shown)
            else:
                assert shown == pytest.approx(expected, rel=1e-9)
    everyone = [one for records in values.values() for one in records]
    if measure.kind in ("sum", "average"):
        everyone = [one for one in everyone if one.get(measure.number) is not None]
    expected_left_out = (
        0 if measure.kind == "sessions" else sum(number(one, measure.number) is None for one in everyone)
    )
    assert found.unmeasured == expected_left_out
    everything = measured([one for records in values.values() for one in records], measure)
    assert found.whole == pytest.approx(everything or 0, rel=1e-9)


def test_sessions_of_the_rest_are_counted_once() -> None:
    events = [
        {"sessionId": session, "eventTime": frames.ago(minutes=5), "eventType": kind, "interaction": True}
        for session in ("a", "b")
        for kind in ("A", "B", "C")
    ]
    database = joined(decoded(SESSION, []), decoded(EVENT, events)).database
    found = histogram_counts(database, START, NOW, "UTC", top=1, measure=Measure("sessions"))
    assert dict(found.totals) == {"A": 2, "Other": 2}
    assert found.whole == 2


@pytest.mark.parametrize("unit", ["EUR", "eur", " EUR", "EUR\t", "\u00a0eur"])
def test_revenue_is_that_of_the_overview(unit: str) -> None:
    events = [{"eventTime": frames.ago(minutes=5), "eventType": "PURCHASE", "int1": 7, "str2": unit}]
    database = joined(decoded(SESSION, []), decoded(EVENT, events)).database
    assert overview(database, NOW).revenue == {"EUR": 7}
    assert histogram_counts(database, START, NOW, "UTC", measure=Measure("revenue", currency="EUR")).whole == 7


@pytest.mark.parametrize("field", ["str1", "int1", "int2"])
@pytest.mark.parametrize("eventType", ["DETECT_MOOD", " detect_age", "DETECT_GENDER"])
def test_what_cameras_detected_is_one_value(eventType: str, field: str) -> None:
    events = [
        {"eventTime": frames.ago(minutes=5), "eventType": kind, "str1": text, "int1": number, "int2": number}
        for kind, text, number in ((eventType, "SAD", 34), (eventType, "HAPPY", 71), ("OWN", "5", 5))
    ]
    database = joined(decoded(SESSION, []), decoded(EVENT, events)).database
    counted = histogram_counts(database, START, NOW, "UTC", field)
    assert counted.counts.sum().to_dict() == {WITHHELD: 2, "5": 1}
    values = field_values(database, field).frame
    assert dict(zip(values["value"], values["events"], strict=True)) == {WITHHELD: 2, "5": 1}
    for kind in ("sum", "average"):
        measured = histogram_counts(database, START, NOW, "UTC", "eventType", measure=measure_of(f"{kind}-int1"))
        assert measured.counts.max().dropna().to_dict() == {"OWN": 5}


def test_links_name_measures() -> None:
    assert [measure_of(name).kind for name in ("count", "sessions", "revenue")] == ["count", "sessions", "revenue"]
    assert measure_of("average-int3") == Measure("average", "int3")
    for odd in (None, "", "sum-int9", "sum", "average-str1", "revenue-int1", "drop table"):
        assert measure_of(odd) == Measure()
    assert {measure_of(name) for name in MEASURES} >= {Measure("sum", name) for name in NUMBERS}
    with pytest.raises(ValueError, match="measure"):
        Measure("sum", "str1")
