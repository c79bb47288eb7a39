"""The gate in front of everything that the server answers, for the modes of `dashboard.data.sign_in_settings`.

What a request may not say itself is removed from it: headers that begin with ``x-gridrt-``, which name the viewer to
the script, and Streamlit's cookies of a session that has ended. So the script can rely on ``st.user`` and on these
headers.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse

from dashboard.data import audit
from dashboard.data.identity import (
    EMAIL_HEADER,
    ENDS_HEADER,
    FAILED_COOKIE,
    GROUPS_HEADER,
    MODE_HEADER,
    OUR_HEADERS,
    SESSION_HEADER,
)
from dashboard.data.sign_in_settings import Mode, SignIn
from dashboard.server.http_messages import (
    BufferedResponse,
    accepts_page,
    changing_headers,
    cookie_set_by,
    cookies_of,
    refuse,
    set_cookie,
    with_headers,
    without_cookies,
)
from dashboard.server.signed_sessions import (
    GRACE_SECONDS,
    SESSION_COOKIE,
    TOKENS_COOKIE,
    USER_COOKIE,
    SignedSession,
    SignedSessions,
)

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

RETURN_COOKIE: Final = "gridrt_return"

_HEALTH: Final = "/_stcore/health"
_LOGIN, _LOGOUT, _CALLBACK = "/auth/login", "/auth/logout", "/oauth2callback"
# What the page with the button needs that signs in: the application of the browser and its websocket. And our modules
# in it: a page that is loading them when its session ends couldn't ask whether its viewer is still signed in.
_PUBLIC: Final = re.compile(
    r"/(static/.+|favicon\.\w+|manifest\.json|app/static/\w+\.js|_stcore/(host-config|stream|health))?"
)
_OF_SERVER: Final = re.compile(r"/(_stcore|media|component|app|auth|oauth2callback)(/|$)")
_LONGEST_RETURN: Final = 2_000
_RETURN_SECONDS: Final = 900
_FAILED_SECONDS: Final = 60
_PROVIDER_FAILED: Final = (
    "<!doctype html><meta charset=utf-8><title>Grid Real-time</title>"
    "<p>The sign-in provider can't be reached or refuses this dashboard. The server's log says why.</p>"
    "<p><a href='/'>Try again</a></p>"
)


class SignInGate:
    """ASGI middleware that lets only viewers through who have signed in.

    Parameters
    ----------
    sign_in
        The mode and its settings.
    clock
        Seconds since 1970.
    """

    def __init__(self, app: ASGIApp, sign_in: SignIn, clock: Callable[[], float] = time.time) -> None:
        self._app, self._sign_in, self._clock = app, sign_in, clock
        self._sessions = SignedSessions(sign_in.cookie_secret or secrets.token_hex(32), sign_in.session.total_seconds())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if not name.startswith(OUR_HEADERS)]
        headers.append((MODE_HEADER.encode(), self._sign_in.mode.encode()))
        scope = {**scope, "headers": headers}
        match self._sign_in.mode:
            case Mode.OIDC:
                await self._with_provider(scope, receive, send)
            case Mode.PROXY:
                await self._with_proxy(scope, receive, send)
            case _:
                await self._app(scope, receive, send)

    async def _with_proxy(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        host, port = scope.get("client") or ("", 1)
        if scope["path"] == _HEALTH and scope["type"] == "http":
            await self._app(scope, receive, send)
        elif not self._sign_in.is_from_proxy(host, port):
            audit.sign_in_failed("not_from_proxy", host)
            await refuse(scope, receive, send, 403, "This dashboard is reached through its proxy only.")
        elif len(emails := headers.getlist(self._sign_in.email_header)) != 1 or not emails[0].strip():
            audit.sign_in_failed("not_named", host)
            await refuse(scope, receive, send, 401, "The proxy does not say who you are. Sign in there, then reload.")
        else:
            groups = ",".join(headers.getlist(self._sign_in.groups_header))
            named = ((EMAIL_HEADER, emails[0].strip()), (GROUPS_HEADER, groups))
            await self._app(with_headers(scope, named), receive, send)

    async def _with_provider(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, cookies = _path(scope), cookies_of(scope)
        session = self._sessions.read(cookies, self._clock())
        if session is None:
            scope = without_cookies(scope, (USER_COOKIE, TOKENS_COOKIE))
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send, session)
        elif path == _LOGIN:
            await self._login(scope, receive, send)
        elif path == _CALLBACK:
            await self._app(scope, receive, changing_headers(send, lambda headers: self._return(scope, headers)))
        elif path == _LOGOUT:
            if session is not None:
                self._sessions.end(session.identifier)
                audit.signed_out(session.identifier)
            delete = partial(set_cookie, secure=self._secure, name=SESSION_COOKIE, value="", seconds=0)
            await self._app(scope, receive, changing_headers(send, delete))
        elif session is not None:
            await self._app(with_headers(scope, ((SESSION_HEADER, session.identifier),)), receive, send)
        elif _PUBLIC.fullmatch(path) or _is_page(scope, path):
            await self._app(scope, receive, send)
        else:
            await refuse(scope, receive, send, 401, "Sign in to the dashboard first.")

    async def _websocket(self, scope: Scope, receive: Receive, send: Send, session: SignedSession | None) -> None:
        if session is None:
            await self._app(scope, receive, send)
            return
        ended = self._sessions.watch(session.identifier)
        timer = asyncio.get_running_loop().call_later(max(0.0, session.ends - self._clock()) + GRACE_SECONDS, ended.set)
        try:
            named = ((ENDS_HEADER, str(int(session.ends))), (SESSION_HEADER, session.identifier))
            scope = with_headers(scope, named)
            await self._app(scope, _until(ended, receive, send), send)
        finally:
            timer.cancel()
            self._sessions.unwatch(session.identifier, ended)

    async def _login(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Go to the provider, and keep where the viewer came from; say so where the provider can't be reached."""
        response = BufferedResponse()
        try:
            await self._app(scope, receive, response.send)
        except Exception:  # noqa: BLE001 - whatever its library raises, the viewer gets a sentence
            response.status = 500
        if not 300 <= response.status < 400:
            audit.sign_in_failed("provider_failed", _host(scope))
            await HTMLResponse(_PROVIDER_FAILED, 502, {"cache-control": "no-store"})(scope, receive, send)
            return
        target = _return_path(scope)
        if target is not None:
            set_cookie(response.headers, self._secure, RETURN_COOKIE, target, _RETURN_SECONDS)
        await response.forward(send)

    def _return(self, scope: Scope, headers: MutableHeaders) -> None:
        """Begin a session where the provider's answer brings an identity, and return to the link."""
        secure, query = self._secure, scope["query_string"]
        user = cookie_set_by(headers.getlist("set-cookie"), USER_COOKIE)
        if user:
            set_cookie(headers, secure, SESSION_COOKIE, self._sessions.create(user), int(self._sessions.seconds))
        elif b"state=" in query or b"error=" in query:
            audit.sign_in_failed("refused", _host(scope))
            set_cookie(headers, secure, FAILED_COOKIE, "1", _FAILED_SECONDS)
        target = cookies_of(scope).get(RETURN_COOKIE)
        if target is not None:
            path = _safe_path(_decoded(target))
            if path is not None:
                headers["location"] = path
            set_cookie(headers, secure, RETURN_COOKIE, "", 0)

    @property
    def _secure(self) -> bool:
        """Whether the browser reaches the dashboard by HTTPS, which a proxy in front of it may end."""
        return self._sign_in.redirect_uri.startswith("https:")


