"""Runs the application: the listening socket, the line that says it is ready, and a quick, clean end."""

from __future__ import annotations

import _thread
import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from types import FrameType

from starlette.types import ASGIApp
from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from gridrt_emulator.connections import Connections


class CannotListenError(Exception):
    """The address can't be had; the message says why."""


def listen_on(host: str, port: int) -> socket.socket:
    """A socket bound to the address (port 0: any free one). Nothing can connect before the server takes it over."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotListenError(f"can't listen on {host}: {error.strerror or error}") from error
    # Ports of connections that have just ended may be taken again at once; one that is listened on may not.
    if sys.platform != "win32":
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise CannotListenError(f"can't listen on {host} port {port}: {error.strerror or error}") from error
    return bound


class EmulatorServer(Server):
    """uvicorn's server; prints ``READY <url>`` when it answers, and lets go of hanging answers when it ends."""

    def __init__(
        self, app: ASGIApp, connections: Connections, bound: socket.socket, region: str, tenantId: str
    ) -> None:
        self._bound, self._open, self._region, self._tenantId = bound, connections, region, tenantId

        class Protocol(H11Protocol):
            """Tells ``connections`` about each one, so that faults can break them as a network does."""

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                connections.add(self.client, transport)

            def connection_lost(self, exc: Exception | None) -> None:
                connections.remove(self.client)
                super().connection_lost(exc)

        super().__init__(
            Config(
                app,
                http=Protocol,
                ws="none",
                lifespan="on",
                access_log=False,
                log_level="warning",
                proxy_headers=False,
                server_header=False,
                date_header=False,  # the application's: its clock is not this computer's
                timeout_keep_alive=75,  # longer than clients wait between two refreshes
                timeout_graceful_shutdown=1,
            )
        )

    @property
    def url(self) -> str:
        """Where it is to be found."""
        host, port = self._bound.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to listen."""
        await super().startup(sockets)
        if self.started:
            # The reader of the line may be gone: no reason not to serve.
            with contextlib.suppress(BrokenPipeError):
                print(f"READY {self.url}", flush=True)
            if sys.stderr.isatty():
                regions = f"{self.url}/regions/{self._region}"
                print(f"Tenant {self._tenantId}. Reports: {regions}/reports", file=sys.stderr)
                print(f"Signals: GRID_SIGNALS_API={regions}/signals/v1", file=sys.stderr, flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop the server; requests that wait for a hanging answer end too."""
        self._open.let_go()
        await super().shutdown(sockets)

    def run_until_told(self) -> None:
        """Serves until SIGTERM or SIGINT."""
        self.run(sockets=[self._bound])


def end_on_signals() -> None:
    """SIGTERM and SIGINT end the process with 0, also before the server is there; the server ends itself first."""

    def leave(_: int, __: FrameType | None) -> None:
        sys.exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)


def end_with_stdin() -> None:
    """Ends the process as SIGTERM does when its standard input is closed, as it is when the parent process dies."""

    def watch() -> None:
        # Not through sys.stdin's buffer: a thread that waits in there is in the way when the interpreter ends.
        with contextlib.suppress(OSError, ValueError):
            descriptor = sys.stdin.fileno()
            while os.read(descriptor, 4096):
                pass
        _thread.interrupt_main(signal.SIGTERM)

    threading.Thread(target=watch, name="stdin", daemon=True).start()
