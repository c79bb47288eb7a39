"""A middleware that applies faults to matching requests."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gridrt_emulator.answers import message
from gridrt_emulator.connections import Connections, gone
from gridrt_emulator.faults import STATUSES, Fault

_REPORTS = re.compile(r"/regions/[^/]+/reports/v2/realtime/([^/]+)/tenants/[^/]+")
_DROPS = 20
_MEBIBYTE = 1024 * 1024
_SIGN_IN = """<!doctype html><html lang="en"><title>Sign in</title><h1>Sign in to continue</h1>
<form method="post"><input name="user"><input name="password" type="password"><button>Sign in</button></form></html>"""


class Faulty:
    """An ASGI application around another. ``active``: the active faults, the newest last."""

    def __init__(self, app: ASGIApp, connections: Connections) -> None:
        self._app, self._connections = app, connections
        self.active: list[Fault] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Apply the newest matching fault, else answer as the application does."""
        fault = self._take(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind in _BREAKING:
            await _BREAKING[fault.kind](self, fault, scope, receive, send)
        else:
            await _instead(fault)(scope, receive, send)

    def _take(self, path: str) -> Fault | None:
        found = _REPORTS.fullmatch(path)
        if not found:
            return None
        for fault in reversed(self.active):
            if fault.endpoint in (None, found[1]):
                if fault.left is not None:
                    fault.left -= 1
                    if not fault.left:
                        self.active.remove(fault)
                return fault
        return None

    async def _hang(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """Send nothing until the client disconnects or the server stops."""
        await self._connections.hang(receive)
        await self._drop(fault, scope, receive, send)

    async def _drop(self, _: Fault, scope: Scope, receive: Receive, __: Send) -> None:
        """Reset the connection instead of answering."""
        self._connections.reset(scope)
        await gone(receive)

    async def _slow(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the true response in small parts over the fault's seconds."""
        start, body = await self._true_answer(scope, receive)
        await send(start)
        size = max(1, -(-len(body) // _DROPS))
        for position in range(0, len(body), size):
            if not await self._connections.pause(scope, fault.argument / _DROPS):
                await self._drop(fault, scope, receive, send)
                return
            await send({"type": "http.response.body", "body": body[position : position + size], "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _truncated(self, _: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """Announce the true response, send half of it and close the connection."""
        start, body = await self._true_answer(scope, receive)
        await send(start)
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        self._connections.close(scope)
        await gone(receive)

    async def _huge(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """Send an array of about so many MiB without Content-Length."""
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        record = b'{"captureId":"huge","str1":"' + b"x" * (_MEBIBYTE - 32) + b'"}'
        separator = b"["
        for _ in range(round(fault.argument)):
            # Yield to other requests.
            if not await self._connections.pause(scope, 0):
                await self._drop(fault, scope, receive, send)
                return
            await send({"type": "http.response.body", "body": separator + record, "more_body": True})
            separator = b","
        await send({"type": "http.response.body", "body": b"]" if separator == b"," else b"[]", "more_body": False})

    async def _true_answer(self, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
        """Return the application's whole response, with its length."""
        messages: list[Message] = []

        async def keep(part: Message) -> None:
            messages.append(part)

        await self._app(scope, receive, keep)
        body = b"".join(part.get("body", b"") for part in messages[1:])
        headers = [(name, value) for name, value in messages[0]["headers"] if name.lower() != b"content-length"]
        return {**messages[0], "headers": [*headers, (b"content-length", str(len(body)).encode())]}, body


_Breaking = Callable[[Faulty, Fault, Scope, Receive, Send], Awaitable[None]]
_BREAKING: dict[str, _Breaking] = {
    "hang": Faulty._hang,
    "drop": Faulty._drop,
    "slow": Faulty._slow,
    "truncated": Faulty._truncated,
    "huge": Faulty._huge,
}


def _instead(fault: Fault) -> Response:
    """Return the response of a fault that only replaces it."""
    if fault.kind == "html":
        return HTMLResponse(_SIGN_IN)
    if fault.kind == "wrong-shape":
        return JSONResponse({"data": [], "count": 0})
    if fault.kind == "redirect":
        # A host that can't exist: no client may follow it with the token.
        return RedirectResponse("http://sign-in.invalid/login", 302)
    headers: dict[str, str] = {}
    if fault.kind == "401":
        headers["WWW-Authenticate"] = 'Bearer realm="grid", error="invalid_token"'
    if fault.kind in ("429", "503") and fault.argument:
        headers["Retry-After"] = f"{fault.argument:.0f}"
    return message(int(fault.kind), STATUSES[fault.kind], headers)
