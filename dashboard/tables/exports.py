"""Exports: all rows, exact values, names beside ids, and no text that a spreadsheet evaluates."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from dashboard.analysis.formatting import is_missing, number
from dashboard.analysis.joined_events import RowSelection
from dashboard.analysis.names import Names
from gridrt_client.schema import NUMBERS

NO_NAMES: Final = Names()
# Texts are made a slice at a time, so that only the file and one slice are in memory beside the frame.
_ROWS = 100_000
_LONGEST_NAME = 180
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# What a spreadsheet may read as the begin of a formula: = + - @ in each form that Unicode holds equal (NFKC) and the
# minus sign, after any invisible characters; and what it may read as the end of the cell before. Written so
# that Python and RE2 (pyarrow) read the same.
_UNSEEN = (
    "\\x00-\x20\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f"
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0"
)
_SIGNS = "=\u207c\u208c\ufe66\uff1d+\u207a\u208a\ufb29\ufe62\uff0b@\ufe6b\uff20\u2212\u207b\u208b\ufe63\uff0d\\-"
_DANGEROUS = f"^([{_UNSEEN}]*[{_SIGNS}]|[\\t\\r\\n])"
_dangerous = re.compile(_DANGEROUS)
_unsafe = re.compile(r"[^A-Za-z0-9]+")


MIME: Final = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet", "json": "application/x-ndjson"}


def to_file(rows: RowSelection, tz: str, kind: str, names: Names = NO_NAMES) -> bytes:
    """Return all rows in a format of `MIME`, with the names of ids beside them.

    ``csv`` is for spreadsheets (`to_csv`). ``parquet`` (times in UTC with microseconds) and ``json`` (one object a
    line, ISO 8601 in UTC) are for programs: their texts are as the API sent them. Numbers of ``int1`` to ``int5`` have
    every digit: as texts in Parquet, which has no type for all of them.
    """
    if kind == "csv":
        return to_csv(rows, tz, names)
    parts = (_with_names(rows.take_rows(at, at + _ROWS), names) for at in range(0, max(len(rows), 1), _ROWS))
    out = io.BytesIO()
    if kind == "json":
        for part in parts:
            part.to_json(out, orient="records", lines=True, date_format="iso", date_unit="us", force_ascii=False)
        return out.getvalue()
    tables = (pa.Table.from_pandas(_typed(part), preserve_index=False) for part in parts)
    first = next(tables)
    with pa.parquet.ParquetWriter(out, first.schema, compression="zstd") as writer:
        writer.write_table(first)
        for table in tables:
            writer.write_table(table)
    return out.getvalue()


def _with_names(frame: pd.DataFrame, names: Names) -> pd.DataFrame:
    """The frame with a column of names behind each column of ids that has any."""
    columns: dict[str, Any] = {}
    for name in frame.columns:
        columns[name] = frame[name]
        if known := names.by_id.get(name):
            columns[f"{name} name"] = frame[name].map(known.get).astype("str")
    return pd.DataFrame(columns, index=frame.index, copy=False)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the same types of columns in every slice."""
    exact = [name for name in frame.columns if frame[name].dtype == object or name in NUMBERS]
    texts = {name: pd.Series(map(_exact, frame[name]), index=frame.index, dtype="str") for name in exact}
    return frame.assign(**texts)


def _exact(value: Any) -> str | None:
    return None if is_missing(value) else value if isinstance(value, str) else number(value)


def to_csv(rows: RowSelection, tz: str, names: Names = NO_NAMES) -> bytes:
    """Return all rows as CSV: UTF-8 with a byte order mark, commas, a header, one line per row in their order.

    Each time is written twice, ISO 8601 to the finest unit that its column needs: ``<name> (UTC)`` with ``Z`` and
    ``<name> (<tz>)`` with the offset (only the first when the zone is UTC). Numbers have every digit; booleans are
    ``true`` and ``false``; missing values are empty without quotes, empty texts ``""``. Text that
    a spreadsheet could evaluate as a formula gets an apostrophe in front; numbers are not changed.
    """
    times = rows.frame.columns[[isinstance(dtype, pd.DatetimeTZDtype) for dtype in rows.frame.dtypes]]
    units = {name: _unit(rows.take_columns(name)[name]) for name in times}

    def texts(start: int, stop: int) -> pa.Table:
        return _table(_with_names(rows.take_rows(start, stop), names), tz, units)

    out = io.BytesIO()
    out.write(_BYTE_ORDER_MARK)
    with pa.csv.CSVWriter(out, texts(0, 0).schema) as writer:
        for start in range(0, len(rows), _ROWS):
            writer.write_table(texts(start, start + _ROWS))
    return out.getvalue()


