"""A number of bytes shared by all threads of the process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


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
