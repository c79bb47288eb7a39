"""A number of bytes that all threads of the process share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Budget:
    """Bytes in use at the same time. For any number of threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._used = 0

    def take(self, size: int, limit: int) -> bool:
        """Use so many bytes, unless it would be more than the limit with what is in use; whether that was possible."""
        with self._changed:
            if self._used + size > limit:
                return False
            self._used += size
            return True

    def give_back(self, size: int) -> None:
        """Use so many bytes no more."""
        with self._changed:
            self._used -= size
            self._changed.notify_all()

    @contextmanager
    def waiting(self, size: int, limit: int) -> Iterator[None]:
        """Use so many bytes within the block, which begins when there is room; alone, any size has room."""
        with self._changed:
            self._changed.wait_for(lambda: self._used == 0 or self._used + size <= limit)
            self._used += size
        try:
            yield
        finally:
            self.give_back(size)