def file_name(
    report: str, tenant: str, start: pd.Timestamp, end: pd.Timestamp, filters: Iterable[str] = (), kind: str = "csv"
) -> str:
    """Return ``events_<tenant>_2026-11-22T1220Z_2026-11-23T1220Z_spaceId-17.csv``: what, whose, when, filtered by what.

    Times in UTC. All but A-Z, a-z and 0-9 become ``-``; of the filters as much as a file's name holds.
    """
    moments = (moment.tz_convert("UTC").strftime("%Y-%m-%dT%H%MZ") for moment in (start, end))
    return "_".join((_safe(report), _safe(tenant), *moments, *map(_safe, filters)))[:_LONGEST_NAME] + f".{kind}"


def _safe(text: str) -> str:
    return _unsafe.sub("-", text).strip("-")[:64] or "unnamed"


def _table(rows: pd.DataFrame, tz: str, units: dict[str, str]) -> pa.Table:
    """A slice as the texts, numbers and booleans that are written."""
    columns: dict[str, pa.Array] = {}
    for name in rows.columns:
        if name in units:
            columns[f"{name} (UTC)"] = _times(rows[name], "UTC", units[name])
            if tz != "UTC":
                columns[f"{name} ({tz})"] = _times(rows[name], tz, units[name])
        else:
            columns[str(name)] = _values(rows[name])
    return pa.table(columns)


def _values(column: pd.Series) -> pa.Array:
    if pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_numeric_dtype(column.dtype):
        return pa.array(column, from_pandas=True)
    if isinstance(column.dtype, pd.StringDtype):
        texts = pa.array(column, type=pa.string(), from_pandas=True)
        # A search costs a seventh of replacing, and mostly nothing is found.
        if not pc.any(pc.match_substring_regex(texts, _DANGEROUS)).as_py():
            return texts
        return pc.replace_substring_regex(texts, _DANGEROUS, r"'\1")
    return pa.array([None if value is None else _text(value) for value in column.tolist()], type=pa.string())


def _text(value: Any) -> str | None:
    if is_missing(value):
        return None
    return _dangerous.sub(r"'\1", value) if isinstance(value, str) else number(value)


def _unit(times: pd.Series) -> str:
    """The coarsest of s, ms and us that holds every one of the times exactly."""
    return next((unit for unit in ("s", "ms") if (times.isna() | (times == times.dt.floor(unit))).all()), "us")


def _times(times: pd.Series, tz: str, unit: str) -> pa.Array:
    """ISO 8601 with Z or an offset."""
    local = times.dt.tz_convert(tz)
    naive = local.dt.tz_localize(None)
    # The cast writes as many fractional digits as the unit has, and a space before the hour.
    written = pa.array(naive, from_pandas=True).cast(pa.timestamp(unit)).cast(pa.string())
    texts = pc.replace_substring(written, " ", "T", max_replacements=1)
    distances, offsets = pd.factorize(naive - times.dt.tz_convert("UTC").dt.tz_localize(None))
    suffixes = pa.array([_offset(offset) if tz != "UTC" else "Z" for offset in offsets], type=pa.string())
    places = pa.array(distances, mask=distances < 0)
    return pc.binary_join_element_wise(texts, suffixes.take(places), "")


def _offset(distance: pd.Timedelta) -> str:
    """``+01:00``; zones of the nineteenth century had seconds too."""
    seconds = round(distance.total_seconds())
    minutes, rest = divmod(abs(seconds), 60)
    return f"{'-' if seconds < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}{f':{rest:02}' if rest else ''}"
