"""CSV exports: complete, masked, exact, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re

import pandas as pd

from dashboard.formatting import is_missing, number
from dashboard.privacy import masked

_ROWS = 50_000
# What a spreadsheet takes for the begin of a formula, in all forms that Unicode knows (NFKC of each is = + - or @).
_FORMULA = re.compile(
    "^(?:[\\s\x00-\x20\u200b-\u200f\u2060\ufeff]*[=\uff1d\ufe66\u207c\u208c+\uff0b\ufe62\u207a\u208a\ufb29\\-\uff0d\ufe63\u2212\u207b\u208b@\uff20\ufe6b]|[\t\r\n])"
)
_UNSAFE = re.compile(r"[^A-Za-z0-9]+")


def to_csv(frame: pd.DataFrame, tz: str) -> bytes:
    """The whole frame as CSV in UTF-8 with a byte order mark."""
    shown = masked(frame)
    out = io.StringIO(newline="")
    columns: dict[str, list[str]] = {}
    for name in shown.columns:
        series = shown[name]
        if isinstance(series.dtype, pd.DatetimeTZDtype):
            columns[f"{name} (UTC)"] = ["" if is_missing(t) else t.tz_convert("UTC").isoformat() for t in series]
            if tz != "UTC":
                columns[f"{name} ({tz})"] = ["" if is_missing(t) else t.tz_convert(tz).isoformat() for t in series]
        else:
            columns[name] = [_cell(value) for value in series.array]
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return out.getvalue().encode("utf-8-sig", "replace")


def file_name(report: str, tenant: str, start: pd.Timestamp, end: pd.Timestamp) -> str:
    """``events_<tenant>_2026-11-22T1220Z_2026-11-23T1220Z.csv``: UTC; letters, digits, ``-`` and ``_`` only."""
    moments = (moment.tz_convert("UTC").strftime("%Y-%m-%dT%H%MZ") for moment in (start, end))
    return "_".join((_safe(report), _safe(tenant), *moments)) + ".csv"


def _safe(text: str) -> str:
    return _UNSAFE.sub("-", text).strip("-")[:64] or "unnamed"


def _cell(value: object) -> str:
    if is_missing(value):
        return ""
    if isinstance(value, str):
        return f"'{value}" if _FORMULA.match(value) else value
    return str(value).lower() if str(value) in ("True", "False") else number(value)
