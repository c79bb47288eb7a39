"""From JSON values to typed columns, and from these to a frame. Unreadable values become missing and are counted."""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from gridrt_client.answer import NOT_AN_OBJECT, DecodeReport
from gridrt_client.errors import TooLargeError
from gridrt_client.schema import Kind

Codes = np.ndarray[Any, np.dtype[np.signedinteger[Any]]]
Column = tuple[Any, int, int]  # the array, the numbers of unreadable values and of replaced characters

NOT_A_TIME: Final = np.iinfo(np.int64).min  # NaT in NumPy
_TEXT: Final = pd.StringDtype(na_value=np.nan)
_NUMERAL: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_WHOLE: Final = re.compile(r"[+-]?\d+", re.ASCII)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001
_MICROSECOND: Final = timedelta(microseconds=1)
# The years 1 to 9999 less a day at each end: a moment must stay a date in every time zone.
FIRST: Final = (datetime(1, 1, 2) - _EPOCH) // _MICROSECOND  # noqa: DTZ001
LAST: Final = (datetime(9999, 12, 31) - _EPOCH) // _MICROSECOND - 1  # noqa: DTZ001

_CLOCK = r"(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)"
_SECOND = r":(?P<second>[0-5]\d)"
_OFFSET = r"(?P<sign>[+-])(?P<hours>[01]\d|2[0-3]):?(?P<minutes>[0-5]\d)?"
_ISO: Final = (
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    rf"(?:[Tt ]{_CLOCK}(?:{_SECOND}(?:[.,](?P<fraction>\d+))?)? ?(?:[Zz]|{_OFFSET})?)?"
)
# JavaScript's Date.toString(); the name of the zone in parentheses is in the language of the device.
_JAVASCRIPT: Final = (
    r"[A-Z][a-z]{2} (?P<month>[A-Z][a-z]{2}) (?P<day>\d{1,2}) (?P<year>\d{4}) "
    rf"{_CLOCK}{_SECOND} (?:GMT|UTC)(?:{_OFFSET})?(?: ?\(.*)?"
)
# HTTP (RFC 7231) and JavaScript's Date.toUTCString().
_HTTP: Final = (
    r"[A-Z][a-z]{2}, (?P<day>\d{1,2}) (?P<month>[A-Z][a-z]{2}) (?P<year>\d{4}) "
    rf"{_CLOCK}{_SECOND} (?:GMT|UTC|{_OFFSET})"
)
_FORMS: Final = [re.compile(form, re.ASCII | re.DOTALL) for form in (_ISO, _JAVASCRIPT, _HTTP)]
_MILLISECONDS: Final = re.compile(r"\d{10,15}", re.ASCII)
_MONTHS: Final = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MOST_RECORDS: Final = 10_000_000  # a million takes some 120 MB, however little JSON a record is


class Decoded(NamedTuple):
    frame: pd.DataFrame
    report: DecodeReport


def column(kind: Kind, values: Sequence[Any], codes: Codes | None = None) -> Column:
    """Return the column of a field, with the dtype that `schema` documents.

    `values` holds one JSON value per row or, with `codes`, per group of equal rows in order of first occurrence: the
    codes are for each row the position of its value, -1 for none.
    """
    read, exact_types, make = _KINDS[kind]
    found: Sequence[Any] = values
    if not set(map(type, values)) <= {*exact_types, type(None)}:
        found = [None if value is None else read(value) for value in values]
    weights = None if codes is None else np.bincount(codes[codes >= 0], minlength=len(values))

    def total(each: Iterable[int]) -> int:
        return sum(each) if weights is None else int(np.dot(weights, np.fromiter(each, np.int64, len(values))))

    unreadable = 0
    if found is not values:
        unreadable = total(one is None and value is not None for value, one in zip(values, found, strict=True))
    try:
        return make(found, codes), unreadable, 0
    except UnicodeEncodeError:
        # Lone surrogates, which JSON can write as "\ud800" and no UTF-8 column can hold.
        mended = [_SURROGATE.subn("\ufffd", one) if one else (one, 0) for one in found]
        return make([one for one, _ in mended], codes), unreadable, total(count for _, count in mended)


def joined_codes(places: Codes, sizes: Iterable[int], parts: Iterable[Codes]) -> Codes:
    """Return the codes of all parts as codes for common groups.

    `sizes` are the numbers of groups of each part, and `places` the common groups for all of these in order.
    """
    # One piece more than parts, without groups.
    pieces = zip(np.split(places, np.cumsum([*sizes], dtype=np.int64)), parts, strict=False)
    return np.concatenate([places[:0], *(taken(piece, codes, -1) for piece, codes in pieces)])


def dates(stamps: np.ndarray[Any, np.dtype[np.int64]]) -> Any:
    return pd.DatetimeIndex(stamps.view("datetime64[us]")).tz_localize("UTC").array


def text(value: Any) -> str | None:
    """Return a text as it is, a number in its shortest exact spelling, None for anything else."""
    if isinstance(value, str):
        return value
    number = _exact(value)
    return None if number is None else str(number)


