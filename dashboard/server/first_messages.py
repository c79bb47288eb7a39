"""The beginning of a viewer's session: it waits for its turn, and costs nothing when the viewer leaves before that.

Streamlit keeps a session for every websocket that it accepts, for minutes after its end, and starts a thread for every
first message. Here a websocket reaches it with its first message, when it is its turn to draw.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from typing import TYPE_CHECKING, Final

from dashboard.data.first_runs import FIRST_RUNS, HEADER, FirstRuns
from dashboard.server.http_messages import with_headers

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_STREAM: Final = "/_stcore/stream"
_MOST_HELD: Final = 8
"""How many messages of a waiting websocket are read: only its end matters until it is its turn."""


class FirstMessages:
    """ASGI middleware that holds back the first message of a websocket until it is its turn.

    A page that comes back to its session does so at once, because it may have nothing to say.

    Parameters
    ----------
    turns
        The turns of first runs, those of this process by default.
    """

    def __init__(self, app: ASGIApp, turns: FirstRuns = FIRST_RUNS) -> None:
        self._app, self._turns = app, turns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket" or not scope["path"].endswith(_STREAM):
            await self._app(scope, receive, send)
            return
        identifier = secrets.token_urlsafe(12)
        messages = _Messages(receive, self._turns, identifier)
        names = scope["subprotocols"]
        try:
            if not _comes_back(names):
                await messages.read()
                # As Streamlit does: the others of these are no protocols.
                await send({"type": "websocket.accept", "subprotocol": (names[0] if names else None) or None})
                if not await messages.read_first():
                    return
                send = _once_accepted(send)
            await self._app(with_headers(scope, ((HEADER, identifier),)), messages.receive, send)
        finally:
            self._turns.leave(identifier)
            messages.close()


class _Messages:
    """The messages of a websocket; the first after the handshake is returned when it is its turn."""

    def __init__(self, receive: Receive, turns: FirstRuns, identifier: str) -> None:
        self._receive, self._turns, self._identifier = receive, turns, identifier
        self._held: deque[Message] = deque()
        # Never cancelled, because a message may be lost with it.
        self._next: asyncio.Future[Message] | None = None
        self._returned = 0
        self._had_turn = False

    async def receive(self) -> Message:
        if self._returned == 1 and not self._had_turn:
            await self.read_first()
        self._returned += 1
        return self._held.popleft() if self._held else await self._read_next()

    async def read(self) -> None:
        self._held.append(await self._read_next())

    async def read_first(self) -> bool:
        """Read the first message and wait for its turn; return whether the viewer is still there."""
        self._had_turn = True
        await self.read()
        if self._held[-1]["type"] != "websocket.receive":
            return False
        turn = asyncio.ensure_future(self._turns.wait(self._identifier))
        try:
            while not turn.done() and len(self._held) < _MOST_HELD:
                self._next = self._next or asyncio.ensure_future(self._receive())
                await asyncio.wait((turn, self._next), return_when=asyncio.FIRST_COMPLETED)
                if self._next.done():
                    await self.read()
                    if self._held[-1]["type"] != "websocket.receive":
                        # What was asked for is of no use to anybody.
                        self._held = deque([self._held[-1]])
                        return False
            await turn
        finally:
            turn.cancel()
        return True

    def close(self) -> None:
        if self._next is not None:
            self._next.cancel()

    async def _read_next(self) -> Message:
        if self._next is None:
            return await self._receive()
        message = await asyncio.shield(self._next)
        self._next = None
        return message


def _comes_back(names: list[str]) -> bool:
    """Return whether a page names its session: the third of what it says its protocols are."""
    return len(names) >= 3 and bool(names[2])


def _once_accepted(send: Send) -> Send:
    """Return a ``send`` that leaves out the acceptance, which has been sent."""

    async def send_others(message: Message) -> None:
        if message["type"] != "websocket.accept":
            await send(message)

    return send_others
