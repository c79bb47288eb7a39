"""A real HTTP server on loopback that answers each request with the next of a list of scripted replies."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import Self

CERTIFICATE = Path(__file__).parent / "loopback.pem"
"""A key and a self-signed certificate for 127.0.0.1, which nobody trusts unless told to."""

Reply = Callable[["Exchange"], None]


@dataclass
class Exchange:
    """One request as it came, and the socket to answer on."""

    line: str
    headers: dict[str, str]
    connection: socket.socket
    stream: BufferedReader
    stopping: threading.Event

    @property
    def target(self) -> str:
        return self.line.split()[1]

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def reset(self) -> None:
        """End the connection with a RST, as a crash does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self.stream.close()
        self.connection.close()


def reply(
    status: int = 200, body: bytes = b"[]", *, length: int | None = None, reason: str = "Reason", **headers: str
) -> Reply:
    """A whole answer; `length` to announce another length than the body's, headers with _ for -."""

    def answer(exchange: Exchange) -> None:
        lines = [f"HTTP/1.1 {status} {reason}", f"Content-Length: {len(body) if length is None else length}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        exchange.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    return answer


def drip(head: bytes, every: float = 0.02) -> Reply:
    """`head`, and then one byte at a time until the client has enough."""

    def answer(exchange: Exchange) -> None:
        exchange.send(head)
        while not exchange.stopping.wait(every):
            exchange.send(b" ")

    return answer


def hang(exchange: Exchange) -> None:
    """Nothing at all, until the client gives up."""
    exchange.connection.settimeout(20)
    exchange.connection.recv(1)


@dataclass
class Server:
    """``with Server(reply(503), reply()) as server:``; the last reply is given to all further requests."""

    replies: list[Reply]
    tls: bool = False
    seen: list[Exchange] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/reports"

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _run(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(connection)
            self._run(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        # An error ends the connection, as it should: the client left or the reply closed it.
        with suppress(OSError, ValueError), connection:
            if self.tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(CERTIFICATE)
                connection = context.wrap_socket(connection, server_side=True)
                self._open.add(connection)
            with connection, connection.makefile("rb") as stream:
                while not stream.closed and (exchange := self._request(stream, connection)):
                    with self._lock:
                        self.seen.append(exchange)
                        number = len(self.seen) - 1
                    self.replies[min(number, len(self.replies) - 1)](exchange)

    def _request(self, stream: BufferedReader, connection: socket.socket) -> Exchange | None:
        lines: list[str] = []
        if stream.peek(1)[:1] == b"\x16":
            # A client that wants TLS where there is none; an HTTP server takes it for a bad request.
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            return None
        while line := stream.readline():
            if line == b"\r\n":
                headers = dict(one.split(": ", 1) for one in lines[1:])
                return Exchange(lines[0], headers, connection, stream, self._stopping)
            lines.append(line.decode("latin-1").rstrip("\r\n"))
        return None
