"""Reading a request's body without trusting its length."""

from __future__ import annotations

from starlette.requests import Request


class BodyTooLargeError(Exception):
    """The body is larger than allowed."""


async def read_body(request: Request, limit: int) -> bytes:
    """Return the body; raise BodyTooLargeError as soon as more than ``limit`` bytes are announced or received."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise BodyTooLargeError
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BodyTooLargeError
    return bytes(body)
