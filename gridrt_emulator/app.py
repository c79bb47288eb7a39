"""The emulator as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gridrt_emulator.answers import message
from gridrt_emulator.clock import Clock
from gridrt_emulator.connections import Connections
from gridrt_emulator.control import FaultControl
from gridrt_emulator.dated import Dated
from gridrt_emulator.dates import vendor_date
from gridrt_emulator.faults import Fault
from gridrt_emulator.faulty import Faulty
from gridrt_emulator.reports import Reports
from gridrt_emulator.signals import Signals
from gridrt_emulator.tenants import Tenant

REGIONS = ("eu", "us", "in", "au", "uae")
_ALL_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def build_app(
    region: str, tenants: Sequence[Tenant], clock: Clock, connections: Connections, faults: Sequence[Fault] = ()
) -> Dated:
    """Return the application for the tenants of one region, with active ``faults``."""

    @asynccontextmanager
    async def living(_: Starlette) -> AsyncIterator[None]:
        ticking = asyncio.create_task(_tick(tenants, clock))
        yield
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking

    async def health(_: Request) -> Response:
        return JSONResponse({"ready": True, "region": region, "now": vendor_date(clock.now())})

    reports, signals = Reports(region, tenants, clock), Signals(region, tenants, clock)
    app = Starlette(lifespan=living, exception_handlers={HTTPException: _http_error})
    faulty = Faulty(app, connections)
    faulty.active += faults
    app.router.routes += [
        Route("/_emulator/health", health),
        Route("/_emulator/faults", FaultControl(faulty).__call__, methods=["GET", "POST", "PUT", "DELETE"]),
        Route(
            "/regions/{region}/reports/v2/realtime/{endpoint}/tenants/{tenant}", reports.__call__, methods=_ALL_METHODS
        ),
        Route("/regions/{region}/signals/v1/{kind}", signals.__call__, methods=_ALL_METHODS),
    ]
    return Dated(faulty, clock)


async def _tick(tenants: Sequence[Tenant], clock: Clock) -> None:
    """Make each minute's records when it comes, so that no request waits for hours of the past."""
    while True:
        await asyncio.sleep(1)
        for tenant in tenants:
            tenant.advance(clock.now())


async def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    texts = {404: f"There is nothing at {request.url.path!r}.", 405: f"{request.method} is not possible here."}
    return message(error.status_code, texts.get(error.status_code, error.detail), dict(error.headers or {}))
