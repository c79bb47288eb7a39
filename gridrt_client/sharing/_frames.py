"""A frame of `schema` as compressed Arrow IPC, and back.

Nothing that is read is executed, and every column is checked as if the API had sent it. Exact numbers, which Arrow has
no type for, are texts: ``i`` and the number in hex, or ``f`` and `float.hex`.
"""

import math
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gridrt_client.decoding._values import FIRST, LAST, MOST_RECORDS, NOT_A_TIME, dates
from gridrt_client.schema import Kind, Schema

_CODEC: Final = pa.Codec("zstd", compression_level=1)
_TEXT: Final = pd.StringDtype("pyarrow", na_value=np.nan)
_DICTIONARY: Final = pa.dictionary(pa.int32(), pa.large_string())
_ARROW: Final[dict[Kind, Any]] = {
    Kind.TEXT: _DICTIONARY,
    Kind.UNIQUE: pa.large_string(),
    Kind.DATE: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.EXACT: _DICTIONARY,
}


class UnusableError(Exception):
    """What Redis returned is no answer that this process accepts; the text says why and holds no data."""


def pack(frame: pd.DataFrame, schema: Schema) -> tuple[bytes, int]:
    """Return a frame, compressed, and the number of bytes that it has unpacked."""
    arrow = _arrow_schema(schema)
    batch = pa.record_batch([_array(field.kind, frame[field.name]) for field in schema.fields], schema=arrow)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, arrow) as writer:
        writer.write_batch(batch)
    plain = sink.getvalue()
    return _CODEC.compress(plain, asbytes=True), plain.size


def unpack(packed: bytes, size: int, schema: Schema) -> pd.DataFrame:
    """Return the frame that `pack` wrote; `size` are its bytes unpacked, and no more memory is taken for them.

    Raise UnusableError for anything that isn't a frame of this schema.
    """
    try:
        batch = _batch(packed, size, _arrow_schema(schema))
        columns = {field.name: _column(field.kind, batch.column(field.name)) for field in schema.fields}
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, OverflowError) as error:
        # Without the text of the error, which may hold values.
        reason = f"it can't be read ({type(error).__name__})"
    else:
        return pd.DataFrame(columns, index=pd.RangeIndex(batch.num_rows), copy=False)
    raise UnusableError(reason)


def _batch(packed: bytes, size: int, arrow: Any) -> Any:
    plain = _CODEC.decompress(packed, decompressed_size=size)
    with pa.ipc.open_stream(plain) as reader:
        if not reader.schema.equals(arrow, check_metadata=True):
            raise UnusableError("it has other columns")
        (batch,) = reader
    batch.validate(full=True)
    if batch.num_rows > MOST_RECORDS:
        raise UnusableError("it has too many records")
    return batch


def _arrow_schema(schema: Schema) -> Any:
    return pa.schema([pa.field(field.name, _ARROW[field.kind]) for field in schema.fields])


def _array(kind: Kind, column: Any) -> Any:
    if kind in (Kind.TEXT, Kind.EXACT):
        categories = column.cat.categories
        texts = [_written(number) for number in categories] if kind is Kind.EXACT else categories.array
        codes = column.cat.codes.to_numpy().astype(np.int32)
        indices = pa.array(codes, pa.int32(), mask=codes < 0)
        return pa.DictionaryArray.from_arrays(indices, _one_chunk(pa.array(texts, pa.large_string())))
    if kind is Kind.DATE:
        return pa.array(column.array.asi8, pa.int64())
    if kind is Kind.NUMBER:
        return pa.array(column.to_numpy(), pa.float64())
    return _one_chunk(pa.array(column.array, _ARROW[kind]))


def _one_chunk(array: Any) -> Any:
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _column(kind: Kind, array: Any) -> Any:
    # All are copies, so that none keeps the whole buffer alive.
    if kind in (Kind.TEXT, Kind.EXACT):
        return _categorical(kind, array)
    if kind is Kind.UNIQUE:
        return _texts(array)
    if kind is Kind.BOOLEAN:
        missing = array.is_null().to_numpy(zero_copy_only=False)
        return pd.arrays.BooleanArray(array.fill_null(False).to_numpy(zero_copy_only=False), missing)
    if array.null_count:
        raise ValueError
    values = np.array(array.to_numpy())
    if kind is Kind.NUMBER:
        if np.isinf(values).any():
            raise ValueError
        return values
    if ((values != NOT_A_TIME) & ((values < FIRST) | (values > LAST))).any():
        raise ValueError
    return dates(values)


def _categorical(kind: Kind, array: Any) -> pd.Categorical:
    if array.dictionary.null_count:
        raise ValueError
    categories: Any = _texts(array.dictionary)
    if kind is Kind.EXACT:
        categories = np.empty(len(array.dictionary), object)
        categories[:] = [_number(text) for text in array.dictionary.to_pylist()]
    codes = array.indices.fill_null(-1).to_numpy().copy()
    if codes.min(initial=0) < -1:
        raise ValueError
    # Refuses codes without a category, and categories that are equal.
    return pd.Categorical.from_codes(codes, categories=pd.Index(categories))


def _texts(array: Any) -> Any:
    copied = pc.take(array, pa.array(np.arange(len(array))))
    return pd.array(copied, dtype=_TEXT)


def _written(number: int | float) -> str:
    return f"i{number:x}" if isinstance(number, int) else f"f{number.hex()}"


def _number(text: str) -> int | float:
    if text.startswith("i"):
        return int(text[1:], 16)
    number = float.fromhex(text[1:])
    if not text.startswith("f") or not math.isfinite(number):
        raise ValueError
    return number
