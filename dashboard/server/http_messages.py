"""Reading and changing of requests and responses of ASGI: cookies, headers, whole responses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send


class BufferedResponse:
    """A response that is kept, to be changed before it is sent."""

    def __init__(self) -> None:
        self.status = 500
        self.headers = MutableHeaders()
        self._messages: list[Message] = []

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = MutableHeaders(raw=message["headers"])
        self._messages.append(message)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self._messages)

    async def forward(self, send: Send) -> None:
        for message in self._messages:
            if message["type"] == "http.response.start":
                message = {**message, "headers": self.headers.raw}
            await send(message)


class PageResponse:
    """Pass a response on; one that is a page is kept until it is complete, and changed before it is sent.

    Parameters
    ----------
    on_page
        Returns the first message and the body to send in place of a page's.
    on_other
        Returns the first message to send in place of another response's.
    """

    def __init__(
        self,
        send: Send,
        on_page: Callable[[Message, bytes], tuple[Message, bytes]],
        on_other: Callable[[Message], Message] = lambda start: start,
    ) -> None:
        self._send, self._on_page, self._on_other = send, on_page, on_other
        self._start: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
        elif message["type"] == "http.response.start":
            await self._send(self._on_other(message))
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                start, page = self._on_page(self._start, bytes(self._body))
                await self._send(start)
                await self._send({"type": "http.response.body", "body": page})


def asks_for_page(scope: Scope) -> bool:
    """Return whether a request is a browser's for a page."""
    return scope["type"] == "http" and scope["method"] == "GET" and accepts_page(scope)


def accepts_page(scope: Scope) -> bool:
    """Return whether the client takes a page as the response."""
    return "text/html" in Headers(scope=scope).get("accept", "")


def comes_back(scope: Scope) -> bool:
    """Return whether the page that opens a websocket names its session: the third of what it says its protocols are."""
    names: list[str] = scope.get("subprotocols") or []
    return len(names) >= 3 and bool(names[2])


def _is_page(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    is_html = headers.get("content-type", "").startswith("text/html")
    return start["status"] == 200 and is_html and "content-encoding" not in headers


async def refuse(scope: Scope, receive: Receive, send: Send, status: int, sentence: str) -> None:
    """Answer a request with a sentence, and a websocket with 403."""
    if scope["type"] == "websocket":
        # Before the handshake is accepted it is a 403.
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    response: Response = PlainTextResponse(f"{sentence}\n", status, {"cache-control": "no-store"})
    await response(scope, receive, send)


def cookies_of(scope: Scope) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in Headers(scope=scope).get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        found[name] = value
    return found


def without_cookies(scope: Scope, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the scope without these cookies and their parts."""
    pattern = re.compile(rf"({'|'.join(map(re.escape, names))})(_\d+)?")
    kept = [f"{name}={value}" for name, value in cookies_of(scope).items() if name and not pattern.fullmatch(name)]
    headers = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
    if kept:
        headers.append((b"cookie", "; ".join(kept).encode("latin-1")))
    return {**scope, "headers": headers}


def with_headers(scope: Scope, added: Iterable[tuple[str, str]]) -> dict[str, Any]:
    more = [(name.encode(), value.encode("utf-8")) for name, value in added]
    return {**scope, "headers": [*scope["headers"], *more]}


def cookie_set_by(set_cookies: list[str], name: str) -> str:
    """Return the value that a response gives a cookie, empty where it gives it none or deletes it."""
    for line in set_cookies:
        try:
            cookie = SimpleCookie(line).get(name)
        except CookieError:
            continue
        if cookie is not None and cookie.value:
            return line.partition(";")[0].partition("=")[2]
    return ""


def set_cookie(headers: MutableHeaders, secure: bool, name: str, value: str, seconds: int) -> None:
    response = Response()
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=secure)
    headers.append("set-cookie", response.headers["set-cookie"])


def changing_headers(send: Send, change: Callable[[MutableHeaders], None]) -> Send:
    """Return a ``send`` that changes the headers of the response."""

    async def send_changed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message["headers"]))
            change(headers)
            message = {**message, "headers": headers.raw}
        await send(message)

    return send_changed
