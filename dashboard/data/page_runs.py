"""How many pages are drawn at a time.

Threads that compute in one interpreter take turns of five milliseconds. With ten of them the event loop waits for fifty
each time that it gives up the interpreter, which it does for every message that it compresses: with fifty viewers
everybody waited for two seconds and more. The second one computes while the first is in Arrow or DuckDB.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

MOST: Final = 2
LONGEST_WAIT: Final = 5.0
"""The seconds after which a page is drawn in any case: a question may hang."""


class PageRuns:
    """The pages that are drawn, in threads of their own.

    Parameters
    ----------
    most
        How many at a time.
    longest_wait
        For how many seconds one waits for the others.
    """

    def __init__(self, most: int = MOST, longest_wait: float = LONGEST_WAIT) -> None:
        self._free = threading.Semaphore(most)
        self._longest_wait = longest_wait

    @contextmanager
    def one(self) -> Iterator[None]:
        """Draw a page within the block, as soon as there is room for it."""
        is_free = self._free.acquire(timeout=self._longest_wait)
        try:
            yield
        finally:
            if is_free:
                self._free.release()


PAGE_RUNS: Final = PageRuns()
"""Those of this process."""
