"""The fast decoder, for files with plain records alone: DuckDB splits the array into JSON tokens.

`_values.column` reads the tokens, as in the careful decoder, once per distinct token. Whatever DuckDB might read
otherwise than Python's `json` raises `FallbackNeeded`; then the careful decoder reads the whole answer.
"""

import contextlib
import mmap
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gridrt_client._resources import TempFile
from gridrt_client.answer import NAMED_FIELDS, SAMPLED, unannounced
from gridrt_client.decoding._column_builders import IdBuilder, builder
from gridrt_client.decoding._values import Decoded, check_number, decoded
from gridrt_client.duckdb_calls import CALLS
from gridrt_client.errors import OutOfMemoryError
from gridrt_client.schema import Schema

_ROWS: Final = 20_000
_LARGEST_RECORD: Final = 1 << 20
_HALVED_FROM: Final = 16 << 20
_CHUNK: Final = 4 << 20
_ID: Final = "captureId"
# Numbers that DuckDB accepts and Python refuses, in values that are counted and not read.
_ODD: Final = "regexp_matches({0}, '(^|[\\[,:-])(?i:nan|inf)')"
_IS_ODD: Final = 2
_FIRST_FIELD: Final = re.compile(rb'\s*\[\s*(\{"\w{1,100}":)')
_LONGEST_GAP: Final = 64
# A comma before a closing bracket, or before so much white space that there may be one.
_SUSPECT: Final = re.compile(rb",(?:[ \t\r\n]*+[\]}]|[ \t\r\n]{%d})" % _LONGEST_GAP)


class FallbackNeeded(Exception):  # noqa: N818  # nothing is wrong
    """The careful decoder has to read the answer. The text says why and holds nothing of the answer."""


_Part = tuple[dict[str, Any], list[list[Any]]]  # a builder per field, and flags per unannounced field


def decode_file(path: Path, schema: Schema, *, rows: int = _ROWS, halved_from: int = _HALVED_FROM) -> Decoded:
    """Decode a file, as `decoder.decode` does; it must not change meanwhile.

    `rows` is the number of records per batch. From `halved_from` bytes the file is read in two halves at the same time:
    DuckDB reads an array with one thread. Raise FallbackNeeded when the careful decoder has to read the answer, and
    OSError when there is no place for the halves.
    """
    if any(sign in str(path) for sign in "*?["):
        raise FallbackNeeded("its place has a name that stands for several files")
    try:
        return _decoded(path, schema, rows, halved_from)
    except MemoryError:
        # The careful decoder needs more.
        raise
    except (duckdb.Error, pa.ArrowException, ValueError, RecursionError) as error:
        CALLS.check()
        # The text of the error may quote the answer.
        reason = type(error).__name__
    except RuntimeError as error:
        # No threads are started any more when the interpreter ends.
        CALLS.check()
        if "can't start new thread" not in str(error):
            raise
        raise OutOfMemoryError("The system permits this process no more threads") from None
    finally:
        # Arrow would keep its free memory until the next large answer.
        pa.default_memory_pool().release_unused()
    raise FallbackNeeded(f"not all of it is plain records ({reason})")


def examine(path: Path, block: int = 1 << 18) -> None:
    """Raise FallbackNeeded when the file may hold what DuckDB accepts beyond JSON.

    That is a comma before a closing bracket, form feeds between records, and an array that ends after a comma. Texts
    may hold the same bytes, which costs the time of the careful decoder. Other threads run between two blocks.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if not content[-4096:].rstrip(b" \t\r\n").endswith(b"]"):
            raise FallbackNeeded("it doesn't end as an array")
        for start in range(0, len(content), block):
            CALLS.check()
            if _SUSPECT.search(content, start, start + block + _LONGEST_GAP + 1):
                raise FallbackNeeded("a comma may stand before a closing bracket")
            if max(content.find(space, start, start + block) for space in (b"\x0b", b"\x0c")) >= 0:
                raise FallbackNeeded("it holds white space that is not JSON")


@contextlib.contextmanager
def _connected(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Use an empty in-memory database that can read this file alone and writes nothing."""
    with CALLS.using(lambda: duckdb.connect(":memory:")) as connection:
        _configure(connection, path)
        yield connection


