"""A private temporary file that holds an answer while it is decoded."""

import os
import tempfile
import weakref
from pathlib import Path
from typing import Any, Final, Self

_DESCRIPTORS: Final = Path("/proc/self/fd")
FILE_THRESHOLD: Final = 1 << 20
"""Answers of more bytes are kept in a file, which the DuckDB decoder needs."""


class TempFile:
    """A temporary file that only this user can read, removed by `close`, with the object or at exit.

    Where the system lists a process's open files (Linux) it has no name, so that it is gone after a kill, too.
    """

    def __init__(self) -> None:
        self._file, self.path = _open()
        self._finalize = weakref.finalize(self, self._file.close)

    def write(self, data: bytes | memoryview) -> None:
        left = memoryview(data)
        while left:
            left = left[os.write(self._file.fileno(), left) :]

    def close(self) -> None:
        self._finalize()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _open() -> tuple[Any, Path]:
    if _DESCRIPTORS.is_dir():
        file: Any = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        path = _DESCRIPTORS / str(file.fileno())
        if os.access(path, os.R_OK):
            return file, path
        file.close()
    file = tempfile.NamedTemporaryFile(prefix="gridrt-", suffix=".json", buffering=0)  # noqa: SIM115
    return file, Path(file.name)
