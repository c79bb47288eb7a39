"""Open connections by the client's address, because ASGI can only end one in good order."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys

from starlette.types import Receive, Scope

Address = tuple[str, int]


class Connections:
    """The connections of a server, and the requests that wait for a fault."""

    def __init__(self) -> None:
        self._transports: dict[Address, asyncio.Transport] = {}
        self._ending = asyncio.Event()

    def add(self, client: Address | None, transport: asyncio.Transport) -> None:
        """Note a new connection."""
        if client:
            self._transports[client] = transport

    def remove(self, client: Address | None) -> None:
        """Note a closed connection."""
        if client:
            self._transports.pop(client, None)

    def reset(self, scope: Scope) -> None:
        """Break the connection of a request with a TCP reset."""
        transport = self._transports.get(tuple(scope["client"]))
        if transport is None:
            return
        opened = transport.get_extra_info("socket")
        # Linger time 0: closing discards unsent data and sends a reset.
        opened.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        )
        transport.abort()

    def close(self, scope: Scope) -> None:
        """Close the connection of a request after sending what was written: in order for TCP, not for HTTP."""
        transport = self._transports.get(tuple(scope["client"]))
        if transport is not None:
            transport.close()

    async def hang(self, receive: Receive) -> None:
        """Return when the client of a request has disconnected or the server stops."""
        waiting = [asyncio.create_task(gone(receive)), asyncio.create_task(self._ending.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def pause(self, scope: Scope, seconds: float) -> bool:
        """Wait; return False when the client has disconnected or the server stops."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), seconds)
        return not self._ending.is_set() and tuple(scope["client"]) in self._transports

    def let_go(self) -> None:
        """End all waits, because the server stops."""
        self._ending.set()


async def gone(receive: Receive) -> None:
    """Return when the client of a request has disconnected or has the whole response."""
    while (await receive())["type"] != "http.disconnect":
        pass
