"""From the bytes of an answer to a typed frame.

The careful decoder here reads any payload, the fast one (`_duckdb_json`) large ones of plain records, with equal
results. Nothing readable is lost: an unreadable value becomes missing, an element that is no record and fields that the
contract doesn't name are left out, and a `DecodeReport` counts them.
"""

import json
import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from gridrt_client._resources import FILE_THRESHOLD, TempFile
from gridrt_client.answer import SAMPLED, unannounced
from gridrt_client.decoding._duckdb_json import FallbackNeeded, decode_file
from gridrt_client.decoding._json_array import CHUNK, NoArrayError, Octets, Payload, array_elements, first_octet, loads
from gridrt_client.decoding._values import Column, Decoded, check_number, column, decoded, joined_codes, text
from gridrt_client.errors import GridError, NotAnArrayError, NotJSONError, TooLargeError
from gridrt_client.personal_data import Pseudonyms, masked
from gridrt_client.personal_texts import scrubbed
from gridrt_client.safe_text import format_bytes, message_in
from gridrt_client.schema import Kind, Schema

_log = logging.getLogger(__name__)

CAREFUL_LIMIT: Final = 512 << 20
"""The largest answer in bytes for the careful decoder: half as many take about ten seconds, and up to four times the
memory where one record is nearly all of the answer."""
_ID: Final = "captureId"
_NAMES: Final = 100_000  # unannounced fields that are counted each; others are counted together
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def decode(
    payload: bytes | Path, schema: Schema, *, hide: str | None = None, pseudonyms: Pseudonyms | None = None
) -> Decoded:
    """Return the frame of an answer with one row per record in the order received, and the report.

    The frame has the columns and dtypes of `schema` and a RangeIndex. Of records with the same `captureId` the first is
    kept; all without one (or with an empty one).

    `payload` is the body of the answer, UTF-8, with or without a byte order mark, or a file that holds it and doesn't
    change meanwhile. Large bytes go through a temporary file. No error shows the text `hide`, such as a credential,
    even if the answer holds it. With `pseudonyms` these stand in place of personal data (`personal_data`).

    Raise NotJSONError for an empty payload, HTML, and what is broken off or otherwise no JSON, NotAnArrayError for
    other JSON, and TooLargeError for more than `CAREFUL_LIMIT` that the fast decoder can't read and too many records.
    """
    found = _decoded(payload, schema, hide)
    return found if pseudonyms is None else masked(found, schema, pseudonyms)


def _decoded(payload: bytes | Path, schema: Schema, hide: str | None) -> Decoded:
    size = payload.stat().st_size if isinstance(payload, Path) else len(payload)
    if size > FILE_THRESHOLD and (found := _decode_fast(payload, schema)) is not None:
        return found
    if size > CAREFUL_LIMIT:
        raise TooLargeError(
            f"The answer ({format_bytes(size)}) is not plain records alone, and what has to be read piece by piece "
            f"may not be larger than {format_bytes(CAREFUL_LIMIT)}",
            advice="Narrow the query to a space or an installation.",
        )
    if isinstance(payload, Path):
        # Mapped and not read: the system can take its memory back.
        return decode_carefully(np.memmap(payload, np.uint8, "r") if size else b"", schema, hide=hide)
    return decode_carefully(payload, schema, hide=hide)


def _decode_fast(payload: bytes | Path, schema: Schema) -> Decoded | None:
    try:
        if isinstance(payload, Path):
            return decode_file(payload, schema)
        with TempFile() as file:
            file.write(payload)
            return decode_file(file.path, schema)
    except FallbackNeeded as error:
        reason = str(error)
    except OSError as error:
        reason = f"no file ({error.strerror})"
    _log.info("A large answer is decoded the careful way, which takes longer: %s.", reason)
    return None


def decode_carefully(payload: Payload, schema: Schema, *, hide: str | None = None) -> Decoded:
    """Decode any payload, as `decode` does, in Python alone."""
    octets = np.frombuffer(payload, np.uint8)
    if octets[: len(_BYTE_ORDER_MARK)].tobytes() == _BYTE_ORDER_MARK:
        octets = octets[len(_BYTE_ORDER_MARK) :]
    columns, all_replaced = RecordColumns(schema), 0
    try:
        for elements, replaced in array_elements(octets, schema.names):
            columns.add(elements)
            all_replaced += replaced
    except NoArrayError as error:
        reason, breaks_off = error.args
    else:
        return columns.decoded(all_replaced)
    raise _error(octets, reason, breaks_off, hide)


