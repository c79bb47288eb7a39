"""A private temporary file that holds an answer while it is decoded."""

from __future__ import annotations

import os
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

_DESCRIPTORS: Final = Path("/proc/self/fd")
FILE_THRESHOLD: Final = 1 << 20
"""Answers of more bytes are kept in a file, which the DuckDB decoder needs."""


class TempFile:
    """A temporary file that only this user can read, removed by `close`, with the object or at exit.

    Where the system lists a process's open files (Linux) it has no name, so that it is gone after a kill, too.

    Attributes
    ----------
    path
        Where this process can open it for reading.

    Raises
    ------
    OSError
        When it can't be created or written.
    """

    def __init__(self) -> None:
        found = _open_unnamed()
        if found is None:
            self._file, name = tempfile.mkstemp(prefix="gridrt-", suffix=".json")
            self.path = Path(name)
        else:
            self._file, self.path = found
        self._finalize = weakref.finalize(self, _remove, self._file, self.path if found is None else None)

    def write(self, data: bytes | memoryview) -> None:
        left = memoryview(data)
        while left:
            left = left[os.write(self._file, left) :]

    def close(self) -> None:
        self._finalize()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _open_unnamed() -> tuple[int, Path] | None:
    """Return the descriptor and the path of a new file without a name; None where the system can't."""
    if not _DESCRIPTORS.is_dir():
        return None
    with tempfile.TemporaryFile(buffering=0) as made:
        file = os.dup(made.fileno())
    path = _DESCRIPTORS / str(file)
    try:
        os.close(os.open(path, os.O_RDONLY))
    except OSError:
        os.close(file)
        return None
    return file, path


def _remove(file: int, path: Path | None) -> None:
    with suppress(OSError):
        os.close(file)
    if path is not None:
        with suppress(OSError):
            path.unlink(missing_ok=True)
