"""Open connections by the client's address: ASGI itself has no way to end one but in good order."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys

from starlette.types import Receive, Scope

Address = tuple[str, int]


class Connections:
    """The connections of a server, and those requests that wait on purpose."""

    def __init__(self) -> None:
        self._transports: dict[Address, asyncio.Transport] = {}
        self._ending = asyncio.Event()

    def add(self, client: Address | None, transport: asyncio.Transport) -> None:
        """A connection was made."""
        if client:
            self._transports[client] = transport

    def remove(self, client: Address | None) -> None:
        """A connection is gone."""
        if client:
            self._transports.pop(client, None)

    def reset(self, scope: Scope) -> None:
        """Breaks the connection of a request with a TCP reset."""
        transport = self._transports.get(tuple(scope["client"]))
        if transport is None:
            return
        opened = transport.get_extra_info("socket")
        # Linger for no time: closing throws away what was not sent, and resets.
        opened.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        )
        transport.abort()

    def close(self, scope: Scope) -> None:
        """Ends the connection of a request when all that was written is sent, in good order for TCP if not for HTTP."""
        transport = self._transports.get(tuple(scope["client"]))
        if transport is not None:
            transport.close()

    async def hang(self, receive: Receive) -> None:
        """Comes back when the client of a request has gone, or when the server ends."""
        waiting = [asyncio.create_task(gone(receive)), asyncio.create_task(self._ending.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def pause(self, scope: Scope, seconds: float) -> bool:
        """Waits so long; False where to go on is of no use: the client has gone, or the server ends."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), seconds)
        return not self._ending.is_set() and tuple(scope["client"]) in self._transports

    def let_go(self) -> None:
        """The server ends: so does what waits on purpose."""
        self._ending.set()


async def gone(receive: Receive) -> None:
    """Comes back when the client of a request has gone, or has its whole answer."""
    while (await receive())["type"] != "http.disconnect":
        pass
