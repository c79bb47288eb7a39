"""Streamlit's scripts and styles from memory, compressed.

Streamlit reads each of the 200 files of a first visit from the disk, in parts and in other threads, and sends it as it
is: 9 MB. Their names hold a hash of their content, so what was sent once is right for as long as the server runs.
"""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PLACE: Final = "/static/"
MOST_BYTES: Final = 16 * 2**20
"""What all kept responses take at most, compressed; all of Streamlit's files take less."""
_KEPT_TYPES: Final = ("text/javascript", "application/javascript", "text/css")
# Parts of files and questions whether one has changed are answered by Streamlit.
_CONDITIONS: Final = ("range", "if-none-match", "if-modified-since", "if-range")
_LEVEL: Final = 6


class StaticAssets:
    """ASGI middleware that answers a request for a hashed script or style from the second on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: dict[str, tuple[Message, bytes]] = {}
        self._bytes = 0
        self._work: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not _may_be_kept(scope):
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        if (kept := self._kept.get(path)) is not None:
            start, body = kept
            await send(start)
            await send({"type": "http.response.body", "body": body})
            return
        response = _Recorder(send)
        await self._app(scope, receive, response.send)
        if response.start is not None and response.is_complete:
            task = asyncio.create_task(self._keep(path, response.start, bytes(response.body)))
            self._work.add(task)
            task.add_done_callback(self._work.discard)

    async def _keep(self, path: str, start: Message, body: bytes) -> None:
        compressed = await asyncio.to_thread(gzip.compress, body, _LEVEL)
        if path in self._kept or self._bytes + len(compressed) > MOST_BYTES:
            return
        headers = MutableHeaders(raw=list(start["headers"]))
        headers["content-length"] = str(len(compressed))
        headers["content-encoding"] = "gzip"
        headers["vary"] = "Accept-Encoding"
        # They describe the file as it is.
        for name in ("etag", "last-modified", "accept-ranges"):
            if name in headers:
                del headers[name]
        self._bytes += len(compressed)
        self._kept[path] = {**start, "headers": headers.raw}, compressed


class _Recorder:
    """Pass a response on, and record it where it may be kept."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.start: Message | None = None
        self.body = bytearray()
        self.is_complete = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_immutable(message):
            self.start = message
        elif message["type"] == "http.response.body" and self.start is not None:
            self.body += message.get("body", b"")
            self.is_complete = not message.get("more_body", False)
        elif message["type"] not in ("http.response.start", "http.response.body"):
            # Such as the path of a file that the server sends by itself.
            self.start = None
        await self._send(message)


def _may_be_kept(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return (
        PLACE in scope["path"]
        and "gzip" in headers.get("accept-encoding", "")
        and not any(name in headers for name in _CONDITIONS)
    )


def _is_immutable(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return (
        start["status"] == 200
        and "immutable" in headers.get("cache-control", "")
        and "content-encoding" not in headers
        and headers.get("content-type", "").split(";")[0] in _KEPT_TYPES
    )