def _until(ended: asyncio.Event, receive: Receive, send: Send) -> Receive:
    """Return a ``receive`` that closes the websocket when the event is set."""

    async def receive_or_end() -> Message:
        incoming, end = asyncio.ensure_future(receive()), asyncio.ensure_future(ended.wait())
        done, _ = await asyncio.wait((incoming, end), return_when=asyncio.FIRST_COMPLETED)
        if incoming in done:
            end.cancel()
            return incoming.result()
        incoming.cancel()
        await send({"type": "websocket.close", "code": 1008})
        return {"type": "websocket.disconnect", "code": 1008}

    return receive_or_end


def _host(scope: Scope) -> str:
    return str((scope.get("client") or ("",))[0])


def _path(scope: Scope) -> str:
    """Return the path below the one under which the server is reached."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "").rstrip("/")
    return path.removeprefix(root) if root and path.startswith(f"{root}/") else path


def _is_page(scope: Scope, path: str) -> bool:
    """Return whether a request is a browser's for a page: each page is the application, without any data."""
    return scope["method"] in ("GET", "HEAD") and accepts_page(scope) and not _OF_SERVER.match(path)


def _return_path(scope: Scope) -> str | None:
    """Return the link that a viewer came from, encoded for a cookie; None where it isn't one of this dashboard."""
    headers = Headers(scope=scope)
    parts = urlsplit(headers.get("referer", ""))
    if parts.netloc != headers.get("host", ""):
        return None
    path = _safe_path(parts.path + (f"?{parts.query}" if parts.query else ""))
    return None if path is None else _encoded(path)


def _safe_path(path: str) -> str | None:
    """Return a path with its query where it can't lead to another host and isn't the server's own, else None."""
    usable = path.isprintable() and path.isascii() and len(path) <= _LONGEST_RETURN
    if not usable or not path.startswith("/") or path.startswith("//") or "\\" in path or _OF_SERVER.match(path):
        return None
    return path


def _encoded(text: str) -> str:
    return text.encode().hex()


def _decoded(value: str) -> str:
    try:
        return bytes.fromhex(value).decode()
    except ValueError:
        return ""
