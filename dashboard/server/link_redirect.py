"""Links that say something in another way than the page does are sent on to the page's own way, before it is loaded.

A page can only do so by a further step of the browser's history, and Back would end at the other way again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse

from gridrt_client.safe_text import read_shown, shown

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_VALUES = ("installationId", "spaceId", "deviceId", "eventType")


class LinkRedirect:
    """ASGI middleware: answers a browser that opens such a link with a redirect."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: ASGIApp = self._app
        if (
            scope["type"] == "http"
            and scope["method"] == "GET"
            and "text/html" in Headers(scope=scope).get("accept", "")
        ):
            better = own_way(scope["query_string"].decode("latin-1"))
            if better is not None:
                # To the same path, whatever stands before it outside.
                app = RedirectResponse(f"?{better}", status_code=302)
        await app(scope, receive, send)


def own_way(query: str) -> str | None:
    """The query of a link as the page writes it; None where it is that already.

    ``distinctColumns`` with commas, the API's own form, become repeated ones; a value of a filter that can't be read
    off a page as it is becomes what `formatting.shown` writes.
    """
    pairs = parse_qsl(query, keep_blank_values=True)
    better = []
    for name, value in pairs:
        if name == "distinctColumns" and "," in value:
            better += [(name, part.strip()) for part in value.split(",") if part.strip()]
        elif name in _VALUES and value:
            better.append((name, shown(read_shown(value))))
        else:
            better.append((name, value))
    return urlencode(better, quote_via=quote) if better != pairs else None
