"""A private file for as long as an answer is decoded."""

from __future__ import annotations

import os
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_DESCRIPTORS: Final = Path("/proc/self/fd")
WORTH_A_FILE: Final = 1 << 20
"""Answers of more bytes than this are kept in a file, which the fast way of decoding needs."""


class Scratch:
    """A file in the system's place for temporary ones that only this user can read.

    It is gone after `close`, at the end of ``with``, with the object, or else when the process ends, however that
    happens: where the system shows a process its own open files, the file has no name.

    Attributes
    ----------
    path
        Where it can be opened for reading, by this process; each opening has its own place in it.

    Raises
    ------
    OSError
        When there is no place for it, or no more.
    """

    def __init__(self) -> None:
        nameless = _nameless()
        if nameless is None:
            # Windows and macOS: a process that is killed leaves it.
            self._file, name = tempfile.mkstemp(prefix="gridrt-", suffix=".json")
            self.path = Path(name)
            self._end = weakref.finalize(self, _remove, self._file, self.path)
        else:
            self._file, self.path = nameless
            self._end = weakref.finalize(self, _remove, self._file, None)

    def write(self, data: bytes | memoryview) -> None:
        left = memoryview(data)
        while left:
            left = left[os.write(self._file, left) :]

    def close(self) -> None:
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _nameless() -> tuple[int, Path] | None:
    """The descriptor of a new file without a name, and the path that leads to it; None where there is no such path."""
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