def _configure(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    # Records take half of the memory; a record of a million small values would take gigabytes.
    connection.execute("set threads = 1; set memory_limit = '256MB'; set temp_directory = ''")
    connection.execute("set autoinstall_known_extensions = false; set autoload_known_extensions = false")
    connection.execute("set enable_progress_bar = false; set python_enable_replacements = false")
    connection.execute(f"set allowed_paths = [{_quoted(str(path))}]")
    connection.execute("set enable_external_access = false; set lock_configuration = true")


def _decoded(path: Path, schema: Schema, rows: int, halved_from: int) -> Decoded:
    with _connected(path) as connection:
        more = _unannounced_names(connection, path, schema)
    received: list[int] = []
    read = partial(_read, schema=schema, more=more, rows=rows, received=received)
    with ThreadPoolExecutor(3) as workers:
        examined = workers.submit(examine, path)
        comma = _middle(path, halved_from)
        if comma is None:
            fields, others = read(path)
        else:
            # Neither in this thread: less of its memory would be given back.
            halves = workers.map(_read_half, (path, path), (0, comma + 1), (comma, None), (read, read))
            (fields, others), (more_fields, more_others) = halves
            for name, field in fields.items():
                field.extend(more_fields[name])
            others = [one + another for one, another in zip(others, more_others, strict=True)]
        examined.result()

        kept = fields[_ID].first_of_each()
        columns = dict(zip(fields, workers.map(lambda field: field.column(kept), fields.values()), strict=True))
    rows_kept = slice(None) if kept is None else kept
    counts = {name: int(np.concatenate(flags)[rows_kept].sum()) for name, flags in zip(more, others, strict=True)}
    return decoded(columns, sum(received), 0, unannounced(counts))


def _middle(path: Path, halved_from: int) -> int | None:
    """Return the place of a comma in the middle that seems to separate two records; None to read the file whole."""
    # If it doesn't, the halves are no JSON, which DuckDB reports.
    size = path.stat().st_size
    if size < halved_from:
        return None
    with path.open("rb") as file:
        # Records mostly begin with the same field, objects within a record with another.
        first = _FIRST_FIELD.match(file.read(1000))
        file.seek(size // 2)
        middle = file.read(_LARGEST_RECORD)
    places = [middle.find(b"}," + field) for field in ([first[1]] if first else []) + [b"{"]]
    return next((size // 2 + place + 1 for place in places if place >= 0), None)


def _read_half(path: Path, start: int, stop: int | None, read: Callable[[Path], _Part]) -> _Part:
    """Read a span of the file that ends or begins between two records."""
    with TempFile() as half, path.open("rb") as file:
        if start:
            half.write(b"[")
            file.seek(start)
        while chunk := file.read(_CHUNK if stop is None else min(_CHUNK, stop - file.tell())):
            half.write(chunk)
        if stop is not None:
            half.write(b"]")
        return read(half.path)


def _read(path: Path, schema: Schema, more: Sequence[str], rows: int, received: list[int]) -> _Part:
    """Read a file; the number of records of each batch is added to `received`, which both halves share."""
    fields = {field.name: builder(field.kind) for field in schema.fields}
    ids = cast(IdBuilder, fields[_ID])
    others: list[list[Any]] = [[np.zeros(0, bool)] for _ in more]
    with _connected(path) as connection:
        for batch in _batches(connection, path, schema.names, more, rows):
            received.append(len(batch))
            check_number(sum(received))
            known = batch.columns[: len(fields)]
            if pc.coalesce(*known).null_count:
                # The element may be null instead of a record.
                raise FallbackNeeded("an element has none of the known fields")
            for field, tokens in zip(fields.values(), known, strict=True):
                field.add(tokens)
            ids.add_hashes(batch.columns[-1])
            for other, flags in zip(others, batch.columns[len(fields) : -1], strict=True):
                if pc.max(flags).as_py() == _IS_ODD:
                    raise FallbackNeeded("an unannounced field has values that may be no JSON")
                other.append(flags.to_numpy() == 1)
    return fields, others


def _unannounced_names(connection: duckdb.DuckDBPyConnection, path: Path, schema: Schema) -> list[str]:
    found = connection.execute(
        f"select distinct unnest(json_keys(json)) from (select json from read_json_objects({_quoted(str(path))}, "  # noqa: S608
        f"format = 'array', compression = 'none', maximum_object_size = {_LARGEST_RECORD}) limit {SAMPLED}) "
        f"limit {NAMED_FIELDS + len(schema.names) + 1}"
    ).fetchall()
    names = sorted({name for (name,) in found} - set(schema.names))
    # DuckDB's names are case-insensitive.
    if len({name.lower() for name in (*names, *schema.names)}) < len(names) + len(schema.names):
        raise FallbackNeeded("names of fields differ in small and capital letters only")
    if len(names) > NAMED_FIELDS:
        raise FallbackNeeded("it has many unannounced fields")
    return names


def _batches(
    connection: duckdb.DuckDBPyConnection, path: Path, names: Sequence[str], more: Sequence[str], rows: int
) -> Iterator[pa.RecordBatch]:
    """Yield the tokens of the known fields, flags of the others, and a hash of the id's token.

    Flags are 0 for none, 1 for a value, 2 for an odd one.
    """
    types = ", ".join(f"{_quoted(name)}: 'JSON'" for name in (*names, *more))
    wanted = [f"{_identifier(name)}::varchar" for name in names]
    for name in more:
        token = f"{_identifier(name)}::varchar"
        odd = _ODD.format(token)
        wanted.append(f"(case when {token} is null then 0 when {odd} then {_IS_ODD} else 1 end)::utinyint")
    wanted.append(f"hash({_identifier(_ID)}::varchar)")
    labelled = ", ".join(f"{one} as c{n}" for n, one in enumerate(wanted))
    query = (
        f"select {labelled} from read_json({_quoted(str(path))}, format = 'array', columns = {{{types}}}, "  # noqa: S608
        f"compression = 'none', maximum_object_size = {_LARGEST_RECORD})"
    )
    reader = connection.sql(query).to_arrow_reader(rows)
    # How Arrow passes on errors of DuckDB behind the first batch.
    with contextlib.suppress(OSError):
        yield from reader
        return
    CALLS.check()
    raise FallbackNeeded("not all of it is plain records")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
