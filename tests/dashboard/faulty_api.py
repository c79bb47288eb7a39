"""An API in front of a strict server that passes requests on, until it is told to fail in one of many ways."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.client.server import CERTIFICATE
from tests.strict_server.server import PREFIX, StrictServer

Fault = Callable[["_Handler", bytes], None]
"""Answers a request in its own way; gets the good answer."""
LIMIT = 3_000_000
"""The value of GRIDRT_MAX_BYTES under which `too_large` and `bomb` are refused."""


class FaultyApi:
    """The API of a strict server, on a port of its own.

    Attributes
    ----------
    fault
        How requests fail; None: they are passed on.
    endpoint
        The word in the path of the only requests that fail, such as ``event``; empty for all.
    clock_offset
        Seconds by which the ``Date`` of answers is ahead.
    """

    def __init__(self, strict: StrictServer, *, tls: bool = False) -> None:
        self.strict = strict
        self.fault: Fault | None = None
        self.endpoint = ""
        self.clock_offset = 0.0
        self.ended = threading.Event()
        self._tls = tls
        self._listen(0)
        self.port: int = self._http.server_port

    @property
    def base_url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}{PREFIX}"

    def refuse(self) -> None:
        """Listen no more: connections are refused."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def accept(self) -> None:
        """Listen again, after `refuse`."""
        self._listen(self.port)

    @contextmanager
    def failing(self, fault: Fault, endpoint: str = "") -> Iterator[None]:
        self.fault, self.endpoint = fault, endpoint
        self.ended.clear()
        try:
            yield
        finally:
            self.fault = None
            self.ended.set()

    def __enter__(self) -> FaultyApi:
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        with suppress(OSError):
            self.refuse()

    def _listen(self, port: int) -> None:
        api = self

        class Handler(_Handler):
            faulty = api

        self._http = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._http.daemon_threads = True
        if self._tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()


class _Handler(BaseHTTPRequestHandler):
    faulty: FaultyApi
    # Without connections that stay open, so that `refuse` refuses all.
    protocol_version = "HTTP/1.0"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        now = time.time() if timestamp is None else timestamp
        return super().date_time_string(now + self.faulty.clock_offset)

    def do_GET(self) -> None:
        api = self.faulty
        fault = api.fault if f"/{api.endpoint}" in self.path else None
        with suppress(OSError):
            status, body = self._pass_on()
            if fault is None:
                self.answer(status, body)
            else:
                fault(self, body)

    def answer(
        self, status: int, body: bytes, *, kind: str = "application/json", length: int | None = None, **headers: str
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        if length is not None:
            self.close_connection = True

    def _pass_on(self) -> tuple[int, bytes]:
        connection = HTTPConnection(urlsplit(self.faulty.strict.base_url).netloc, timeout=10)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "accept-encoding"}
        connection.request("GET", self.path, headers=headers)
        response = connection.getresponse()
        found = response.status, response.read()
        connection.close()
        return found


def status(code: int, **headers: str) -> Fault:
    return lambda handler, _: handler.answer(code, b'{"message":"no"}', **headers)


def slow(handler: _Handler, body: bytes) -> None:
    """Begin to answer after longer than the client waits."""
    handler.faulty.ended.wait(3)
    handler.answer(200, body)


def hang(handler: _Handler, body: bytes) -> None:
    handler.faulty.ended.wait(20)
    handler.close_connection = True


def drip(handler: _Handler, body: bytes) -> None:
    """Send one byte after the other, each sooner than the client's patience ends."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    for byte in body:
        handler.wfile.write(bytes([byte]))
        if handler.faulty.ended.wait(0.05):
            break
    handler.close_connection = True


def drop(handler: _Handler, body: bytes) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def truncated(handler: _Handler, body: bytes) -> None:
    handler.answer(200, body[: len(body) // 2])


def wrong_length(handler: _Handler, body: bytes) -> None:
    handler.answer(200, body, length=len(body) + 100)


def web_page(handler: _Handler, body: bytes) -> None:
    handler.answer(200, b"<!doctype html><title>Sign in</title>", kind="text/html")


def wrong_shape(handler: _Handler, body: bytes) -> None:
    handler.answer(200, b'{"data":[]}')


def nothing(handler: _Handler, body: bytes) -> None:
    handler.answer(200, b"")


_BOMB = gzip.compress(b" " * (3 * LIMIT))


def bomb(handler: _Handler, body: bytes) -> None:
    """Send a small answer that unpacks to more than `LIMIT`."""
    handler.answer(200, _BOMB, Content_Encoding="gzip")


def deep(handler: _Handler, body: bytes) -> None:
    handler.answer(200, b"[" * 1_000_000)


def too_large(handler: _Handler, body: bytes) -> None:
    handler.answer(200, body + b" " * (2 * LIMIT))


def redirect(handler: _Handler, body: bytes) -> None:
    handler.answer(302, b"", Location="https://login.example.com/")


def revoked(handler: _Handler, body: bytes) -> None:
    handler.answer(401, json.dumps({"message": "Unauthorized"}).encode())
