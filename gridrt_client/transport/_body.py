"""The body of a response: in memory when small, else in a private file."""

import logging
import sys
from io import BytesIO
from pathlib import Path
from typing import Final

from gridrt_client._resources import FILE_THRESHOLD, Closing, MemoryBudget, TempFile
from gridrt_client.safe_text import format_bytes

_log = logging.getLogger("gridrt_client.transport")

MOST_IN_MEMORY: Final = 512 << 20  # bytes where no file can be written; more could not be decoded either
_all_bodies = MemoryBudget()


class NoRoomError(Exception):
    """There is no room for more of a body; the text says why."""


class Body(Closing):
    """The unpacked bytes of a response. A context manager that removes its file at the end.

    `most_together` is the limit for the bytes of all open bodies of the process.
    """

    def __init__(self, content: bytes = b"", most_together: int = sys.maxsize) -> None:
        self.size = 0
        self._most_together = most_together
        self._taken = 0
        self._memory = BytesIO()
        self._file: TempFile | None = None
        self._no_file = False
        if content:
            self.write(content)

    @property
    def content(self) -> bytes | Path:
        return self._memory.getvalue() if self._file is None else self._file.path

    def read(self) -> bytes:
        content = self.content
        return content.read_bytes() if isinstance(content, Path) else content

    def write(self, chunk: bytes) -> None:
        """Append bytes; raise NoRoomError beyond `most_together`, or without a file beyond `MOST_IN_MEMORY`."""
        size = self.size + len(chunk)
        if not _all_bodies.take(len(chunk), self._most_together):
            limit = format_bytes(self._most_together)
            raise NoRoomError(f"All answers that arrive at the same time are larger than {limit} together")
        self._taken += len(chunk)
        if self._no_file and size > MOST_IN_MEMORY:
            limit = format_bytes(MOST_IN_MEMORY)
            raise NoRoomError(f"The answer is larger than {limit}, and there is no place for a temporary file")
        try:
            if self._file is None and not self._no_file and size > FILE_THRESHOLD:
                file = TempFile()
                file.write(self._memory.getvalue())
                self._file, self._memory = file, BytesIO()
            (self._file or self._memory).write(chunk)
        except OSError as error:
            self._give_up_file(error)
            self._memory.write(chunk)
        self.size = size

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        _all_bodies.give_back(self._taken)
        self._taken = 0

    __del__ = close

    def _give_up_file(self, error: OSError) -> None:
        if self.size > MOST_IN_MEMORY:
            raise NoRoomError(f"There is no place for a temporary file of {format_bytes(self.size)}")
        if self._file is not None:
            with self._file.path.open("rb") as file:
                # Without the part of the failed chunk that may be there.
                self._memory.write(file.read(self.size))
            self._file.close()
        self._file, self._no_file = None, True
        _log.info("A large answer is kept in memory, because no temporary file can be written (%s).", error.strerror)
