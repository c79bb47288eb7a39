"""A limit on the whole duration of a call, whatever the server does.

The timeouts of requests apply between two bytes: a server that sends one byte at a time, in the headers or the body,
would hold a thread for ever. At the end of a `Deadline` the socket that its thread waits on is shut down, which ends
the wait at once. No public option of requests or urllib3 does that.
"""

import contextlib
import logging
import socket
import threading
import time
from typing import Any, Self

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

_local = threading.local()


class Deadline:
    """``with Deadline(seconds) as deadline:``, for the calls of this thread through a `DeadlineAdapter`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._interrupt)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._over = False
        self._connection: HTTPConnection | None = None
        self._socket: object = None

    @property
    def left(self) -> float:
        """The seconds left; not below 0."""
        return max(0.0, self._end - time.monotonic())

    def watch(self, connection: HTTPConnection) -> None:
        with self._lock:
            self._connection = connection
            # http.client drops the socket before the body is read when the connection won't be kept.
            self._socket = connection.sock or self._socket

    def __enter__(self) -> Self:
        _local.deadline = self
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        _local.deadline = None
        self._timer.cancel()
        with self._lock:
            # The connection goes back to the pool, where another thread may take it.
            self._over, self._connection, self._socket = True, None, None

    def _interrupt(self) -> None:
        with self._lock:
            if self._over:
                return
            for found in {self._connection and self._connection.sock, self._socket}:
                if isinstance(found, socket.socket):
                    # The plain socket's method: that of a TLS socket would remove the TLS layer under the thread that
                    # reads. An error means that it is closed already.
                    with contextlib.suppress(OSError):
                        socket.socket.shutdown(found, socket.SHUT_RDWR)


def _deadline() -> Deadline | None:
    return getattr(_local, "deadline", None)


# Of calls of ours, urllib3 must not log unreadable headers, in which a server may echo the token.
logging.getLogger("urllib3.connection").addFilter(
    lambda record: _deadline() is None or not str(record.msg).startswith("Failed to parse headers")
)


class _Watched(HTTPConnection):
    """Connections that the thread's deadline watches from each step that may wait."""

    def connect(self) -> None:
        self._watch()
        super().connect()

    def request(self, *arguments: Any, **options: Any) -> None:
        self._watch()
        super().request(*arguments, **options)

    def getresponse(self) -> Any:
        self._watch()
        return super().getresponse()

    def _watch(self) -> None:
        if deadline := _deadline():
            deadline.watch(self)


class _WatchedTLS(_Watched, HTTPSConnection):
    pass


class DeadlineAdapter(HTTPAdapter):
    """An adapter whose connections are watched by the `Deadline` of their thread."""

    def get_connection_with_tls_context(self, *arguments: Any, **options: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*arguments, **options)
        # The connections of a SOCKS proxy stay: they are needed for its protocol.
        if pool.ConnectionCls in (HTTPConnection, HTTPSConnection):
            pool.ConnectionCls = _WatchedTLS if pool.scheme == "https" else _Watched
        return pool
