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
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from gridrt_client._sanitize import amount, message_in, plain
from gridrt_client._temp_file import WORTH_A_FILE, Scratch
from gridrt_client.decoding._duckdb_json import FallbackNeeded, decode_file
from gridrt_client.decoding._json_array import CHUNK, NoArrayError, Octets, Payload, array_elements, first_octet, loads
from gridrt_client.decoding._record_columns import RecordColumns
from gridrt_client.errors import GridError, NotAnArrayError, NotJSONError, TooLargeError
from gridrt_client.report import DecodeReport
from gridrt_client.schema import Schema

__all__ = ["DecodeReport", "decode", "decode_carefully"]

_log = logging.getLogger(__name__)

CAREFUL_LIMIT: Final = 512 << 20
"""The careful way takes no answer of more bytes: it needs about ten seconds for half as many, and up to four times the
memory where one record is nearly all of the answer."""
_MARK: Final = b"\xef\xbb\xbf"


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
    TooLargeError
        When it is larger than `CAREFUL_LIMIT` and the fast way can't read it.
    """
    size = payload.stat().st_size if isinstance(payload, Path) else len(payload)
    if size > WORTH_A_FILE:
        frame = _fast_or_none(payload, schema)
        if frame is not None:
            return frame
    if size > CAREFUL_LIMIT:
        raise TooLargeError(
            f"The answer ({amount(size)}) is not plain records alone, and what has to be read piece by piece "
            f"may not be larger than {amount(CAREFUL_LIMIT)}",
            advice="Narrow the query to a space or an installation.",
        )
    # Mapped and not read: the system can take its memory back.
    content: Payload = np.memmap(payload, np.uint8, "r") if isinstance(payload, Path) and size else b""
    return decode_carefully(payload if isinstance(payload, bytes) else content, schema, hide=hide)


def _fast_or_none(payload: bytes | Path, schema: Schema) -> pd.DataFrame | None:
    try:
        if isinstance(payload, Path):
            return decode_file(payload, schema)
        with Scratch() as scratch:
            scratch.write(payload)
            return decode_file(scratch.path, schema)
    except FallbackNeeded as doubt:
        _log.info("A large answer is decoded the careful way, which takes longer: %s.", doubt)
    except OSError as error:
        _log.info("A large answer is decoded the careful way, which takes longer: no file (%s).", error.strerror)
    return None


def decode_carefully(payload: Payload, schema: Schema, *, hide: str | None = None) -> pd.DataFrame:
    """What `decode` does, for any payload, in Python alone."""
    octets = np.frombuffer(payload, np.uint8)
    if octets[: len(_MARK)].tobytes() == _MARK:
        octets = octets[len(_MARK) :]
    columns, all_replaced = RecordColumns(schema), 0
    try:
        for elements, replaced in array_elements(octets, schema.names):
            columns.add(elements)
            all_replaced += replaced
    except NoArrayError as error:
        reason, breaks_off = str(error), error.breaks_off
    else:
        return columns.frame(all_replaced)
    raise _refused(octets, reason, breaks_off, hide)


def _refused(octets: Octets, reason: str, breaks_off: bool, hide: str | None) -> GridError:
    """Why a payload is no array of records."""
    begin = first_octet(octets)
    start = octets[begin : begin + 1000].tobytes().decode(errors="replace").lstrip()
    if not start:
        return NotJSONError("The answer is empty")
    if start.startswith("<"):
        return NotJSONError(
            "The answer is a web page instead of data: a sign-in page or a proxy answered in place of the API",
            advice="Check GRIDRT_BASE_URL, and whether this network asks for a sign-in first.",
        )
    if start[0] != "[":
        value, reason, breaks_off = _value_instead(octets)
        if not reason:
            return _not_an_array(value, hide)
    closing = {"[": b"]", "{": b"}"}.get(start[0], b"")
    if breaks_off or not octets[-1000:].tobytes().rstrip().endswith(closing):
        return NotJSONError(f"The answer breaks off after {amount(len(octets))}", advice="Try again.")
    # What looks like records is not shown: it may be about people.
    begins = "" if closing else f"; it begins with “{plain(start, 60, hide)}”"
    return NotJSONError(f"The answer is no JSON ({reason}){begins}")


def _value_instead(octets: Octets) -> tuple[Any, str, bool]:
    """The value that a payload is, or why it is none, and whether it only lacks its end."""
    text = octets[: CHUNK + 1].tobytes().decode(errors="replace")
    try:
        return loads(text), "", False
    except json.JSONDecodeError as error:
        if len(octets) > CHUNK and text.lstrip()[0] == "{" and octets[-1000:].tobytes().rstrip().endswith(b"}"):
            # Nobody sends so large a message: that it is an object is enough to say.
            return {}, "", False
        return None, error.msg, error.pos >= len(error.doc.rstrip())


def _not_an_array(value: Any, hide: str | None) -> NotAnArrayError:
    kind = {dict: "an object", str: "a text", bool: "true or false", type(None): "null"}.get(type(value), "a number")
    said = message_in(value, hide) if isinstance(value, dict) else None
    told = f", which says: “{said}”" if said else ""
    return NotAnArrayError(f"The answer is {kind} instead of an array of records{told}")
