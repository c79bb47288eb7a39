"""The page that a browser shows before Streamlit's scripts run in it, which takes seconds: a title and a progress bar.

A script in it says why nothing more comes where the browser can't open the websocket.
The fetch of the data that the page will need begins at the same moment.
"""

from __future__ import annotations

import asyncio
import html
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders

from dashboard.data.saved_views import STATUS
from dashboard.data.tenant import PARAMETER as TENANT
from dashboard.filters import SCOPE, api_scope, read_condition
from dashboard.server.http_messages import PageResponse, asks_for_page

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PROGRESS: Final = Path(__file__).with_name("early_page.html")
_CONNECTION_CHECK: Final = Path(__file__).with_name("early_page.js")
_MOST_PREFETCHES: Final = 4
"""The number of prefetches at a time; a page fetches what it needs in any case."""
# Parts of Streamlit's page.
_TITLE: Final = b"<title>Streamlit</title>"
_ROOT: Final = b'<div id="root"></div>'
# Where the script finds the host that the request named.
_HOST: Final = b'data-host=""'


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
        if not asks_for_page(scope):
            await self._app(scope, receive, send)
            return
        # Without compression, so that the page can be changed.
        headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]

        def on_page(start: Message, page: bytes) -> tuple[Message, bytes]:
            self._begin_prefetch(scope)
            return _changed(start, page, Headers(scope=scope).get("host", ""))

        await self._app({**scope, "headers": headers}, receive, PageResponse(send, on_page).send)

    def _begin_prefetch(self, scope: Scope) -> None:
        needs_data = not scope["path"].rstrip("/").endswith(f"/{STATUS}")
        if self._prefetch and needs_data and len(self._prefetches) < _MOST_PREFETCHES:
            named = parse_qsl(scope["query_string"].decode("latin-1"))
            future = asyncio.get_running_loop().run_in_executor(
                None, self._prefetch, _scope_of(named), dict(named).get(TENANT)
            )
            self._prefetches.add(future)
            future.add_done_callback(self._prefetches.discard)


def _changed(start: Message, page: bytes, host: str) -> tuple[Message, bytes]:
    page = _with_progress(page).replace(_HOST, f'data-host="{html.escape(host)}"'.encode(), 1)
    headers = MutableHeaders(raw=start["headers"])
    headers["content-length"] = str(len(page))
    # They describe the unchanged file.
    del headers["etag"], headers["last-modified"]
    return start, page


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
    script = b"<script %b>\n%b</script>\n" % (_HOST, _CONNECTION_CHECK.read_bytes())
    return page.replace(_ROOT, _ROOT[:-6] + _PROGRESS.read_bytes() + script + _ROOT[-6:], 1)
