"""Calls of DuckDB, all of which must have ended when the interpreter does.

Python ends a thread that returns from DuckDB while the interpreter ends, in the middle of C++ code, and that ends the
process with "terminate called". So calls are counted, and at the end of the process interrupted and waited for.
"""

import atexit
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import duckdb

from gridrt_client.errors import StoppingError

STOP_SECONDS: Final = 2.0


class DuckDBCalls:
    """The connections that are in use. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._used: list[duckdb.DuckDBPyConnection] = []
        self._running = 0
        self._stopped = False

    def check(self) -> None:
        """Raise StoppingError when the process is ending."""
        if self._stopped:
            raise StoppingError("The program is ending")

    @contextmanager
    def using(self, connect: Callable[[], duckdb.DuckDBPyConnection]) -> Iterator[duckdb.DuckDBPyConnection]:
        """Use a connection within the block, and close it; to make it is a call, too.

        Raise StoppingError when the process is ending, also where that has interrupted a call.
        """
        with self._changed:
            self.check()
            self._running += 1
        connection = None
        try:
            connection = connect()
            with self._changed:
                self.check()
                self._used.append(connection)
            yield connection
        except duckdb.InterruptException:
            self.check()
            raise
        finally:
            # Before it is closed: a closed connection can't be interrupted.
            with self._changed:
                self._used = [one for one in self._used if one is not connection]
            if connection is not None:
                connection.close()
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def stop(self, seconds: float = STOP_SECONDS) -> bool:
        """Let no call begin any more and interrupt those that run; return whether all have ended in time."""
        with self._changed:
            self._stopped = True
            for connection in self._used:
                connection.interrupt()
            return self._changed.wait_for(lambda: not self._running, seconds)


CALLS: Final = DuckDBCalls()
"""Those of this process."""
atexit.register(CALLS.stop)
