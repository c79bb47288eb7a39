"""From a file that holds an answer to a typed frame: the fast way, with DuckDB, for answers as they should be.

DuckDB splits the array and hands over each value as the JSON that it is. What a value means is decided where the
careful way decides it (`_columns.column`), once for each value that occurs. Whatever could be read otherwise than
Python's `json` reads it is a `Doubt`, and the careful way takes the whole answer.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gridrt_client._doubles import Positions, first_of_each
from gridrt_client._guard import Doubt, examine
from gridrt_client._tokens import Texts, accumulator
from gridrt_client.report import NAMED_FIELDS, SAMPLED, DecodeReport, unannounced
from gridrt_client.schema import Schema

__all__ = ["Doubt", "decode_file"]

_ROWS: Final = 100_000
_LARGEST_RECORD: Final = 1 << 20
_ID: Final = "captureId"
# What DuckDB takes and Python refuses, in values that are counted and not read: numbers that JSON hasn't, and depth.
_ODD: Final = """regexp_matches({0}, '(^|[\\[,:-])(?i:nan|inf)')
    or (length({0}) > {1} and length(translate({0}, '[{{', '')) < length({0}) - {1})"""
_DEEP: Final = 400
_IS_ODD: Final = 2


def decode_file(path: Path, schema: Schema, *, rows: int = _ROWS) -> pd.DataFrame:
    """What `decode.decode` makes of the bytes of the file.

    Parameters
    ----------
    path
        The file, which nobody changes meanwhile.
    rows
        So many records are handed over at once.

    Raises
    ------
    Doubt
        When the careful way has to read the answer.
    """
    if any(sign in str(path) for sign in "*?["):
        raise Doubt("its place has a name that stands for several files")
    examine(path)
    try:
        with _connected(path) as connection:
            return _decoded(connection, path, schema, rows)
    except (duckdb.Error, pa.ArrowException, ValueError, RecursionError) as error:
        # Their text may quote the answer.
        reason = type(error).__name__
    raise Doubt(f"not all of it is plain records ({reason})")


def _connected(path: Path) -> duckdb.DuckDBPyConnection:
    """An empty database in memory that can open this file and nothing else, and writes nothing."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": min(os.cpu_count() or 1, 4),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            "temp_directory": "",
        },
    )
    # It would be written to the terminal.
    connection.execute("set enable_progress_bar = false")
    connection.execute(f"set allowed_paths = [{_quoted(str(path))}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def _decoded(connection: duckdb.DuckDBPyConnection, path: Path, schema: Schema, rows: int) -> pd.DataFrame:
    more = _unannounced_names(connection, path, schema)
    fields = {field.name: accumulator(field.kind) for field in schema.fields}
    others: list[list[Any]] = [[] for _ in more]
    received = 0

    def add(batch: pa.RecordBatch) -> None:
        known = batch.columns[: len(fields)]
        if len(batch) and _has_empty_row(known):
            # It may have been null instead of a record.
            raise Doubt("an element has none of the known fields")
        for field, tokens in zip(fields.values(), known, strict=True):
            field.add(tokens)
        for other, flags in zip(others, batch.columns[len(fields) :], strict=True):
            if pc.max(flags).as_py() == _IS_ODD:
                raise Doubt("an unannounced field has values that may be no JSON")
            other.append(flags.to_numpy() == 1)

    # One thread takes what DuckDB's threads have ready, while another works on what was taken before.
    with ThreadPoolExecutor(1) as worker:
        before: Future[None] | None = None
        for batch in _batches(connection, path, schema.names, more, rows):
            received += len(batch)
            if before:
                before.result()
            before = worker.submit(add, batch)
        if before:
            before.result()

    ids = fields[_ID]
    assert isinstance(ids, Texts)  # noqa: S101
    kept = first_of_each(ids.texts())
    with ThreadPoolExecutor(2) as workers:
        made = dict(zip(fields, workers.map(lambda field: field.column(kept), fields.values()), strict=True))
    columns = {name: array for name, (array, _, _) in made.items()}
    unreadable = {name: lost for name, (_, lost, _) in made.items() if lost}
    records = received if kept is None else len(kept)
    frame = pd.DataFrame(columns, index=pd.RangeIndex(records), copy=False)
    counts = {name: _count(flags, kept) for name, flags in zip(more, others, strict=True)}
    frame.attrs["report"] = DecodeReport(
        received=received,
        records=records,
        dropped={},
        doubled=received - records,
        unreadable=unreadable,
        unannounced=unannounced(counts),
    )
    return frame


def _unannounced_names(connection: duckdb.DuckDBPyConnection, path: Path, schema: Schema) -> list[str]:
    found = connection.execute(
        f"select distinct unnest(json_keys(json)) from (select json from read_json_objects({_quoted(str(path))}, "  # noqa: S608
        f"format = 'array', compression = 'none', maximum_object_size = {_LARGEST_RECORD}) limit {SAMPLED})"
    ).fetchall()
    names = sorted({name for (name,) in found} - set(schema.names))
    # DuckDB's own names are the same in small and capital letters.
    if len({name.lower() for name in (*names, *schema.names)}) < len(names) + len(schema.names):
        raise Doubt("names of fields differ in small and capital letters only")
    if len(names) > NAMED_FIELDS:
        raise Doubt("it has many unannounced fields")
    return names


def _batches(
    connection: duckdb.DuckDBPyConnection, path: Path, names: Sequence[str], more: Sequence[str], rows: int
) -> Iterator[pa.RecordBatch]:
    """The tokens of the known fields, and for each unannounced one 0 for none, 1 for a value, 2 for an odd one."""
    types = ", ".join(f"{_quoted(name)}: 'JSON'" for name in (*names, *more))
    wanted = [f"{_identifier(name)}::varchar" for name in names]
    for name in more:
        token = f"{_identifier(name)}::varchar"
        odd = _ODD.format(token, _DEEP)
        wanted.append(f"(case when {token} is null then 0 when {odd} then {_IS_ODD} else 1 end)::utinyint")
    labelled = ", ".join(f"{one} as c{n}" for n, one in enumerate(wanted))
    query = (
        f"select {labelled} from read_json({_quoted(str(path))}, format = 'array', columns = {{{types}}}, "  # noqa: S608
        f"compression = 'none', maximum_object_size = {_LARGEST_RECORD})"
    )
    yield from connection.sql(query).to_arrow_reader(rows)


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
