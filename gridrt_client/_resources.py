"""What answers use while they arrive and are decoded: private temporary files, and memory shared by all threads."""

import os
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

_DESCRIPTORS: Final = Path("/proc/self/fd")
FILE_THRESHOLD: Final = 1 << 20  # answers of more bytes are kept in a file, which the DuckDB decoder needs


class Closing:
    """A context manager that is closed at the end."""

    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class TempFile(Closing):
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


def _open() -> tuple[Any, Path]:
    if _DESCRIPTORS.is_dir():
        file: Any = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        path = _DESCRIPTORS / str(file.fileno())
        if os.access(path, os.R_OK):
            return file, path
        file.close()
    file = tempfile.NamedTemporaryFile(prefix="gridrt-", suffix=".json", buffering=0)  # noqa: SIM115
    return file, Path(file.name)


class MemoryBudget:
    """Bytes in use at the same time. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._used = 0

    def take(self, size: int, limit: int) -> bool:
        """Add to the bytes in use unless that exceeds the limit; return whether it was possible."""
        with self._changed:
            if self._used + size > limit:
                return False
            self._used += size
            return True

    def give_back(self, size: int) -> None:
        with self._changed:
            self._used -= size
            self._changed.notify_all()

    @contextmanager
    def reserve(self, size: int, limit: int) -> Iterator[None]:
        """Use bytes within the block, as soon as they fit the limit or nothing else is in use."""
        with self._changed:
            self._changed.wait_for(lambda: self._used == 0 or self._used + size <= limit)
            self._used += size
        try:
            yield
        finally:
            self.give_back(size)
