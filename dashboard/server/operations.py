"""Probes and metrics, for operators, on a port of their own.

``/healthz``: this process serves. ``/readyz``: it can show data to a viewer who comes now (`dashboard.data.readiness`).
``/metrics``: see `dashboard.server.metrics`. They are answered in a thread of their own, also while the server is busy,
and need no sign-in: publish the port to nobody but the monitoring.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboard.data import readiness
from dashboard.server.metrics import Metrics
from gridrt_client.errors import BadSettingError
from gridrt_client.safe_text import quoted
from gridrt_client.settings import whole_number

if TYPE_CHECKING:
    from starlette.requests import Request

PORT: Final = "GRIDRT_OPERATIONS_PORT"
ADDRESS: Final = "GRIDRT_OPERATIONS_ADDRESS"
_LOOPBACK: Final = "127.0.0.1"
_PATIENCE: Final = 2.0
_STOP_SECONDS: Final = 3.0
_NOT_KEPT: Final = {"cache-control": "no-store"}


@dataclass(frozen=True)
class Place:
    """Where probes and metrics are answered."""

    address: str
    port: int

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Place | None:
        """Return the place that is set, None without a port.

        Raises
        ------
        BadSettingError
            It can't be used.
        """
        port, address = env.get(PORT, "").strip(), env.get(ADDRESS, "").strip() or _LOOPBACK
        if not port:
            return None
        try:
            number = whole_number(port, 1, 65_535)
        except ValueError as error:
            raise BadSettingError(f"{PORT} {error}") from error
        try:
            ip_address(address)
        except ValueError as error:
            raise BadSettingError(f"{ADDRESS} must be an IP address, not {quoted(address)}") from error
        return cls(address, number)

    def listen(self) -> socket.socket:
        """Return a socket that listens there.

        Raises
        ------
        BadSettingError
            The port is taken, or the address isn't one of this machine.
        """
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        try:
            return socket.create_server((self.address, self.port), family=family)
        except OSError as error:
            raise BadSettingError(
                f"Port {self.port} at {self.address} can't be listened on ({error.strerror})",
                advice=f"Set {PORT} and {ADDRESS} to one that is free.",
            ) from error


class OperationsServer:
    """The server of probes and metrics, in a thread of its own."""

    def __init__(self, listening: socket.socket) -> None:
        self.metrics = Metrics()
        self._listening = listening
        self._served: asyncio.AbstractEventLoop | None = None
        routes = [
            Route("/healthz", self._health),
            Route("/readyz", self._ready),
            Route("/metrics", self._metrics),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes),
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=50,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="operations", daemon=True)

    def start(self, served: asyncio.AbstractEventLoop) -> None:
        """Begin to answer; ``served`` is the event loop that serves the viewers."""
        self._served = served
        self.metrics.attach()
        self._thread.start()

    def stop(self) -> None:
        """End within three seconds."""
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)
        self.metrics.detach()

    def _run(self) -> None:
        self._server.run(sockets=[self._listening])

    async def _health(self, _request: Request) -> Response:
        if self._served is None or not await _turns(self._served):
            return PlainTextResponse(f"The server has been busy for {_PATIENCE:g} seconds.\n", 503, _NOT_KEPT)
        return PlainTextResponse("ok\n", headers=_NOT_KEPT)

    async def _ready(self, _request: Request) -> Response:
        problems = await run_in_threadpool(readiness.problems)
        return PlainTextResponse("\n".join(problems or ["ready"]) + "\n", 503 if problems else 200, _NOT_KEPT)

    async def _metrics(self, _request: Request) -> Response:
        content = await run_in_threadpool(generate_latest, self.metrics.registry)
        return Response(content, headers={**_NOT_KEPT, "content-type": CONTENT_TYPE_LATEST})


async def _turns(loop: asyncio.AbstractEventLoop) -> bool:
    """Return whether an event loop of another thread does something within the patience."""
    turned = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_nothing(), loop))
    try:
        await asyncio.wait_for(turned, _PATIENCE)
    except TimeoutError:
        return False
    return True


async def _nothing() -> None:
    """Take one turn of the event loop."""
