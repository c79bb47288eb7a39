"""A private file for as long as an answer is decoded."""

from __future__ import annotations

import os
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

WORTH_A_FILE: Final = 1 << 20
"""Answers of more bytes than this are kept in a file, which the fast way of decoding needs."""


class Scratch:
    """A file in the system's place for temporary ones that only this user can read.

    It is gone after `close`, at the end of ``with``, with the object, or else when the process ends.

    Raises
    ------
    OSError
        When there is no place for it, or no more.
    """

    def __init__(self) -> None:
        self._file, name = tempfile.mkstemp(prefix="gridrt-", suffix=".json")
        self.path = Path(name)
        self._end = weakref.finalize(self, _remove, self._file, self.path)

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


def _remove(file: int, path: Path) -> None:
    with suppress(OSError):
        os.close(file)
    with suppress(OSError):
        path.unlink(missing_ok=True)
