"""The limits of requests and sessions, as an ASGI server applies them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dashboard.data.link_limits import LONGEST_LINK, MOST_PARAMETERS
from dashboard.server.request_limits import Limits, RequestLimits
from gridrt_client.errors import BadSettingError
from tests import asynchronous

PAGE = [(b"accept", b"text/html,*/*")]


async def drain(_scope: Any, receive: Any, send: Any) -> None:
    """Answer a request; take the messages of a websocket until it ends."""
    if _scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"fine"})
        return
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def request(
    limits: RequestLimits, path: str = "/", query: bytes = b"", *, method: str = "GET", client: str = "192.0.2.1"
) -> tuple[int, str]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": PAGE}
    await limits({**scope, "client": (client, 5)}, asyncio.Queue[Any]().get, send)
    return sent[0]["status"], sent[1]["body"].decode()


class Socket:
    """A websocket of one address."""

    def __init__(self, limits: RequestLimits, client: str = "192.0.2.1", session: str = "") -> None:
        self.sent: list[Any] = []
        self.incoming: asyncio.Queue[Any] = asyncio.Queue()
        self.incoming.put_nowait({"type": "websocket.connect"})
        scope = {"type": "websocket", "path": "/", "query_string": b"", "headers": [], "client": (client, 5)}
        scope["subprotocols"] = ["streamlit", "xsrf", *([session] if session else [])]
        self.task = asyncio.create_task(limits(scope, self.incoming.get, self.send))

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def is_refused(self) -> bool:
        await asyncio.sleep(0.01)
        return bool(self.sent)

    async def leave(self) -> None:
        self.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self.task


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        (b"a=" + b"x" * (LONGEST_LINK - 3), 200, "fine"),
        (b"a=" + b"x" * (LONGEST_LINK - 2), 414, "This link has 8,001 characters; 8,000 are the most"),
        (b"&".join([b"a=1"] * MOST_PARAMETERS), 200, "fine"),
        (b"&".join([b"a=1"] * (MOST_PARAMETERS + 1)), 400, "This link has 201 parameters; 200 are the most"),
    ],
)
def test_a_link_that_is_too_long_is_refused_with_a_sentence(query: bytes, status: int, words: str) -> None:
    found = asynchronous.run(request(RequestLimits(drain, Limits()), query=query))
    assert found[0] == status
    assert words in found[1]


@pytest.mark.parametrize(
    ("method", "status"), [("GET", 200), ("HEAD", 200), ("POST", 405), ("PUT", 405), ("X\x1b", 405)]
)
def test_no_request_with_a_body_is_taken(method: str, status: int) -> None:
    found = asynchronous.run(request(RequestLimits(drain, Limits()), method=method))
    assert found[0] == status
    assert "\x1b" not in found[1]


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/_stcore/metrics", "/below/_stcore/metrics"])
def test_nobody_reads_metrics_here(path: str) -> None:
    found = asynchronous.run(request(RequestLimits(drain, Limits()), path, client="127.0.0.1"))
    assert found[0] == 404
    assert "GRIDRT_OPERATIONS_PORT" in found[1]


def test_sessions_are_counted_by_address_and_in_total() -> None:
    async def fill() -> None:
        limits = RequestLimits(drain, Limits(sessions=3, sessions_per_address=2))
        first, second = Socket(limits), Socket(limits)
        assert not await second.is_refused()
        assert await Socket(limits).is_refused()
        status, words = await request(limits)
        assert status == 503
        assert "2 pages of this dashboard are open from your address" in words
        assert (await request(limits, client="192.0.2.2"))[0] == 200
        other = Socket(limits, "192.0.2.2")
        assert not await other.is_refused()
        assert await Socket(limits, "192.0.2.3").is_refused()
        assert "3 pages of this dashboard are open, which is" in (await request(limits, client="192.0.2.3"))[1]
        await first.leave()
        assert (await request(limits, client="192.0.2.3"))[0] == 200
        again = Socket(limits)
        assert not await again.is_refused()
        for one in (second, other, again):
            await one.leave()

    asynchronous.run(fill())


def test_a_network_of_ipv6_is_one_address() -> None:
    async def fill() -> None:
        limits = RequestLimits(drain, Limits(sessions_per_address=1))
        first = Socket(limits, "2001:db8::1")
        assert await Socket(limits, "2001:db8::2").is_refused()
        other = Socket(limits, "2001:db8:0:1::1")
        assert not await other.is_refused()
        await first.leave()
        await other.leave()

    asynchronous.run(fill())


def test_a_new_page_that_says_nothing_is_closed() -> None:
    async def wait() -> None:
        limits = RequestLimits(drain, Limits(first_message=0.05))
        silent, spoken, back = Socket(limits), Socket(limits), Socket(limits, session="123")
        spoken.incoming.put_nowait({"type": "websocket.receive", "bytes": b"x"})
        await asyncio.wait_for(silent.task, 5)
        assert silent.sent == [{"type": "websocket.close", "code": 1008}]
        await asyncio.sleep(0.1)
        assert not spoken.task.done()
        assert not back.task.done()
        await spoken.leave()
        await back.leave()

    asynchronous.run(wait())


def test_text_on_a_websocket_closes_it() -> None:
    async def speak() -> None:
        socket = Socket(RequestLimits(drain, Limits()))
        socket.incoming.put_nowait({"type": "websocket.receive", "text": "hello"})
        await asyncio.wait_for(socket.task, 5)
        assert socket.sent == [{"type": "websocket.close", "code": 1003}]

    asynchronous.run(speak())


def test_settings_are_read() -> None:
    given = {
        "GRIDRT_MAX_SESSIONS": "9",
        "GRIDRT_MAX_SESSIONS_PER_ADDRESS": "4",
    }
    assert Limits.from_env(given) == Limits(9, 4)
    assert Limits.from_env({}) == Limits()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        *(("GRIDRT_MAX_SESSIONS", "0"), ("GRIDRT_MAX_SESSIONS", "many"), ("GRIDRT_MAX_SESSIONS_PER_ADDRESS", "-1")),
    ],
)
def test_a_bad_setting_is_named(variable: str, value: str) -> None:
    with pytest.raises(BadSettingError, match=rf"{variable} must be .*{value}"):
        Limits.from_env({variable: value})
