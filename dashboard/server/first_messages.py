"""The beginning of a viewer's session: it waits for its turn, and costs nothing when the viewer leaves before that.

Streamlit keeps a session for every websocket that it accepts, for minutes after its end, and starts a thread for every
first request for a run. Here a websocket reaches it with its first message, which waits for its turn if it asks for a
run.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from typing import TYPE_CHECKING, Final

from streamlit.proto.BackMsg_pb2 import BackMsg

from dashboard.data.first_runs import FIRST_RUNS, HEADER, FirstRuns
from dashboard.server.http_messages import comes_back, with_headers

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_STREAM: Final = "/_stcore/stream"
_LONGEST: Final = 2 << 20
_MOST_HELD: Final = 8
"""How many messages of a waiting websocket are read: only its end matters until it is its turn."""


class FirstMessages:
    """ASGI middleware that holds back the first request for a run of a websocket until it is its turn.

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
            if not comes_back(scope):
                connect = await messages.receive()
                # As Streamlit does: the others of these are no protocols.
                await send({"type": "websocket.accept", "subprotocol": (names[0] if names else None) or None})
                first = await messages.receive()
                if first["type"] != "websocket.receive":
                    return
                messages.put_back(connect, first)
                send = _once_accepted(send)
            await self._app(with_headers(scope, ((HEADER, identifier),)), messages.receive, send)
        finally:
            self._turns.leave(identifier)
            messages.close()


class _Messages:
    """The messages of a websocket; the first request for a run is returned when it is its turn."""

    def __init__(self, receive: Receive, turns: FirstRuns, identifier: str) -> None:
        self._receive, self._turns, self._identifier = receive, turns, identifier
        self._held: deque[Message] = deque()
        # Never cancelled while the websocket is open, because a message may be lost with it.
        self._next: asyncio.Future[Message] | None = None
        self._had_turn = False

    async def receive(self) -> Message:
        if self._held:
            return self._held.popleft()
        message = await self._read()
        if self._had_turn or not _asks_for_run(message):
            return message
        self._had_turn = True
        return await self._wait_with(message)

    def put_back(self, *messages: Message) -> None:
        self._held.extendleft(reversed(messages))

    def close(self) -> None:
        if self._next is not None:
            self._next.cancel()

    async def _wait_with(self, request: Message) -> Message:
        """Return the request when it is its turn, or the end of the websocket if that comes first."""
        turn = asyncio.ensure_future(self._turns.wait(self._identifier))
        try:
            while not turn.done() and len(self._held) < _MOST_HELD:
                self._next = self._next or asyncio.ensure_future(self._receive())
                await asyncio.wait((turn, self._next), return_when=asyncio.FIRST_COMPLETED)
                if self._next.done():
                    message = await self._read()
                    if message["type"] != "websocket.receive":
                        # What was asked for is of no use to anybody.
                        self._held.clear()
                        return message
                    self._held.append(message)
            await turn
        finally:
            turn.cancel()
        return request

    async def _read(self) -> Message:
        if self._next is None:
            return await self._receive()
        message = await asyncio.shield(self._next)
        self._next = None
        return message


def _asks_for_run(message: Message) -> bool:
    data = message.get("bytes") or b""
    # A longer one is refused by Streamlit.
    if message["type"] != "websocket.receive" or len(data) > _LONGEST:
        return False
    try:
        return str(BackMsg.FromString(data).WhichOneof("type")) == "rerun_script"
    except Exception:  # noqa: BLE001 - of a library without types; Streamlit reads it again and says so
        return False


def _once_accepted(send: Send) -> Send:
    """Return a ``send`` that leaves out the acceptance, which has been sent."""

    async def send_others(message: Message) -> None:
        if message["type"] != "websocket.accept":
            await send(message)

    return send_others
