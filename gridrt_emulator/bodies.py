"""Reading a request's body without trusting its length."""

from __future__ import annotations

from starlette.requests import Request


class BodyTooLargeError(Exception):
    """There is more of it than allowed."""


async def read_body(request: Request, limit: int) -> bytes:
    """The body, of at most ``limit`` bytes; BodyTooLargeError as soon as more is announced or comes."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise BodyTooLargeError
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BodyTooLargeError
    return bytes(body)
