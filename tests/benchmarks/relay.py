"""A relay between a client and a server that counts what passes: bytes to a browser, calls to an API.

It passes bytes on as they are. What it counts is what was on the wire, compressed or not.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

_CHUNK = 1 << 18
_REQUEST = re.compile(rb"^(?:GET|POST|HEAD|PUT) (\S+) HTTP/1", re.MULTILINE)
_STREAM = b"_stcore/stream"


class Relay:
    """Listens on a free port of this machine while it is open, and passes everything on to ``url``.

    Attributes
    ----------
    paths
        The path of every request, in order; of a websocket only the one that opened it.
    stream_bytes
        What the server sent over websockets.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname or "", parts.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.paths: list[str] = []
        self.stream_bytes = 0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Relay:
        threading.Thread(target=self._accept, name="relay", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        with self._lock:
            for connection in self._open:
                connection.close()

    def calls(self, part: str) -> int:
        """How many requests had this in their path."""
        return sum(part in path for path in list(self.paths))

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
            except OSError:
                return
            with self._lock:
                self._open |= {client, server}
            streams = threading.Event()
            for work in ((self._requests, client, server, streams), (self._answers, server, client, streams)):
                threading.Thread(target=work[0], args=work[1:], name="relay", daemon=True).start()

    def _requests(self, client: socket.socket, server: socket.socket, streams: threading.Event) -> None:
        def note(chunk: bytes) -> None:
            # A request's first line is never split here: clients on this machine send their headers in one piece.
            if not streams.is_set():
                found = _REQUEST.findall(chunk)
                self.paths += [path.decode("ascii", "replace") for path in found]
                if any(_STREAM in path for path in found):
                    streams.set()

        self._pass_on(client, server, note)

    def _answers(self, server: socket.socket, client: socket.socket, streams: threading.Event) -> None:
        def note(chunk: bytes) -> None:
            if streams.is_set():
                with self._lock:
                    self.stream_bytes += len(chunk)

        self._pass_on(server, client, note)

    def _pass_on(self, source: socket.socket, target: socket.socket, note: Callable[[bytes], None]) -> None:
        try:
            while chunk := source.recv(_CHUNK):
                note(chunk)
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            for side in (source, target):
                side.close()
