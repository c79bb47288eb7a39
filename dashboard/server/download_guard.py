"""Who may fetch a file that was made for downloading: the viewer who made it, for ten minutes."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers

from dashboard.data.downloads import Downloads
from dashboard.data.identity import owner_of
from dashboard.server.http_messages import BufferedResponse, refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

# Below any base path; fonts are at /static/media/.
_FILES: Final = re.compile(r"(?<!/static)/media/[^/]*/?$")
# The content is compared as a whole, as it was made.
_LEFT_OUT: Final = (b"range", b"if-range", b"accept-encoding")
_REFUSED: Final = (
    "This server has no such file for you. A download can be fetched for ten minutes, by the viewer who asked for it, "
    "from the server that made it. Go back to the dashboard and download it again. Where that fails each time, the "
    "proxy in front of the dashboard does not send all requests of a browser to the same server."
)


class DownloadGuard:
    """ASGI middleware behind the sign-in that refuses files which the viewer hasn't made."""

    def __init__(self, app: ASGIApp, downloads: Downloads) -> None:
        self._app, self._downloads = app, downloads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _FILES.search(scope["path"]):
            await self._app(scope, receive, send)
            return
        response = BufferedResponse()
        headers = [(name, value) for name, value in scope["headers"] if name not in _LEFT_OUT]
        await self._app({**scope, "headers": headers}, receive, response.send)
        owner = owner_of(Headers(scope=scope))
        if response.status == 200 and await asyncio.to_thread(self._downloads.may_fetch, response.body, owner):
            response.headers["cache-control"] = "no-store"
            await response.forward(send)
        else:
            await refuse(scope, receive, send, 404, _REFUSED)
