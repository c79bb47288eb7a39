"""Redirect links to the form in which the page itself writes them, before the page is loaded.

The page could only do so by another step of the browser's history, and Back would lead to the first form again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode

from starlette.responses import RedirectResponse

from dashboard.filters import FIELDS, read_condition
from dashboard.server.http_messages import asks_for_page

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


class LinkRedirect:
    """ASGI middleware that answers a browser with a redirect where the link is in another form."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: ASGIApp = self._app
        if asks_for_page(scope):
            canonical = canonical_query(scope["query_string"].decode("latin-1"))
            if canonical is not None:
                # Relative, because a proxy may serve the page under another path.
                app = RedirectResponse(f"?{canonical}", status_code=302)
        await app(scope, receive, send)


def canonical_query(query: str) -> str | None:
    """Return the query string of a link as the page writes it; None where it is in that form already.

    ``distinctColumns`` with commas, the API's own form, becomes repeated parameters; the value of a filter that can't
    be read as it is on a page becomes what `filters.write_value` returns.
    """
    pairs = parse_qsl(query, keep_blank_values=True)
    canonical: list[tuple[str, str]] = []
    for name, value in pairs:
        if name == "distinctColumns" and "," in value:
            canonical += [(name, part.strip()) for part in value.split(",") if part.strip()]
        elif name in FIELDS and (condition := read_condition(name, [value], [])):
            canonical += [(name, term) for term in condition.terms]
        else:
            canonical.append((name, value))
    return urlencode(canonical, quote_via=quote) if canonical != pairs else None
