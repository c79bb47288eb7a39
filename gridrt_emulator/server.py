"""Runs the application: the listening socket, the READY line, and a quick, clean shutdown."""

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
    """The address can't be bound; the message is the reason."""


def listen_on(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address (port 0: any free one). Clients can connect when the server listens."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotListenError(f"can't listen on {host}: {error.strerror or error}") from error
    # Allow ports of recently closed connections, but not one with a listening socket.
    if sys.platform != "win32":
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise CannotListenError(f"can't listen on {host} port {port}: {error.strerror or error}") from error
    return bound


class EmulatorServer(Server):
    """uvicorn's server, which prints ``READY <url>`` when it answers, and ends hanging responses when it stops."""

    def __init__(
        self, app: ASGIApp, connections: Connections, bound: socket.socket, region: str, tenantId: str
    ) -> None:
        self._bound, self._open, self._region, self._tenantId = bound, connections, region, tenantId

        class Protocol(H11Protocol):
            """Registers each connection in ``connections``, so that faults can break it as a network does."""

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
                date_header=False,  # set by the application, by the emulator's clock
                timeout_keep_alive=75,  # longer than clients wait between two refreshes
                timeout_graceful_shutdown=1,
            )
        )

    @property
    def url(self) -> str:
        """Return the server's address."""
        host, port = self._bound.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen."""
        await super().startup(sockets)
        if self.started:
            # The reader of the line may have exited; the server runs all the same.
            with contextlib.suppress(BrokenPipeError):
                print(f"READY {self.url}", flush=True)
            if sys.stderr.isatty():
                regions = f"{self.url}/regions/{self._region}"
                print(f"Tenant {self._tenantId}. Reports: {regions}/reports", file=sys.stderr)
                print(f"Signals: GRID_SIGNALS_API={regions}/signals/v1", file=sys.stderr, flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, and end hanging responses."""
        self._open.let_go()
        await super().shutdown(sockets)

    def run_until_signalled(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        self.run(sockets=[self._bound])


def end_on_signals() -> None:
    """Let SIGTERM and SIGINT end the process with 0, also before the server starts; a running server stops first."""

    def leave(_: int, __: FrameType | None) -> None:
        sys.exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)


def end_with_stdin() -> None:
    """End the process as SIGTERM does when standard input is closed, which happens when the parent process dies."""

    def watch() -> None:
        # Not through sys.stdin's buffer: a thread that waits there blocks the interpreter's exit.
        with contextlib.suppress(OSError, ValueError):
            descriptor = sys.stdin.fileno()
            while os.read(descriptor, 4096):
                pass
        _thread.interrupt_main(signal.SIGTERM)

    threading.Thread(target=watch, name="stdin", daemon=True).start()