def _category(found: Sequence[Any], codes: Codes | None, dtype: Any) -> pd.Categorical:
    """Equal values become one category, the first of them, in order of first occurrence."""
    places: dict[Any, int] = {}
    groups = np.fromiter(
        (-1 if one is None else places.setdefault(one, len(places)) for one in found), np.int32, len(found)
    )
    return pd.Categorical.from_codes(taken(groups, codes, -1), categories=pd.Index(list(places), dtype=dtype))


def _extension(found: Sequence[Any], codes: Codes | None, dtype: Any) -> Any:
    array = pd.array(found, dtype=dtype)
    return array if codes is None else array.take(codes, allow_fill=True)


def _dates(found: Sequence[Any], codes: Codes | None) -> Any:
    stamps = np.fromiter((NOT_A_TIME if one is None else one for one in found), np.int64, len(found))
    return dates(taken(stamps, codes, NOT_A_TIME))


def taken(each: np.ndarray[Any, Any], codes: Codes | None, missing: Any) -> np.ndarray[Any, Any]:
    # The appended place is the one that -1 points to.
    return each if codes is None else np.append(each, np.array([missing], dtype=each.dtype))[codes]


def _exact(value: Any) -> int | float | None:
    if isinstance(value, str):
        numeral = value.strip()
        if not _NUMERAL.fullmatch(numeral):
            return None
        try:
            value = int(numeral) if _WHOLE.fullmatch(numeral) else float(numeral)
        except ValueError:
            # More digits than sys.get_int_max_str_digits().
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None


def _measure(value: Any) -> float | None:
    exact = _exact(value)
    try:
        number = math.nan if exact is None else float(exact)
    except OverflowError:
        # A whole number beyond the largest float.
        return None
    return number if math.isfinite(number) else None


def _boolean(value: Any) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, (int, float)) and value in (0, 1) else None


def microseconds(value: object) -> int | None:
    """Return microseconds since 1970-01-01T00:00Z, or None for what is no readable date.

    Readable are ISO 8601 (fractions cut to microseconds; UTC without a zone, as the vendor's pipeline writes it; a date
    alone is its midnight), JavaScript's ``Date.toString()``, the date of RFC 7231, and milliseconds since 1970 as a
    number or as ten or more digits.
    """
    found: int | None = None
    if isinstance(value, str):
        found = _of_text(value.strip())
    elif isinstance(value, int) and not isinstance(value, bool):
        found = value * 1000
    elif isinstance(value, float) and math.isfinite(value):
        # In two parts: the product of a large number would be rounded.
        milliseconds = math.floor(value)
        found = milliseconds * 1000 + round((value - milliseconds) * 1000)
    return found if found is not None and FIRST <= found <= LAST else None


def _of_text(text: str) -> int | None:
    match = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    if match is None:
        return int(text) * 1000 if _MILLISECONDS.fullmatch(text) else None
    parts = match.groupdict("0")
    month, fraction = parts["month"], parts.get("fraction", "0")
    hour, minute, second = (int(parts[name]) for name in ("hour", "minute", "second"))
    try:
        number = int(month) if month.isdigit() else _MONTHS.index(month)
        moment = datetime(int(parts["year"]), number, int(parts["day"]), hour, minute, second)  # noqa: DTZ001
    except ValueError:
        return None
    offset = timedelta(hours=int(parts["hours"]), minutes=int(parts["minutes"])) // _MICROSECOND
    found = (moment - _EPOCH) // _MICROSECOND + int(fraction[:6].ljust(6, "0"))
    return found + offset if parts["sign"] == "-" else found - offset


_Reader = Callable[[Any], Any]
_Maker = Callable[[Sequence[Any], Codes | None], Any]
# What reads a value, the types besides None that need no reading, and what makes the column.
_KINDS: Final[dict[Kind, tuple[_Reader, set[type], _Maker]]] = {
    Kind.TEXT: (text, {str}, lambda found, codes: _category(found, codes, _TEXT)),
    Kind.UNIQUE: (text, {str}, lambda found, codes: _extension(found, codes, _TEXT)),
    Kind.DATE: (microseconds, set(), _dates),
    Kind.NUMBER: (_measure, set(), lambda found, codes: taken(np.array(found, dtype="float64"), codes, np.nan)),
    Kind.BOOLEAN: (_boolean, {bool}, lambda found, codes: _extension(found, codes, "boolean")),
    Kind.EXACT: (_exact, {int}, lambda found, codes: _category(found, codes, object)),
}


def decoded(
    columns: Mapping[str, Column], received: int, dropped: int, unannounced: dict[str, int], replaced: int = 0
) -> Decoded:
    """Return the frame of the columns and its report.

    `dropped` elements were no objects, and `replaced` characters were replaced before.
    """
    frame = pd.DataFrame({name: array for name, (array, _, _) in columns.items()}, copy=False)
    records, reasons = len(frame), {NOT_AN_OBJECT: dropped} if dropped else {}
    unreadable = {name: lost for name, (_, lost, _) in columns.items() if lost}
    replaced += sum(mended for _, _, mended in columns.values())
    duplicates = received - dropped - records
    return Decoded(frame, DecodeReport(received, records, reasons, duplicates, unreadable, unannounced, replaced))


def check_number(records: int) -> None:
    if records > MOST_RECORDS:
        advice = "Narrow the query to a space or an installation."
        raise TooLargeError(f"The answer has more than {MOST_RECORDS:,} records, the limit", advice=advice)
