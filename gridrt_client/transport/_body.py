"""The body of an answer: a small one in memory, a large one in a private file."""

from __future__ import annotations

import logging
import sys
import weakref
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gridrt_client._memory_budget import Budget
from gridrt_client._sanitize import amount
from gridrt_client._temp_file import WORTH_A_FILE, Scratch

_log = logging.getLogger("gridrt_client.transport")


MOST_IN_MEMORY: Final = 512 << 20
"""Where no file can be written, a body has no more bytes: no more could be decoded either."""
_all = Budget()


class NoRoomError(Exception):
    """There is no place for more of a body; the text says why."""


class _Taken:
    """What one body takes of what all may have."""

    def __init__(self) -> None:
        self._size = 0

    def more(self, size: int, limit: int) -> bool:
        if not _all.take(size, limit):
            return False
        self._size += size
        return True

    def give_back(self) -> None:
        _all.give_back(self._size)


class Body:
    """The bytes of an answer, unpacked. ``with body:`` removes its file, if it has one, at the end.

    Parameters
    ----------
    content
        The first bytes.
    most_together
        So many bytes may all bodies of the process that are not closed yet have together.

    Attributes
    ----------
    size
        How many bytes there are.
    """

    def __init__(self, content: bytes = b"", most_together: int = sys.maxsize) -> None:
        self.size = 0
        self._most_together = most_together
        self._taken = _Taken()
        self._end = weakref.finalize(self, self._taken.give_back)
        self._memory = BytesIO()
        self._scratch: Scratch | None = None
        self._no_file = False
        if content:
            self.write(content)

    @property
    def content(self) -> bytes | Path:
        """What `decode` takes: the bytes, or the file that holds them."""
        return self._memory.getvalue() if self._scratch is None else self._scratch.path

    def read(self) -> bytes:
        """All of it, in memory."""
        content = self.content
        return content.read_bytes() if isinstance(content, Path) else content

    def write(self, chunk: bytes) -> None:
        """Add what has arrived.

        Raises
        ------
        NoRoomError
            When there is no room for it beside all others, or none in memory where no file can be written.
        """
        if not self._taken.more(len(chunk), self._most_together):
            raise NoRoomError(
                f"All answers that arrive at the same time are larger than {amount(self._most_together)} together"
            )
        if self._no_file and self.size + len(chunk) > MOST_IN_MEMORY:
            raise NoRoomError(
                f"The answer is larger than {amount(MOST_IN_MEMORY)}, and there is no place for a temporary file"
            )
        if self._scratch is None and not self._no_file and self.size + len(chunk) > WORTH_A_FILE:
            self._move()
        if self._scratch is None:
            self._memory.write(chunk)
        else:
            try:
                self._scratch.write(chunk)
            except OSError as error:
                self._move_back(error)
                self._memory.write(chunk)
        self.size += len(chunk)

    def close(self) -> None:
        if self._scratch is not None:
            self._scratch.close()
        self._end()

    def _move(self) -> None:
        try:
            scratch = Scratch()
        except OSError as error:
            self._give_up(error)
            return
        try:
            scratch.write(self._memory.getbuffer())
        except OSError as error:
            scratch.close()
            self._give_up(error)
            return
        self._scratch, self._memory = scratch, BytesIO()

    def _move_back(self, error: OSError) -> None:
        if self.size > MOST_IN_MEMORY:
            raise NoRoomError(f"There is no place for a temporary file of {amount(self.size)}")
        assert self._scratch is not None  # noqa: S101
        with self._scratch.path.open("rb") as file:
            # A part of the chunk that failed may be there.
            self._memory = BytesIO(file.read(self.size))
        self._memory.seek(0, 2)
        self._scratch.close()
        self._scratch = None
        self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self._no_file = True
        _log.info("A large answer is kept in memory, because no temporary file can be written (%s).", error.strerror)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
