"""Frames as tables: what columns are in SQL, what statements may do, and use by several threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import duckdb
import numpy as np
import pandas as pd
import pytest

from dashboard.analysis.database import Database
from dashboard.analysis.histogram import histogram_counts
from dashboard.analysis.overview_numbers import value_counts
from gridrt_client.schema import EVENT, SESSION, Kind, Schema
from tests.dashboard.frames import NOW, Record, decoded

SQL_TYPES = {
    Kind.TEXT: "VARCHAR",
    Kind.UNIQUE: "VARCHAR",
    Kind.DATE: "TIMESTAMP",
    Kind.NUMBER: "DOUBLE",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.EXACT: "VARCHAR",
}


@pytest.mark.parametrize("schema", [SESSION, EVENT])
@pytest.mark.parametrize("records", [[], [{}], [{"captureId": "a"}, {"captureId": "b"}]])
def test_every_kind_of_field_has_its_type(schema: Schema, records: list[Record]) -> None:
    database = Database(records=decoded(schema, records))
    for field in schema.fields:
        found = database.rows(f"select typeof(max({field.name})) from records")  # noqa: S608
        assert found == [(SQL_TYPES[field.kind],)], field.name


def test_missing_values_are_null_and_others_exact() -> None:
    records = [
        {"eventTime": "2026-11-23T12:00:00.000001+01:00", "str1": "ä", "int1": 2**60 + 1, "public": 0.5},
        {"eventTime": None, "str1": "", "int1": 1.0, "interaction": False},
        {"str1": None, "int1": 0.1, "captureId": "c"},
    ]
    database = Database(events=decoded(EVENT, records))
    found = database.rows("select eventTime, str1, int1, public, interaction, captureId from events")
    moment = datetime(2026, 11, 23, 11, 0, 0, 1)  # noqa: DTZ001 - UTC, as in SQL
    assert found == [
        (moment, "ä", str(2**60 + 1), 0.5, None, None),
        (None, "", "1", None, False, None),
        (None, None, "0.1", None, None, "c"),
    ]
    assert database.exact_numbers("events", "int1") == {str(2**60 + 1): 2**60 + 1, "1": 1.0, "0.1": 0.1}
    assert database.exact_numbers("events", "str1") == {}


def test_moments_and_spans_are_bound_in_utc() -> None:
    database = Database(events=decoded(EVENT, [{"eventTime": "2026-11-23T12:00:00Z"}]))
    statement = "select count(*) from events where eventTime = $moment and eventTime - $span < $moment"
    moment = pd.Timestamp("2026-11-23T13:00:00", tz="Europe/Stockholm")
    assert database.rows(statement, moment=moment, span=pd.Timedelta("1s"), unused=object()) == [(1,)]


def test_values_are_never_part_of_a_statement() -> None:
    database = Database(events=decoded(EVENT, [{"eventType": "' or true --"}, {"eventType": "x"}]))
    statement = "select count(*) from events where eventType = $eventType"
    assert database.rows(statement, eventType="' or true --") == [(1,)]
    assert database.rows(statement, eventType="' or 'x' = 'x") == [(0,)]


@pytest.mark.parametrize(
    "statement",
    ["select * from read_csv('/etc/hostname')", "install httpfs", "copy (select 1) to 'x.csv'", "attach 'x.db'"],
)
def test_statements_reach_no_file_and_no_extension(statement: str) -> None:
    with pytest.raises(duckdb.Error):
        Database().rows(statement)


def test_a_database_is_used_by_many_threads() -> None:
    database = Database(events=decoded(EVENT, [{"eventType": "AB"[number % 2]} for number in range(1000)]))

    def count(number: int) -> list[tuple[int]]:
        return database.rows("select count(*) from events where eventType = $one", one="AB"[number % 2])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(count, range(64))) == [[(500,)]] * 64


def test_an_extended_database_shares_tables_and_leaves_the_first_one_alone() -> None:
    first = Database(events=decoded(EVENT, [{"eventType": "A"}]))
    both = first.extended(latest=pd.DataFrame({"n": np.arange(3)}))
    assert both.rows("select count(eventType), (select sum(n) from latest) from events") == [(1, 3)]
    with pytest.raises(duckdb.Error):
        first.rows("select n from latest")


@pytest.mark.parametrize("name", ["nothing", "eventType from events; --", '"eventType"', ""])
def test_columns_are_named_by_the_schema_only(name: str) -> None:
    database = Database(events=decoded(EVENT, [{"eventType": "A", "eventTime": "2026-11-23T12:00:00Z"}]))
    with pytest.raises(ValueError, match="no column"):
        value_counts(database, "events", name)
    with pytest.raises(ValueError, match="broken down"):
        histogram_counts(database, NOW - pd.Timedelta("1D"), NOW, "UTC", by=name)
