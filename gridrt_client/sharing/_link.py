"""The connection to Redis: short timeouts, and a pause after a failure, so that nobody waits for Redis."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from gridrt_client.sharing.status import SharingStatus

_log = logging.getLogger(__name__)

TIMEOUT: Final = 0.4  # seconds for a connection, and for each command
_PIECE: Final = 1 << 20  # bytes of one command
_SLOWEST: Final = 16 << 20  # bytes per second, beyond the first second

# The first that fits; none has a text of the server in it.
_REASONS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (redis.exceptions.AuthenticationError, "refuses the user or the password"),
    (redis.exceptions.NoPermissionError, "does not permit a command"),
    (redis.exceptions.BusyLoadingError, "is still starting"),
    (redis.exceptions.TimeoutError, "answers too slowly"),
    (redis.exceptions.ConnectionError, "can't be reached"),
    (redis.exceptions.OutOfMemoryError, "is full"),
    (redis.exceptions.ReadOnlyError, "can't be written to"),
)


class Link:
    """Redis for all fetches of the process, as long as it works. Thread-safe.

    After a failure it isn't used for `pause` seconds, with each further failure twice as long up to `longest_pause`;
    then one fetch tries it again. `clock` is monotonic.
    """

    def __init__(
        self,
        url: str,
        *,
        pause: float = 1.0,
        longest_pause: float = 15.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # A connection that Redis has closed meanwhile is opened again at once; nothing else is repeated.
        retry = Retry(NoBackoff(), 1, supported_errors=(redis.exceptions.ConnectionError,))
        self.client: Any = redis.Redis.from_url(
            url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=retry, protocol=2
        )
        self._first_pause, self._longest_pause, self._clock = pause, longest_pause, clock
        self._lock = threading.Lock()
        self._pause, self._paused_until = pause, 0.0
        self._status = SharingStatus(None, "", 0, 0, 0)

    @property
    def status(self) -> SharingStatus:
        return self._status

    def is_usable(self) -> bool:
        """Return whether to try Redis: always while it works, once after each pause while it doesn't."""
        with self._lock:
            if self._status.alone_since is None:
                return True
            now = self._clock()
            if now < self._paused_until:
                return False
            self._paused_until = now + self._pause
            return True

    def worked(self) -> None:
        """Note that an answer was read or stored."""
        with self._lock:
            was_alone, self._pause = self._status.is_alone, self._first_pause
            self._change(alone_since=None, reason="")
        if was_alone:
            facts = {"kind": "fault", "what": "redis", "state": "ended"}
            _log.warning("Redis works again: answers of the API are shared", extra=facts)

    def count(self, what: str) -> None:
        with self._lock:
            self._change(**{what: getattr(self._status, what) + 1})

    def write(self, name: str, data: bytes, seconds: float) -> None:
        """Store bytes under a name for `seconds`, in pieces."""
        deadline = self._deadline(len(data))
        for begin in range(0, len(data), _PIECE):
            piece = data[begin : begin + _PIECE]
            if begin:
                self.client.append(name, piece)
            else:
                self.client.set(name, piece, px=round(seconds * 1000))
            self._check(deadline)

    def read(self, name: str, size: int) -> bytes:
        """Return at most `size` bytes that are stored under a name, read in pieces."""
        found, deadline = bytearray(), self._deadline(size)
        while len(found) < size:
            piece = self.client.getrange(name, len(found), min(size, len(found) + _PIECE) - 1)
            if not piece:
                break
            found += piece
            self._check(deadline)
        return bytes(found)

    def _deadline(self, size: int) -> float:
        return self._clock() + 1.0 + size / _SLOWEST

    def _check(self, deadline: float) -> None:
        if self._clock() > deadline:
            raise redis.exceptions.TimeoutError

    def failed(self, error: Exception) -> None:
        """Note that Redis can't be used."""
        reason = next((text for kind, text in _REASONS if isinstance(error, kind)), "")
        reason = reason or f"answered with an error ({type(error).__name__})"
        with self._lock:
            was_alone = self._status.is_alone
            if was_alone:
                self._pause = min(self._longest_pause, 2 * self._pause)
            self._paused_until = self._clock() + self._pause
            self._change(alone_since=self._status.alone_since or datetime.now(UTC), reason=reason)
        if not was_alone:
            text = "Redis %s: until it works again, this process calls the API for itself"
            facts = {"kind": "fault", "what": "redis", "state": "began", "error": type(error).__name__}
            _log.warning(text, reason, extra=facts)

    def _change(self, **changes: Any) -> None:
        self._status = SharingStatus(**{**vars(self._status), **changes})
