"""Frames as tables of an in-memory DuckDB database that answers questions in SQL.

Nothing is copied: columns are handed over as Arrow arrays that share the frame's memory, categories as dictionaries.
What the columns are in SQL:

========  ===========  ====================================================
kind      SQL type     remarks
========  ===========  ====================================================
TEXT      varchar
UNIQUE    varchar
DATE      timestamp    UTC
NUMBER    double
BOOLEAN   boolean
EXACT     varchar      the shortest exact decimal text; see `exact_number`
========  ===========  ====================================================

Exact numbers are text because no numeric SQL type holds all of them: integers of any size and fractions.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dashboard.analysis.columns import Bools, coded, exact_text, texts_of
from gridrt_client.duckdb_calls import CALLS

_PARAMETER = re.compile(r"\$(\w+)")
_WORD = re.compile(r"\w+")

THREADS = 1
MEMORY_LIMIT = "1GB"
"""For all statements that run at the same time; one over 1,000,000 events needs at most about 100 MB."""

SLOT_BEFORE = """
    create macro slot_before(now, moment, seconds) as
    case when moment <= now then (epoch_us(now) - epoch_us(moment)) // (seconds * 1000000::bigint) end
"""
"""Counts back from now: 0 is (now - seconds, now]; NULL for a moment that is missing or in the future."""


class Database:
    """Tables that any number of threads may query at the same time.

    Parameters
    ----------
    tables
        Frames by the names that statements use for them. A frame must not be changed afterwards.
    """

    def __init__(self, **tables: pd.DataFrame) -> None:
        self._frames = tables
        self._arrays: dict[tuple[str, str], pa.Array] = {}

    def extended(self, **tables: pd.DataFrame) -> Database:
        """Return a database with these tables too; the known ones are shared."""
        other = Database(**tables)
        other._frames |= self._frames
        other._arrays |= self._arrays
        return other

    def rows(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Return the rows that a statement selects; moments are naive datetimes in UTC.

        Parameters
        ----------
        statement
            One SQL statement that names its columns (no ``select *``). Values are bound parameters (``$name``), never
            part of it.
        parameters
            Timestamps may be pandas' own; aware ones are converted to UTC.
        """
        with self._cursor(statement) as cursor:
            found: list[tuple[Any, ...]] = cursor.execute(statement, _bound(statement, parameters)).fetchall()
            return found

    def arrays(self, statement: str, **parameters: Any) -> list[npt.NDArray[Any]]:
        """Return the columns that a statement selects, which must not hold missing values."""
        with self._cursor(statement) as cursor:
            # Not `execute`, which would copy the result once more.
            table = cursor.sql(statement, params=_bound(statement, parameters)).to_arrow_table()
            return [column.to_numpy() for column in table.columns]

    def holding(self, table: str, column: str, text: str) -> Bools:
        """Return which rows of a column of texts hold a text, whatever the case; missing ones don't.

        Each different value is looked at once.
        """
        array = self._array(table, column)
        is_coded = isinstance(array, pa.DictionaryArray)
        values = pc.utf8_lower(array.dictionary if is_coded else array)
        found = pc.match_substring(values, pc.utf8_lower(pa.scalar(text.strip())).as_py()).fill_null(False)
        holds: Bools = found.to_numpy(zero_copy_only=False)
        if not is_coded:
            return holds
        # One more at the end, for the missing.
        passes = np.append(holds, False)
        if not passes.any():
            return np.zeros(len(array), dtype=bool)
        codes = array.indices.cast(pa.int32()).fill_null(len(passes) - 1).to_numpy(zero_copy_only=False)
        coded_holds: Bools = passes[codes]
        return coded_holds

    def exact_numbers(self, table: str, column: str) -> dict[str, int | float]:
        """Return the numbers that the texts of an EXACT column stand for; nothing for a column of another kind."""
        values = self._frames[table][column]
        if not (isinstance(values.dtype, pd.CategoricalDtype) or values.dtype == object):
            return {}
        return {exact_text(number): number for number in coded(values)[1] if not isinstance(number, str)}

    @contextmanager
    def _cursor(self, statement: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of its own for each statement, because a connection serves one thread at a time.

        It knows the tables and columns that the statement may name: to register all of them takes a millisecond.
        """
        with CALLS.using(_new_cursor) as cursor:
            self._register(cursor, set(_WORD.findall(statement)))
            yield cursor

    def _register(self, cursor: duckdb.DuckDBPyConnection, words: set[str]) -> None:
        for table in words & self._frames.keys():
            columns = [name for name in self._frames[table].columns if name in words]
            cursor.register(table, pa.table({name: self._array(table, name) for name in columns}))

    def _array(self, table: str, column: str) -> pa.Array:
        """A column, converted when a statement first names it; when two threads do that at once, one result is kept."""
        key = table, column
        if key not in self._arrays:
            self._arrays[key] = _arrow(self._frames[table][column])
        return self._arrays[key]


def _arrow(column: pd.Series) -> pa.Array:
    """A column as an array that shares its memory; only the marks of missing values are added."""
    values = column.array
    if isinstance(values, pd.Categorical) or column.dtype == object:
        codes, categories = coded(column)
        return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), texts_of(categories))
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return pa.array(column.dt.as_unit("us").dt.tz_convert("UTC").dt.tz_localize(None), from_pandas=True)
    return pa.array(column, from_pandas=True)


# The cache alone would let threads that ask at the same time make a database each, with threads of its own.
_connecting = threading.Lock()


def _new_cursor() -> duckdb.DuckDBPyConnection:
    with _connecting:
        return _connection().cursor()


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    """The process's database. It holds no table: each cursor registers its own."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": THREADS,
            "memory_limit": MEMORY_LIMIT,
            "enable_external_access": "false",
            "autoload_known_extensions": "false",
            "autoinstall_known_extensions": "false",
        },
    )
    connection.execute(SLOT_BEFORE)
    return connection


def _bound(statement: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters that the statement names, because DuckDB refuses any others; moments as naive UTC."""
    named = set(_PARAMETER.findall(statement))
    return {name: _plain_value(value) for name, value in parameters.items() if name in named}


def _plain_value(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return (value.tz_convert("UTC").tz_localize(None) if value.tzinfo else value).to_pydatetime()
    return value.to_pytimedelta() if isinstance(value, pd.Timedelta) else value
