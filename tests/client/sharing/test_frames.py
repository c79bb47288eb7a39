"""Frames go through Arrow IPC unchanged, and nothing else comes back as one."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridrt_client.decoding.decoder import decode
from gridrt_client.schema import EVENT, LATEST_EVENT, SESSION, Schema
from gridrt_client.sharing._frames import UnusableError, pack, unpack
from tests.client.decoding.test_duckdb_json import assert_same

WILD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(
        [2**63, -(2**200), 1, 1.0, 0, -0.0, 5e-324, 1.7e308, "1", "", "\x00", "\u202e", "1e400", "9" * 5000]
    ),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(["2026-11-23T11:20:00.1234567Z", "0001-01-02", "9999-12-30T23:59:59.999999Z", 0, "true"]),
)


def frames(schema: Schema) -> st.SearchStrategy[pd.DataFrame]:
    record = st.dictionaries(st.sampled_from(schema.names), WILD, max_size=8)
    return st.lists(record, max_size=12).map(lambda records: decode(json.dumps(records).encode(), schema).frame)


@pytest.mark.parametrize("schema", [SESSION, EVENT, LATEST_EVENT], ids=lambda schema: schema.name)
@settings(max_examples=60)
@given(data=st.data())
def test_any_frame_comes_back_equal(schema: Schema, data: Any) -> None:
    frame = data.draw(frames(schema))
    packed, size = pack(frame, schema)
    back = unpack(packed.to_pybytes(), size, schema)
    pd.testing.assert_frame_equal(back, frame)
    assert back.equals(frame)
    for name in schema.names:
        assert back[name].dtype == frame[name].dtype
        if isinstance(frame[name].dtype, pd.CategoricalDtype):
            before, after = frame[name].cat.categories, back[name].cat.categories
            assert list(map(repr, after)) == list(map(repr, before))
            assert after.dtype == before.dtype
            assert back[name].cat.codes.dtype == frame[name].cat.codes.dtype