def _error(octets: Octets, reason: str, breaks_off: bool, hide: str | None) -> GridError:
    """Return why a payload is no array of records."""
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
            names = {dict: "an object", str: "a text", bool: "true or false", type(None): "null"}
            message = message_in(value, hide) if isinstance(value, dict) else None
            says = f", which says: “{scrubbed(message)}”" if message else ""
            kind = names.get(type(value), "a number")
            return NotAnArrayError(f"The answer is {kind} instead of an array of records{says}")
    closing = {"[": b"]", "{": b"}"}.get(start[0], b"")
    if breaks_off or not octets[-1000:].tobytes().rstrip().endswith(closing):
        return NotJSONError(f"The answer breaks off after {format_bytes(len(octets))}", advice="Try again.")
    # What it holds may be about people and is not shown.
    return NotJSONError(f"The answer is no JSON ({reason})")


def _value_instead(octets: Octets) -> tuple[Any, str, bool]:
    """Return the value that a payload is, or why it is none, and whether it only lacks its end."""
    text = octets[: CHUNK + 1].tobytes().decode(errors="replace")
    try:
        return loads(text), "", False
    except json.JSONDecodeError as error:
        if len(octets) > CHUNK and text.lstrip()[0] == "{" and octets[-1000:].tobytes().rstrip().endswith(b"}"):
            # An object too large for a message.
            return {}, "", False
        return None, error.msg, error.pos >= len(error.doc.rstrip())


class RecordColumns:
    """Columns from records that Python's `json` has read, some records at a time."""

    def __init__(self, schema: Schema) -> None:
        self._kinds = {field.name: field.kind for field in schema.fields}
        self._parts = {name: [column(kind, [])] for name, kind in self._kinds.items()}
        self._received = self._objects = self._records = 0
        self._ids: set[str] = set()
        self._unannounced: Counter[str] = Counter()
        self._names: set[str] = set()
        self._others = 0

    def add(self, elements: list[Any]) -> None:
        objects = [element for element in elements if isinstance(element, dict)]
        records = [record for record in objects if self._is_new(text(record.get(_ID)))]
        self._count_unannounced(elements, records)
        for name, kind in self._kinds.items():
            self._parts[name].append(column(kind, [record.get(name) for record in records]))
        self._received += len(elements)
        self._objects += len(objects)
        self._records += len(records)
        check_number(self._records)

    def decoded(self, replaced: int) -> Decoded:
        """Return the frame and its report; `replaced` counts characters that were replaced before."""
        columns = {name: _joined(self._kinds[name], parts) for name, parts in self._parts.items()}
        counts = unannounced(self._unannounced, self._others)
        return decoded(columns, self._received, self._received - self._objects, counts, replaced)

    def _is_new(self, captureId: str | None) -> bool:
        if not captureId:
            return True
        known = len(self._ids)
        self._ids.add(captureId)
        return len(self._ids) > known

    def _count_unannounced(self, elements: list[Any], records: list[dict[str, Any]]) -> None:
        known = self._kinds.keys()
        for element in elements[: max(0, SAMPLED - self._received)]:
            if isinstance(element, dict):
                found = element.keys() - known
                if len(self._names) < _NAMES:
                    self._names |= found
                else:
                    self._others += sum(element[name] is not None for name in found - self._names)
        if self._names:
            for record in records:
                self._unannounced.update(name for name in record.keys() & self._names if record[name] is not None)


def _joined(kind: Kind, parts: list[Column]) -> Column:
    arrays, lost, mended = zip(*parts, strict=True)
    is_category = isinstance(arrays[0], pd.Categorical)
    whole = _joined_categories(kind, arrays) if is_category else pd.concat(map(pd.Series, arrays)).array
    return whole, sum(lost), sum(mended)


def _joined_categories(kind: Kind, parts: Sequence[pd.Categorical]) -> pd.Categorical:
    # pandas' union_categoricals makes 5 and 1.5 floats.
    whole: pd.Categorical = column(kind, [value for part in parts for value in part.categories])[0]
    codes = joined_codes(whole.codes, [len(part.categories) for part in parts], [part.codes for part in parts])
    return pd.Categorical.from_codes(codes, dtype=whole.dtype)
