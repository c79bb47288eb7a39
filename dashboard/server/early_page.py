"""What a browser gets before the app's own scripts run in it, which takes seconds: a title and a word of what is under
way, and the scripts of the view's figures, so that they load meanwhile. The fetch of the view's data begins as well."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders

from dashboard.filters import Scope as Filtered
from dashboard.filters import read_scope

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_STATIC = Path(str(files("streamlit"))) / "static"
_WORDS = Path(__file__).with_name("early_page.html")
# The scripts that Streamlit loads when it meets the first figure of a kind.
_FIGURES = {
    "sessions": ("DeckGlJsonChart", "DataFrame"),
    "events": ("PlotlyChart", "DataFrame"),
    "latest": ("DataFrame",),
}
_OVERVIEW = ("PlotlyChart", "DataFrame")
_MOST_EXPECTED = 4
"""So many pages at a time begin a fetch; the views ask for theirs in any case."""
_TITLE, _HEAD, _ROOT = b"<title>Streamlit</title>", b"</head>", b'<div id="root"></div>'


class EarlyPage:
    """ASGI middleware around the whole app.

    Parameters
    ----------
    expect
        Called in another thread with the scope that the link names, when somebody's browser opens a view.
    """

    def __init__(self, app: ASGIApp, expect: Callable[[Filtered], None]) -> None:
        self._app = app
        self._expect = expect
        self._expected: set[asyncio.Future[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] != "http"
            or scope["method"] != "GET"
            or "text/html" not in Headers(scope=scope).get("accept", "")
        ):
            await self._app(scope, receive, send)
            return
        # As it is, not packed: it is read here.
        headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        page = _Page(scope, send, self._begin)
        await self._app({**scope, "headers": headers}, receive, page.send)

    def _begin(self, query: bytes) -> None:
        if len(self._expected) < _MOST_EXPECTED:
            begun = asyncio.get_running_loop().run_in_executor(None, self._expect, _asked(query))
            self._expected.add(begun)
            begun.add_done_callback(self._expected.discard)


class _Page:
    """The answer to one request; changed where it is a page."""

    def __init__(self, scope: Scope, send: Send, begin: Callable[[bytes], None]) -> None:
        self._scope, self._send, self._begin = scope, send, begin
        self._start: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
            self._begin(self._scope["query_string"])
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        view = self._scope["path"].rstrip("/").rpartition("/")[2]
        page = _told(bytes(self._body), _FIGURES.get(view, _OVERVIEW))
        headers = MutableHeaders(raw=start["headers"])
        headers["content-length"] = str(len(page))
        # They tell of the file.
        del headers["etag"], headers["last-modified"]
        await self._send(start)
        await self._send({"type": "http.response.body", "body": page})


def _is_page(start: Message) -> bool:
    return start["status"] == 200 and Headers(raw=start["headers"]).get("content-type", "").startswith("text/html")


def _asked(query: bytes) -> Filtered:
    """The scope as a link says it."""
    values = {name: value.strip() or None for name, value in parse_qsl(query.decode("latin-1"))}
    return read_scope(values.get)


@cache
def _told(page: bytes, figures: tuple[str, ...]) -> bytes:
    """Streamlit's page with what is told on arrival. What isn't found in it stays as it is."""
    names = sorted(path.name for figure in figures for path in _STATIC.glob(f"static/js/{figure}.*.js"))
    links = "".join(f'<link rel="modulepreload" crossorigin href="./static/js/{name}">\n' for name in names)
    page = page.replace(_TITLE, b"<title>Grid Real-time</title>", 1)
    page = page.replace(_HEAD, links.encode() + _HEAD, 1)
    return page.replace(_ROOT, _ROOT[:-6] + _WORDS.read_bytes() + _ROOT[-6:], 1)
