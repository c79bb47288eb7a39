"""From a file that holds an answer to a typed frame: the fast way, with DuckDB, for answers as they should be.

DuckDB splits the array and hands over each value as the JSON that it is. What a value means is decided where the
careful way decides it (`_columns.column`), once for each value that occurs. Whatever could be read otherwise than
Python's `json` reads it is a `Doubt`, and the careful way takes the whole answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gridrt_client._temp_file import Scratch
from gridrt_client.decoding._column_builders import Dates, Texts, Tokens, accumulator
from gridrt_client.decoding._duplicates import Positions, first_of_each
from gridrt_client.decoding._record_columns import RecordCount
from gridrt_client.decoding._strict_json import FallbackNeeded, examine
from gridrt_client.report import NAMED_FIELDS, SAMPLED, DecodeReport, unannounced
from gridrt_client.schema import Schema

__all__ = ["FallbackNeeded", "decode_file"]

_ROWS: Final = 30_000
_LARGEST_RECORD: Final = 1 << 20
_HALVED_FROM: Final = 16 << 20
_CHUNK: Final = 4 << 20
_ID: Final = "captureId"
# What DuckDB takes and Python refuses, in values that are counted and not read: numbers that JSON hasn't.
_ODD: Final = "regexp_matches({0}, '(^|[\\[,:-])(?i:nan|inf)')"
_IS_ODD: Final = 2
_FIRST_FIELD: Final = re.compile(rb'\s*\[\s*(\{"\w{1,100}":)')
_LONGEST_BEGINNING: Final = 1000


class _Part(NamedTuple):
    """What was read of a file, or of a part of it."""

    fields: dict[str, Tokens | Texts | Dates]
    others: list[list[Any]]
    received: int


def decode_file(path: Path, schema: Schema, *, rows: int = _ROWS, halved_from: int = _HALVED_FROM) -> pd.DataFrame:
    """What `decode.decode` makes of the bytes of the file.

    Parameters
    ----------
    path
        The file, which nobody changes meanwhile.
    rows
        So many records are handed over at once.
    halved_from
        From so many bytes on it is read in two halves at the same time: DuckDB reads an array with one thread.

    Raises
    ------
    Doubt
        When the careful way has to read the answer.
    TooLargeError
        When there are too many records for a frame.
    OSError
        When there is no place for the halves.
    """
    if any(sign in str(path) for sign in "*?["):
        raise FallbackNeeded("its place has a name that stands for several files")
    try:
        return _decoded(path, schema, rows, halved_from)
    except (duckdb.Error, pa.ArrowException, ValueError, RecursionError) as error:
        # Their text may quote the answer.
        reason = type(error).__name__
    finally:
        # What Arrow keeps for later would count as this process's memory until the next large answer.
        pa.default_memory_pool().release_unused()
    raise FallbackNeeded(f"not all of it is plain records ({reason})")


def _connected(path: Path) -> duckdb.DuckDBPyConnection:
    """An empty database in memory that can open this file and nothing else, and writes nothing."""
    connection = duckdb.connect(
        ":memory:",
        config={
            # It reads an array with one thread in any case.
            "threads": 1,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            "temp_directory": "",
            # Records take half of it. A record of a million small values would take gigabytes.
            "memory_limit": "256MB",
        },
    )
    # It would be written to the terminal.
    connection.execute("set enable_progress_bar = false")
    connection.execute(f"set allowed_paths = [{_quoted(str(path))}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def _decoded(path: Path, schema: Schema, rows: int, halved_from: int) -> pd.DataFrame:
    with _connected(path) as connection:
        more = _unannounced_names(connection, path, schema)
    count = RecordCount()
    with ThreadPoolExecutor(3) as workers:
        # It is looked through meanwhile.
        examined = workers.submit(examine, path)
        comma = _middle(path, halved_from)
        if comma is None:
            whole = _read(path, schema, more, rows, count)
        else:
            halves = [
                workers.submit(_read_half, path, span, schema, more, rows, count)
                for span in ((None, comma), (comma + 1, None))
            ]
            whole = _joined(*(half.result() for half in halves))
        examined.result()

        ids = whole.fields[_ID]
        assert isinstance(ids, Texts)  # noqa: S101
        kept = first_of_each(ids.texts())
        fields = whole.fields
        made = dict(zip(fields, workers.map(lambda field: field.column(kept), fields.values()), strict=True))
    columns = {name: array for name, (array, _, _) in made.items()}
    unreadable = {name: lost for name, (_, lost, _) in made.items() if lost}
    records = whole.received if kept is None else len(kept)
    frame = pd.DataFrame(columns, index=pd.RangeIndex(records), copy=False)
    counts = {name: _count(flags, kept) for name, flags in zip(more, whole.others, strict=True)}
    frame.attrs["report"] = DecodeReport(
        received=whole.received,
        records=records,
        dropped={},
        doubled=whole.received - records,
        unreadable=unreadable,
        unannounced=unannounced(counts),
    )
    return frame


def _middle(path: Path, halved_from: int) -> int | None:
    """Where in the middle a comma stands that looks like one between two records; None when there is no need.

    Should it stand in a text or within a record, then neither half is JSON, and DuckDB says so.
    """
    size = path.stat().st_size
    if size < halved_from:
        return None
    with path.open("rb") as file:
        # Records mostly begin with the same field; the objects in a list within a record with another.
        first = _FIRST_FIELD.match(file.read(_LONGEST_BEGINNING))
        file.seek(size // 2)
        middle = file.read(_LARGEST_RECORD)
    found = middle.find(b"}," + first[1]) if first else -1
    if found < 0:
        found = middle.find(b"},{")
    return None if found < 0 else size // 2 + found + 1


def _read_half(
    path: Path,
    span: tuple[int | None, int | None],
    schema: Schema,
    more: Sequence[str],
    rows: int,
    count: RecordCount,
) -> _Part:
    """What stands in a span of the file, which ends or begins between two records."""
    start, stop = span
    with Scratch() as half, path.open("rb") as file:
        if start is not None:
            half.write(b"[")
            file.seek(start)
        while chunk := file.read(_CHUNK if stop is None else min(_CHUNK, stop - file.tell())):
            half.write(chunk)
        if stop is not None:
            half.write(b"]")
        return _read(half.path, schema, more, rows, count)


def _read(path: Path, schema: Schema, more: Sequence[str], rows: int, count: RecordCount) -> _Part:
    fields = {field.name: accumulator(field.kind) for field in schema.fields}
    others: list[list[Any]] = [[] for _ in more]
    received = 0
    with _connected(path) as connection:
        for batch in _batches(connection, path, schema.names, more, rows):
            received += len(batch)
            count.add(len(batch))
            known = batch.columns[: len(fields)]
            if len(batch) and _has_empty_row(known):
                # It may have been null instead of a record.
                raise FallbackNeeded("an element has none of the known fields")
            for field, tokens in zip(fields.values(), known, strict=True):
                field.add(tokens)
            for other, flags in zip(others, batch.columns[len(fields) :], strict=True):
                if pc.max(flags).as_py() == _IS_ODD:
                    raise FallbackNeeded("an unannounced field has values that may be no JSON")
                other.append(flags.to_numpy() == 1)
    return _Part(fields, others, received)


def _joined(first: _Part, second: _Part) -> _Part:
    for name, field in first.fields.items():
        field.extend(second.fields[name])
    others = [one + another for one, another in zip(first.others, second.others, strict=True)]
    return _Part(first.fields, others, first.received + second.received)


def _unannounced_names(connection: duckdb.DuckDBPyConnection, path: Path, schema: Schema) -> list[str]:
    found = connection.execute(
        f"select distinct unnest(json_keys(json)) from (select json from read_json_objects({_quoted(str(path))}, "  # noqa: S608
        f"format = 'array', compression = 'none', maximum_object_size = {_LARGEST_RECORD}) limit {SAMPLED}) "
        f"limit {NAMED_FIELDS + len(schema.names) + 1}"
    ).fetchall()
    names = sorted({name for (name,) in found} - set(schema.names))
    # DuckDB's own names are the same in small and capital letters.
    if len({name.lower() for name in (*names, *schema.names)}) < len(names) + len(schema.names):
        raise FallbackNeeded("names of fields differ in small and capital letters only")
    if len(names) > NAMED_FIELDS:
        raise FallbackNeeded("it has many unannounced fields")
    return names


def _batches(
    connection: duckdb.DuckDBPyConnection, path: Path, names: Sequence[str], more: Sequence[str], rows: int
) -> Iterator[pa.RecordBatch]:
    """The tokens of the known fields, and for each unannounced one 0 for none, 1 for a value, 2 for an odd one."""
    types = ", ".join(f"{_quoted(name)}: 'JSON'" for name in (*names, *more))
    wanted = [f"{_identifier(name)}::varchar" for name in names]
    for name in more:
        token = f"{_identifier(name)}::varchar"
        odd = _ODD.format(token)
        wanted.append(f"(case when {token} is null then 0 when {odd} then {_IS_ODD} else 1 end)::utinyint")
    labelled = ", ".join(f"{one} as c{n}" for n, one in enumerate(wanted))
    query = (
        f"select {labelled} from read_json({_quoted(str(path))}, format = 'array', columns = {{{types}}}, "  # noqa: S608
        f"compression = 'none', maximum_object_size = {_LARGEST_RECORD})"
    )
    reader = connection.sql(query).to_arrow_reader(rows)
    try:
        yield from reader
    except OSError:
        # So Arrow passes on what DuckDB finds behind the first batch.
        failed = True
    else:
        failed = False
    if failed:
        raise FallbackNeeded("not all of it is plain records")


def _has_empty_row(columns: list[Any]) -> bool:
    empty = columns[0].is_null()
    for column in columns[1:]:
        if not empty.true_count:
            return False
        empty = pc.and_(empty, column.is_null())
    return bool(empty.true_count)


def _count(flags: list[Any], kept: Positions | None) -> int:
    whole = np.concatenate(flags) if flags else np.zeros(0, bool)
    return int((whole if kept is None else whole[kept]).sum())


def _quoted(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'
