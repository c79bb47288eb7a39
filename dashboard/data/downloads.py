"""The files that viewers have made for downloading, and who may fetch each.

Streamlit serves such a file to every client that knows its address, which is a hash of its content.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Final

LIFETIME_SECONDS: Final = 600.0


class Downloads:
    """Who has made which content, for `LIFETIME_SECONDS`. Thread-safe.

    Parameters
    ----------
    clock
        Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[tuple[bytes, str], float] = {}
        self._lock = threading.Lock()

    def add(self, content: bytes, owner: str) -> None:
        """Note that ``owner`` (`identity.owner_of`) has made the content."""
        now, key = self._clock(), (_digest(content), owner)
        with self._lock:
            self._until = {one: until for one, until in self._until.items() if until > now}
            self._until[key] = now + LIFETIME_SECONDS

    def may_fetch(self, content: bytes, owner: str) -> bool:
        """Return whether ``owner`` has made the content a short while ago."""
        return self._until.get((_digest(content), owner), 0.0) > self._clock()


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=32).digest()


DOWNLOADS: Final = Downloads()
"""Those of this process."""
