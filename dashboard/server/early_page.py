"""The page that a browser shows before Streamlit's scripts run in it, which takes seconds: a title and a progress bar.

The fetch of the data that the page will need begins at the same moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders

from dashboard.data.tenant import PARAMETER as TENANT
from dashboard.filters import SCOPE, api_scope, read_condition
from dashboard.server.sign_in_gate import SIGNED_IN

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PROGRESS: Final = Path(__file__).with_name("early_page.html")
_MOST_PREFETCHES: Final = 4
"""The number of prefetches at a time; a page fetches what it needs in any case."""
# Parts of Streamlit's page.
_TITLE: Final = b"<title>Streamlit</title>"
_ROOT: Final = b'<div id="root"></div>'


class EarlyPage:
    """ASGI middleware that adds the title and the progress bar to Streamlit's page.

    Parameters
    ----------
    prefetch
        Called in another thread with the scope and the tenant that the link names, when a browser opens a page. None
        fetches nothing.
    """

    def __init__(self, app: ASGIApp, prefetch: Callable[[Mapping[str, str], str | None], None] | None) -> None:
        self._app = app
        self._prefetch = prefetch
        self._prefetches: set[asyncio.Future[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] != "http"
            or scope["method"] != "GET"
            or "text/html" not in Headers(scope=scope).get("accept", "")
        ):
            await self._app(scope, receive, send)
            return
        # Without compression, so that the page can be changed.
        headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        response = _Response(send, lambda: self._begin_prefetch(scope))
        await self._app({**scope, "headers": headers}, receive, response.send)

    def _begin_prefetch(self, scope: Scope) -> None:
        # Nothing is fetched for those who have not signed in.
        if self._prefetch and scope.get(SIGNED_IN, True) and len(self._prefetches) < _MOST_PREFETCHES:
            named = parse_qsl(scope["query_string"].decode("latin-1"))
            future = asyncio.get_running_loop().run_in_executor(
                None, self._prefetch, _scope_of(named), dict(named).get(TENANT)
            )
            self._prefetches.add(future)
            future.add_done_callback(self._prefetches.discard)


class _Response:
    """The response to one request, changed where it is a page."""

    def __init__(self, send: Send, on_page: Callable[[], None]) -> None:
        self._send, self._on_page = send, on_page
        self._start: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_page(message):
            self._start = message
            self._on_page()
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send_page(self._start)

    async def _send_page(self, start: Message) -> None:
        page = _with_progress(bytes(self._body))
        headers = MutableHeaders(raw=start["headers"])
        headers["content-length"] = str(len(page))
        # They describe the unchanged file.
        del headers["etag"], headers["last-modified"]
        await self._send(start)
        await self._send({"type": "http.response.body", "body": page})


def _is_page(start: Message) -> bool:
    return start["status"] == 200 and Headers(raw=start["headers"]).get("content-type", "").startswith("text/html")


def _scope_of(named: list[tuple[str, str]]) -> dict[str, str]:
    """Return the filters of the API that the parameters of a link name."""
    values: dict[str, list[str]] = {name: [] for name in SCOPE}
    for name, value in named:
        if name in values:
            values[name].append(value)
    conditions = (read_condition(name, terms, []) for name, terms in values.items())
    return api_scope(one for one in conditions if one is not None)


@cache
def _with_progress(page: bytes) -> bytes:
    """Return Streamlit's page with our title and a progress bar; parts that aren't found in it stay as they are."""
    page = page.replace(_TITLE, b"<title>Grid Real-time</title>", 1)
    return page.replace(_ROOT, _ROOT[:-6] + _PROGRESS.read_bytes() + _ROOT[-6:], 1)
