"""From the bytes of an answer to a typed frame.

There are two ways to the same frame: the careful one below reads every payload, the fast one (`_fast`) those that are
as they should be and large enough to be worth it.

Nothing readable is lost. A value that can't be read becomes missing and is counted; an element that is no record is
left out and counted; fields that the contract doesn't name are counted and left out. The counts are a `DecodeReport` in
``frame.attrs["report"]``.
"""

from __future__ import annotations

import json
import logging
import math
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pandas as pd

from gridrt_client._columns import column, text
from gridrt_client._fast import Doubt, decode_file
from gridrt_client._scratch import WORTH_A_FILE, Scratch
from gridrt_client._text import amount, message_in, plain
from gridrt_client.errors import NotAnArrayError, NotJSONError
from gridrt_client.report import NOT_AN_OBJECT, SAMPLED, DecodeReport, unannounced
from gridrt_client.schema import Schema

__all__ = ["DecodeReport", "decode", "decode_carefully"]

_log = logging.getLogger(__name__)

_REPLACED: Final = "\ufffd"


def decode(payload: bytes | Path, schema: Schema, *, hide: str | None = None) -> pd.DataFrame:
    """The records of an answer.

    Parameters
    ----------
    payload
        The body of the answer, UTF-8, with or without a byte order mark, or a file that holds it and that nobody
        changes meanwhile. Large bytes go through a temporary file.
    schema
        What the records are.
    hide
        A text, such as a credential, that no error may show even if the answer holds it.

    Returns
    -------
    DataFrame
        One row per record in the order received, with the columns and dtypes of `schema`, index a RangeIndex. Of
        records with the same `captureId` the first stays; records without one (or with an empty one) all stay.

    Raises
    ------
    NotJSONError
        When the payload is empty, HTML, broken off or otherwise no JSON.
    NotAnArrayError
        When it is JSON, but no array.
    """
    size = payload.stat().st_size if isinstance(payload, Path) else len(payload)
    if size > WORTH_A_FILE:
        frame = _fast_or_none(payload, schema)
        if frame is not None:
            return frame
    return decode_carefully(payload.read_bytes() if isinstance(payload, Path) else payload, schema, hide=hide)


def _fast_or_none(payload: bytes | Path, schema: Schema) -> pd.DataFrame | None:
    try:
        if isinstance(payload, Path):
            return decode_file(payload, schema)
        with Scratch() as scratch:
            scratch.write(payload)
            return decode_file(scratch.path, schema)
    except Doubt as doubt:
        _log.info("A large answer is decoded the careful way, which takes longer: %s.", doubt)
    except OSError as error:
        _log.info("A large answer is decoded the careful way, which takes longer: no file (%s).", error.strerror)
    return None


def decode_carefully(payload: bytes, schema: Schema, *, hide: str | None = None) -> pd.DataFrame:
    """What `decode` does, for any payload, in Python alone."""
    body, replaced = _text_of(payload)
    elements = _parsed(body, len(payload), hide)
    if not isinstance(elements, list):
        raise _not_an_array(elements, hide)

    objects = [element for element in elements if isinstance(element, dict)]
    records = _first_of_each(objects)
    columns: dict[str, Any] = {}
    unreadable: dict[str, int] = {}
    for field in schema.fields:
        columns[field.name], lost, mended = column(field.kind, [record.get(field.name) for record in records])
        replaced += mended
        if lost:
            unreadable[field.name] = lost
    frame = pd.DataFrame(columns, index=pd.RangeIndex(len(records)), copy=False)
    frame.attrs["report"] = DecodeReport(
        received=len(elements),
        records=len(records),
        dropped={NOT_AN_OBJECT: len(elements) - len(objects)} if len(elements) > len(objects) else {},
        doubled=len(objects) - len(records),
        unreadable=unreadable,
        unannounced=_unannounced(elements, records, schema),
        replaced=replaced,
    )
    return frame


def _text_of(payload: bytes) -> tuple[str, int]:
    """The payload as text, and how many of its characters had to be replaced."""
    try:
        return payload.decode("utf-8-sig"), 0
    except UnicodeDecodeError:
        body = payload.decode("utf-8-sig", errors="replace")
        # The payload may hold U+FFFD rightly; UTF-8 can't mistake its three bytes for anything else.
        return body, body.count(_REPLACED) - payload.count(_REPLACED.encode())


def _parsed(body: str, size: int, hide: str | None) -> Any:
    start = body[:1000].lstrip()
    if not start and not body.strip():
        raise NotJSONError("The answer is empty")
    if start.startswith("<"):
        raise NotJSONError(
            "The answer is a web page instead of data: a sign-in page or a proxy answered in place of the API",
            advice="Check GRIDRT_BASE_URL, and whether this network asks for a sign-in first.",
        )
    try:
        # Not strict: raw control characters within a text cost nothing to accept.
        return json.loads(body, strict=False)
    except json.JSONDecodeError as error:
        reason, position = error.msg, error.pos
    except RecursionError:
        reason, position = "nested too deeply", 0
    except ValueError:
        # A whole number of more digits than Python reads at once.
        return _parsed_with_endless_numbers(body)
    body = body.rstrip()
    if position == len(body) or (start[0] in "[{" and body[-1] != {"[": "]", "{": "}"}[start[0]]):
        raise NotJSONError(f"The answer breaks off after {amount(size)}", advice="Try again.")
    raise NotJSONError(f"The answer is no JSON ({reason}); it begins with “{plain(start, 60, hide)}”")


def _parsed_with_endless_numbers(body: str) -> Any:
    def whole(digits: str) -> int | float:
        try:
            return int(digits)
        except ValueError:
            # No field can hold it: NaN is counted as unreadable in each.
            return math.nan

    failed: str
    try:
        return json.loads(body, strict=False, parse_int=whole)
    except json.JSONDecodeError as error:
        failed = error.msg
    except RecursionError:
        failed = "nested too deeply"
    raise NotJSONError(f"The answer is no JSON ({failed})")


def _not_an_array(value: Any, hide: str | None) -> NotAnArrayError:
    kind = {dict: "an object", str: "a text", bool: "true or false", type(None): "null"}.get(type(value), "a number")
    said = message_in(value, hide) if isinstance(value, dict) else None
    told = f", which says: “{said}”" if said else ""
    return NotAnArrayError(f"The answer is {kind} instead of an array of records{told}")


def _first_of_each(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records without those whose `captureId` has been seen before."""
    ids = [text(record.get("captureId")) for record in objects]
    known = [one for one in ids if one]
    if len(set(known)) == len(known):
        return objects
    seen: set[str] = set()
    kept = []
    for record, one in zip(objects, ids, strict=True):
        if one and one in seen:
            continue
        if one:
            seen.add(one)
        kept.append(record)
    return kept


def _unannounced(elements: list[Any], records: list[dict[str, Any]], schema: Schema) -> dict[str, int]:
    names = set(chain.from_iterable(element for element in elements[:SAMPLED] if isinstance(element, dict)))
    names.difference_update(schema.names)
    if not names:
        return {}
    return unannounced({name: sum(record.get(name) is not None for record in records) for name in names})
