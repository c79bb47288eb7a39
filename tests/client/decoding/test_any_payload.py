"""Any JSON payload gives a typed frame that an independent, plain decoder agrees with, or a GridError."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridrt_client.errors import GridError
from gridrt_client.schema import EVENT, LATEST_EVENT, SESSION, Kind, Schema
from tests.decoded import decode

# Halves of surrogate pairs included, which JSON can write.
texts = st.text(st.characters(exclude_categories=()))
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**200), 2**200)
    | st.floats()
    | st.text()
    | st.sampled_from(
        ["true", "FALSE", "1.5", "007", "-1e3", "NaN", "2026-11-23T11:20:00.1234567Z", "1795432800000", ""]
    )
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)


def records(schema: Schema) -> st.SearchStrategy[list[Any]]:
    names = st.sampled_from([*schema.names, *schema.names, "id", "eventCaptureTime", "environment"])
    return st.lists(st.dictionaries(names, anything, max_size=8) | anything, max_size=12)


@pytest.mark.parametrize("schema", [SESSION, EVENT, LATEST_EVENT], ids=lambda schema: schema.name)
@given(data=st.data())
def test_any_array_becomes_a_typed_frame_whose_counts_add_up(schema: Schema, data: st.DataObject) -> None:
    elements = data.draw(records(schema))
    frame = decode(json.dumps(elements).encode(), schema)
    report = frame.attrs["report"]
    assert dict(frame.dtypes.astype(str)) == schema.dtypes
    assert report.received == len(elements)
    assert report.records == len(frame) == report.received - sum(report.dropped.values()) - report.duplicates
    assert sum(report.dropped.values()) == sum(not isinstance(element, dict) for element in elements)
    for sentence in report.sentences():
        assert sentence.isprintable()
    kept = first_of_each([element for element in elements if isinstance(element, dict)])
    for field in schema.fields:
        given_values = [record.get(field.name) for record in kept]
        missing = int(frame[field.name].isna().sum())
        absent = sum(value is None for value in given_values)
        assert missing == absent + report.unreadable.get(field.name, 0)
        for value, cell in zip(given_values, frame[field.name].tolist(), strict=True):
            check(field.kind, value, cell)
    # It goes where frames go.
    assert len(frame.copy(deep=False).to_csv(index=False)) > 0


def first_of_each(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    seen: list[str] = []
    kept = []
    for record in objects:
        one = record.get("captureId")
        known = str(one) if isinstance(one, (str, int, float)) and not isinstance(one, bool) else ""
        if known in ("nan", "inf", "-inf") and not isinstance(one, str):
            known = ""
        if known and known in seen:
            continue
        seen.append(known)
        kept.append(record)
    return kept


def check(kind: Kind, value: Any, cell: Any) -> None:
    """What a value of the right type becomes; other types are the examples' part."""
    if kind is Kind.TEXT and isinstance(value, str):
        assert cell == value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    elif kind is Kind.EXACT and type(value) is int:
        assert cell == value
        assert type(cell) is int
    elif kind is Kind.EXACT and type(value) is float and value - value == 0:
        assert cell == value
    elif kind is Kind.NUMBER and type(value) in (int, float) and abs(value) < 1e308:
        assert cell == float(value)
    elif kind is Kind.BOOLEAN and type(value) is bool:
        assert cell is value
    elif value is None or isinstance(value, (list, dict)):
        assert pd.isna(cell)


@given(st.binary() | st.text().map(str.encode) | anything.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_frame_or_an_error_of_ours(payload: bytes) -> None:
    try:
        frame = decode(payload, EVENT)
    except GridError:
        return
    assert dict(frame.dtypes.astype(str)) == EVENT.dtypes


@given(records(EVENT), st.data())
def test_a_cut_answer_is_never_taken_for_whole(elements: list[Any], data: st.DataObject) -> None:
    payload = json.dumps(elements).encode()
    cut = payload[: data.draw(st.integers(0, len(payload) - 1))]
    with pytest.raises(GridError):
        decode(cut, EVENT)
