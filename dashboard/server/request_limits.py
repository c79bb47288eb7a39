"""Limits on what a request can choose: method, length of the address, parameters, how many sessions are open.

A session is an open websocket: a page in a browser. Behind a proxy the address of a viewer is the one that the proxy
names, where ``FORWARDED_ALLOW_IPS`` says that it may.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_network
from typing import TYPE_CHECKING, Final

from starlette.responses import PlainTextResponse

from dashboard.data.ip_addresses import address_of
from dashboard.data.link_limits import LONGEST_LINK, MOST_PARAMETERS
from dashboard.server.http_messages import asks_for_page, comes_back, refuse
from dashboard.server.limited_log import LimitedLog
from gridrt_client.errors import BadSettingError
from gridrt_client.safe_text import quoted
from gridrt_client.settings import whole_number

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SESSIONS: Final = "GRIDRT_MAX_SESSIONS"
SESSIONS_PER_ADDRESS: Final = "GRIDRT_MAX_SESSIONS_PER_ADDRESS"

_METHODS: Final = ("GET", "HEAD", "OPTIONS")
_METRICS: Final = ("/metrics", "/_stcore/metrics")
_FIRST_MESSAGE_SECONDS: Final = 30.0
_TOO_LARGE: Final = 1009
_COLLECT_AFTER: Final = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """The limits that are set.

    Attributes
    ----------
    sessions
        How many sessions may be open at a time.
    sessions_per_address
        How many of them may come from one address, or from one network of 64 bits of IPv6.
    first_message
        How many seconds the websocket of a new page may stay open before its first message.
    """

    sessions: int = 1_000
    sessions_per_address: int = 200
    first_message: float = _FIRST_MESSAGE_SECONDS

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Limits:
        """Return the limits that are set; raise BadSettingError for one that can't be used."""
        return cls(
            _count(env, SESSIONS, cls.sessions),
            _count(env, SESSIONS_PER_ADDRESS, cls.sessions_per_address),
        )


class RequestLimits:
    """ASGI middleware that refuses requests beyond the limits, each with a sentence.

    Parameters
    ----------
    limits
        The limits.
    clock
        Seconds that only grow.
    open_sessions
        Counts the open sessions by address; others may read it.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
        open_sessions: Counter[str] | None = None,
    ) -> None:
        self._app, self._limits = app, limits
        self._open = Counter[str]() if open_sessions is None else open_sessions
        self._collection: asyncio.TimerHandle | None = None
        self._log = LimitedLog(_log, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif (refusal := _refused_address(scope)) is not None:
            await refuse(scope, receive, send, *refusal)
        elif scope["type"] == "websocket":
            await self._session(scope, receive, send)
        elif scope["method"] not in _METHODS:
            sentence = f"This dashboard takes no {quoted(scope['method'])} requests.\n"
            headers = {"allow": ", ".join(_METHODS), "cache-control": "no-store", "connection": "close"}
            await PlainTextResponse(sentence, 405, headers)(scope, receive, send)
        elif scope["path"].rstrip("/").endswith(_METRICS):
            # Streamlit's own have no access control.
            await refuse(scope, receive, send, 404, "Metrics are at a port of their own (GRIDRT_OPERATIONS_PORT).")
        elif opens_page(scope) and (full := self._full(_address(scope))):
            await refuse(scope, receive, send, 503, full)
        else:
            await self._app(scope, receive, send)

    async def _session(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = _address(scope)
        if full := self._full(address):
            self._log.warning("A session from %s was refused: %s", address, full)
            await refuse(scope, receive, send, 503, full)
            return
        self._open[address] += 1
        # A page that comes back may have nothing to say.
        patience = None if comes_back(scope) else self._limits.first_message
        incoming = _Incoming(receive, send, patience)
        try:
            await self._app(scope, incoming.receive, send)
        finally:
            if incoming.was_too_large:
                self._free_memory_soon()
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]

    def _free_memory_soon(self) -> None:
        """Free what is kept of messages that are too large.

        The library's error refers to them in a circle, which Python would notice much later.
        """
        if self._collection is None:
            self._collection = asyncio.get_running_loop().call_later(_COLLECT_AFTER, self._free_memory)

    def _free_memory(self) -> None:
        self._collection = None
        gc.collect()

    def _full(self, address: str) -> str:
        """Return why no further session may be opened from an address, empty where one may."""
        if self._open[address] >= self._limits.sessions_per_address:
            return (
                f"{self._limits.sessions_per_address} pages of this dashboard are open from your address, which is as "
                f"many as may be. Close some, then reload. ({SESSIONS_PER_ADDRESS})"
            )
        if self._open.total() >= self._limits.sessions:
            return (
                f"{self._limits.sessions} pages of this dashboard are open, which is as many as may be. "
                f"Try again later. ({SESSIONS})"
            )
        return ""


class _Incoming:
    """The messages of a websocket: one without a first message, or with text, is closed."""

    def __init__(self, receive: Receive, send: Send, first_message: float | None) -> None:
        self._receive, self._send, self._first_message = receive, send, first_message
        self._count = 0
        self.was_too_large = False

    async def receive(self) -> Message:
        self._count += 1
        # The first one is the handshake.
        patience = self._first_message if self._count == 2 else None
        try:
            message = await asyncio.wait_for(self._receive(), patience)
        except TimeoutError:
            return await self._close(1008)
        self.was_too_large |= message["type"] == "websocket.disconnect" and message.get("code") == _TOO_LARGE
        if message["type"] == "websocket.receive" and message.get("bytes") is None:
            return await self._close(1003)
        return message

    async def _close(self, code: int) -> Message:
        await self._send({"type": "websocket.close", "code": code})
        return {"type": "websocket.disconnect", "code": code}


def _refused_address(scope: Scope) -> tuple[int, str] | None:
    query: bytes = scope["query_string"]
    length = len(scope.get("raw_path") or scope["path"].encode()) + len(query)
    if length > LONGEST_LINK:
        return 414, f"This link has {length:,} characters; {LONGEST_LINK:,} are the most that it may have."
    if (count := query.count(b"&") + 1) > MOST_PARAMETERS:
        return 400, f"This link has {count:,} parameters; {MOST_PARAMETERS} are the most that it may have."
    return None


def opens_page(scope: Scope) -> bool:
    """Return whether a request brings another viewer."""
    return asks_for_page(scope) and "/_stcore/" not in scope["path"]


def _address(scope: Scope) -> str:
    """Return what sessions are counted by: the address; of IPv6 the network, in which one machine has many."""
    host = _host(scope)
    address = address_of(host)
    if address is None:
        return host[:60]
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else str(address)


def _host(scope: Scope) -> str:
    return str((scope.get("client") or ("unknown",))[0])


def _count(env: Mapping[str, str], variable: str, default: int) -> int:
    text = env.get(variable, "").strip()
    try:
        return whole_number(text, 1, 1_000_000) if text else default
    except ValueError as error:
        raise BadSettingError(f"{variable} {error}") from error
