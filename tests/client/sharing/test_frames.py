"""Frames go through Arrow IPC unchanged, and nothing else comes back as one."""

from __future__ import annotations

import contextlib
import gc
import json
import random
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridrt_client.decoding.decoder import decode
from gridrt_client.schema import EVENT, LATEST_EVENT, SESSION, Schema
from gridrt_client.sharing._frames import UnusableError, pack, unpack

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
@settings(max_examples=20)
@given(data=st.data())
def test_any_frame_comes_back_equal(schema: Schema, data: Any) -> None:
    frame = data.draw(frames(schema))
    packed, size = pack(frame, schema)
    back = unpack(packed, size, schema)
    pd.testing.assert_frame_equal(back, frame)
    assert back.equals(frame)
    for name in schema.names:
        assert back[name].dtype == frame[name].dtype
        if isinstance(frame[name].dtype, pd.CategoricalDtype):
            before, after = frame[name].cat.categories, back[name].cat.categories
            assert list(map(repr, after)) == list(map(repr, before))
            assert after.dtype == before.dtype
            assert back[name].cat.codes.dtype == frame[name].cat.codes.dtype


def packed_event(**changes: Any) -> tuple[bytes, int]:
    """A frame of one event, with other Arrow columns or another codec."""
    packed, size = pack(decode(b'[{"captureId": "a", "str1": "x", "int1": 5, "public": 1}]', EVENT).frame, EVENT)
    plain = pa.Codec("zstd").decompress(packed, decompressed_size=size)
    batch = pa.ipc.open_stream(plain).read_next_batch()
    columns = {name: changes.get(name, batch.column(name)) for name in batch.schema.names}
    sink = pa.BufferOutputStream()
    other = pa.record_batch(columns)
    with pa.ipc.new_stream(sink, other.schema) as writer:
        for _ in range(changes.get("batches", 1)):
            writer.write_batch(other)
    written = sink.getvalue()
    return pa.Codec("zstd").compress(written).to_pybytes(), written.size


def dictionary(codes: list[int | None], texts: list[str | None]) -> Any:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(texts, pa.large_string()), safe=False)


@pytest.mark.parametrize(
    "changes",
    [
        {"captureId": pa.array(["a"], pa.string())},
        {"public": pa.array([1], pa.int64())},
        {"public": pa.array([None], pa.float64())},
        {"public": pa.array([float("inf")], pa.float64())},
        {"eventTime": pa.array([2**62], pa.int64())},
        {"eventTime": pa.array([None], pa.int64())},
        {"str1": dictionary([5], ["x"])},
        {"str1": dictionary([-2], ["x"])},
        {"str1": dictionary([0], ["x", "x"])},
        {"str1": dictionary([0], [None])},
        {"int1": dictionary([0], ["x"])},
        {"int1": dictionary([0], ["i"])},
        {"int1": dictionary([0], ["finf"])},
        {"int1": dictionary([0], ["fnan"])},
        {"int1": dictionary([0], ["i5", "f0x1.4p+2"])},
        {"int1": dictionary([0], ["5"])},
        {"batches": 2},
        {"batches": 0},
    ],
)
def test_other_columns_and_values_are_refused(changes: dict[str, Any]) -> None:
    assert len(unpack(*packed_event(), EVENT)) == 1
    with pytest.raises(UnusableError):
        unpack(*packed_event(**changes), EVENT)


def test_what_is_broken_off_changed_too_large_or_of_another_schema_is_refused() -> None:
    packed, size = packed_event()
    for wrong in (packed[:-5], packed[: len(packed) // 2], b"", b"x" * 100, packed + packed):
        with pytest.raises(UnusableError):
            unpack(wrong, size, EVENT)
    for wrong_size in (0, size - 1, size + 1):
        with pytest.raises(UnusableError):
            unpack(packed, wrong_size, EVENT)
    with pytest.raises(UnusableError):
        unpack(packed, size, SESSION)
    chance = random.Random(7)
    for _ in range(300):
        place = chance.randrange(len(packed))
        changed = packed[:place] + bytes([packed[place] ^ (1 << chance.randrange(8))]) + packed[place + 1 :]
        with contextlib.suppress(UnusableError):
            assert list(unpack(changed, size, EVENT)) == list(EVENT.names)


def test_a_bomb_takes_no_more_memory_than_is_announced() -> None:
    bomb = pa.Codec("zstd").compress(bytes(256 << 20)).to_pybytes()
    assert len(bomb) < 100_000
    before = pa.default_memory_pool().max_memory()
    with pytest.raises(UnusableError):
        unpack(bomb, 1000, EVENT)
    assert pa.default_memory_pool().max_memory() < max(before, 320 << 20)


def test_a_column_keeps_no_more_than_its_own_memory() -> None:
    records = [{"captureId": f"{n:024}", "sessionId": f"{n % 9}"} for n in range(50_000)]
    packed, size = pack(decode(json.dumps(records).encode(), EVENT).frame, EVENT)
    ids = unpack(packed, size, EVENT)["captureId"]
    gc.collect()
    held = pa.array(ids.array, pa.large_string()).get_total_buffer_size()
    assert held < 3_000_000
