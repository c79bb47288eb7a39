"""The three report endpoints: authorization, validation and response."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from gridrt_emulator.answers import ArrayAnswer, message
from gridrt_emulator.clock import Clock
from gridrt_emulator.queries import ENDPOINTS, BadQueryError, Query, read_query
from gridrt_emulator.segments import Piece
from gridrt_emulator.tenants import Tenant, holds


class Reports:
    """The report endpoints of the tenants of one region."""

    def __init__(self, region: str, tenants: Sequence[Tenant], clock: Clock) -> None:
        self.region, self.tenants, self.clock = region, tenants, clock

    async def __call__(self, request: Request) -> Response:
        """``GET /regions/{region}/reports/v2/realtime/{endpoint}/tenants/{tenant}``."""
        endpoint = request.path_params["endpoint"]
        if endpoint not in ENDPOINTS:
            return message(404, f"There is no report {endpoint!r}. There are: {', '.join(ENDPOINTS)}.")
        if request.method != "GET":
            return message(405, f"{request.method} is not possible here, only GET.", {"Allow": "GET"})
        opened = holds(request.headers.get("authorization"), self.tenants)
        if not opened:
            given = "authorization" in request.headers
            challenge = 'Bearer realm="grid", error="invalid_token"' if given else 'Bearer realm="grid"'
            text = (
                "The access token is not valid."
                if given
                else "An access token is needed: Authorization: Bearer <token>."
            )
            return message(401, text, {"WWW-Authenticate": challenge})
        if request.path_params["region"] != self.region:
            return message(404, f"This server is region {self.region!r}, not {request.path_params['region']!r}.")
        tenant = next((t for t in self.tenants if t.tenantId == request.path_params["tenant"]), None)
        if tenant is None:
            return message(404, f"There is no tenant {request.path_params['tenant']!r} here.")
        if tenant not in opened:
            return message(403, "This access token is for another tenant.")
        try:
            query = read_query(endpoint, request.query_params.multi_items())
        except BadQueryError as error:
            return message(400, str(error))
        tenant.advance(self.clock.now())
        return ArrayAnswer(answer(tenant, endpoint, query))


def answer(tenant: Tenant, endpoint: str, query: Query) -> list[Piece]:
    """Return the records of a response as pieces of JSON."""
    if endpoint == "session":
        return [*(tenant.store.sessions(query) if tenant.store else ()), *tenant.inbox.sessions(query)]
    if endpoint == "event":
        return [*(tenant.store.events(query) if tenant.store else ()), *tenant.inbox.events(query)]
    newest = tenant.store.latest(query) if tenant.store else {}
    tenant.inbox.add_latest(query, newest)
    # Newest first; the rest of the order makes it stable.
    return [record for _, _, record in sorted(newest.values(), reverse=True)]
