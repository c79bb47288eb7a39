"""Headers that tell the browser what a page of the dashboard may do, on every response.

The Content-Security-Policy allows what the dashboard itself serves. Scripts inside a page run only where their hash is
in the policy; the hashes are computed from the page that is served.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers, MutableHeaders

from dashboard.server.http_messages import PageResponse
from gridrt_client.errors import BadSettingError
from gridrt_client.safe_text import quoted

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

VARIABLE: Final = "GRIDRT_FRAME_ANCESTORS"

_PLACE: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_ANCESTOR: Final = re.compile(r"https?://(?:\*\.)?[A-Za-z0-9.-]+(?::[0-9]{1,5})?")
_LOCALHOST: Final = re.compile(r"localhost(?::[0-9]+)?", re.IGNORECASE)
_YEAR_SECONDS: Final = 31_536_000
_FIXED: Final = {
    "x-content-type-options": "nosniff",
    # Not no-referrer: the link that a viewer signs in from is read from the Referer of the dashboard's own request.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": ", ".join(
        f"{feature}=()"
        for feature in (
            *("accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope", "hid"),
            *("magnetometer", "microphone", "midi", "payment", "publickey-credentials-get", "serial", "usb"),
        )
    ),
}


class SecurityHeaders:
    """ASGI middleware that adds the headers.

    Parameters
    ----------
    frame_ancestors
        The pages that may show the dashboard in a frame, as `parse` returns them.
    """

    def __init__(self, app: ASGIApp, frame_ancestors: str = "'none'") -> None:
        self._app, self._frame_ancestors = app, frame_ancestors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        def on_page(start: Message, page: bytes) -> tuple[Message, bytes]:
            return self._with_headers(scope, start, page), page

        def on_other(start: Message) -> Message:
            return self._with_headers(scope, start, b"")

        await self._app(scope, receive, PageResponse(send, on_page, on_other).send)

    def _with_headers(self, scope: Scope, start: Message, page: bytes) -> Message:
        headers = MutableHeaders(raw=list(start["headers"]))
        for name, value in _FIXED.items():
            headers[name] = value
        is_encrypted = scope.get("scheme") == "https"
        host = Headers(scope=scope).get("host", "")
        # It would hold for everything else that a developer runs on this machine.
        if is_encrypted and not _LOCALHOST.fullmatch(host):
            headers["strict-transport-security"] = f"max-age={_YEAR_SECONDS}"
        # The browser keeps the policy of the page that it has.
        if start["status"] != 304:
            socket = _websocket_origin(host, is_encrypted)
            headers["content-security-policy"] = policy(page, socket, self._frame_ancestors)
        return {**start, "headers": headers.raw}


class _Scripts(HTMLParser):
    """The scripts inside a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_inside = tag == "script" and "src" not in dict(attrs)
        if self._is_inside:
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self._is_inside = False

    def handle_data(self, data: str) -> None:
        if self._is_inside:
            self.found[-1] += data


def policy(page: bytes, socket: str, frame_ancestors: str) -> str:
    """Return the Content-Security-Policy of a page.

    Parameters
    ----------
    page
        The page, empty where the response is none.
    socket
        The origin of the dashboard's websocket, empty where it isn't known.
    frame_ancestors
        As `parse` returns them.
    """
    directives = {
        "default-src": "'self'",
        # Streamlit runs the script of a component from a blob, which only a script that runs already can make.
        "script-src": " ".join(("'self'", "'wasm-unsafe-eval'", "blob:", *_hashes(page))),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        # Not every browser takes a websocket of the same host for 'self'.
        "connect-src": f"'self' {socket} blob: data:".replace("  ", " "),
        "worker-src": "'self' blob:",
        "font-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": frame_ancestors,
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def from_env(env: Mapping[str, str]) -> str:
    """Return the pages that may frame the dashboard, as set; raises BadSettingError as `parse`."""
    return parse(env.get(VARIABLE, ""))


def parse(text: str) -> str:
    """Return the value of ``frame-ancestors``: ``none``, ``self``, or origins separated by commas or blanks.

    Raises
    ------
    BadSettingError
        When one of them can't be an origin.
    """
    given = text.replace(",", " ").split()
    if not given or given == ["none"]:
        return "'none'"
    for one in given:
        if one != "self" and not _ANCESTOR.fullmatch(one):
            raise BadSettingError(
                f"{VARIABLE} must be none, self, or origins such as https://portal.example.com, separated by commas, "
                f"not {quoted(one)}"
            )
    return " ".join("'self'" if one == "self" else one for one in given)


@lru_cache(maxsize=8)
def _hashes(page: bytes) -> tuple[str, ...]:
    """Return the hashes of the scripts inside a page."""
    scripts = _Scripts()
    scripts.feed(page.decode(errors="replace"))
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts.found)
    return tuple(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def _websocket_origin(host: str, is_encrypted: bool) -> str:
    return f"{'wss' if is_encrypted else 'ws'}://{host}" if _PLACE.fullmatch(host) else ""
