"""Responses: arrays of encoded pieces of JSON in large chunks, gzip where accepted, and short JSON messages."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterable, Iterator

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gridrt_emulator.segments import Piece

_CHUNK = 256 * 1024
# Shorter bodies aren't worth it.
_GZIP_FROM = 1_000
# Above this a chunk is compressed in a thread, so that other requests go on.
_THREAD_FROM = 64 * 1024


def message(status: int, text: str, headers: dict[str, str] | None = None, **more: object) -> Response:
    """Return a JSON object with a message: ``{"error": …, "status": …}``."""
    body = orjson.dumps({"status": status, "error": text, **more})
    return Response(body, status, headers, "application/json")


def takes_gzip(accept_encoding: str) -> bool:
    """Return whether an Accept-Encoding header accepts gzip (and doesn't refuse it with q=0)."""
    for part in accept_encoding.lower().split(","):
        coding, _, parameters = part.strip().partition(";")
        if coding.strip() in ("gzip", "*"):
            quality = parameters.replace(" ", "")
            return not quality.startswith("q=") or quality[2:].strip("0.") != ""
    return False


def join_pieces(pieces: Iterable[Piece], size: int = _CHUNK) -> Iterator[bytes]:
    """Yield a JSON array of pieces (records without brackets), in chunks of about ``size`` bytes."""
    waiting: list[Piece] = [b"["]
    length, separator = 0, b""
    for piece in pieces:
        waiting += (separator, piece)
        separator = b","
        length += len(piece)
        if length >= size:
            yield b"".join(waiting)
            waiting, length = [], 0
    waiting.append(b"]")
    yield b"".join(waiting)


class ArrayAnswer(Response):
    """A 200 with a JSON array; the pieces are sent in chunks and never joined as a whole."""

    def __init__(self, pieces: list[Piece]) -> None:
        super().__init__(media_type="application/json")
        self.pieces = pieces
        self.length = sum(map(len, pieces)) + max(0, len(pieces) - 1) + 2

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send headers and chunks."""
        gzip = self.length >= _GZIP_FROM and takes_gzip(Headers(scope=scope).get("accept-encoding", ""))
        headers = [
            (b"content-type", b"application/json"),
            (b"vary", b"Accept-Encoding"),
            (b"cache-control", b"no-store"),
        ]
        headers.append((b"content-encoding", b"gzip") if gzip else (b"content-length", str(self.length).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS) if gzip else None
        for chunk in join_pieces(self.pieces):
            body = chunk
            if packer:
                # zlib releases the interpreter lock.
                many = len(chunk) >= _THREAD_FROM
                body = await asyncio.to_thread(packer.compress, chunk) if many else packer.compress(chunk)
            if body:
                await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": packer.flush() if packer else b"", "more_body": False})
