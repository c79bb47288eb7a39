"""The first message of a websocket waits for its turn, as an ASGI server sees it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from starlette.datastructures import Headers
from streamlit.proto.BackMsg_pb2 import BackMsg

from dashboard.data.first_runs import HEADER, FirstRuns
from dashboard.server.first_messages import FirstMessages
from tests import asynchronous

REQUEST = BackMsg()
REQUEST.rerun_script.query_string = "a=1"
ASKED = {"type": "websocket.receive", "bytes": REQUEST.SerializeToString()}
LEFT = {"type": "websocket.disconnect", "code": 1006}


class Application:
    """What is behind the middleware: the turns of its sessions, and the messages that each has received."""

    def __init__(self) -> None:
        self.sessions: list[tuple[str, list[Any]]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        received: list[Any] = []
        self.sessions.append((Headers(scope=scope)[HEADER], received))
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept", "subprotocol": "streamlit"})
        while not received or received[-1]["type"] != "websocket.disconnect":
            received.append(await receive())


class Page:
    """A page in a browser."""

    def __init__(self, middleware: FirstMessages, *protocols: str) -> None:
        self.sent: list[Any] = []
        self.incoming: asyncio.Queue[Any] = asyncio.Queue()
        self.incoming.put_nowait({"type": "websocket.connect"})
        scope = {"type": "websocket", "path": "/_stcore/stream", "headers": [], "subprotocols": list(protocols)}
        self.task = asyncio.create_task(middleware(scope, self.incoming.get, self.send))

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def say(self, *messages: Any) -> None:
        for message in messages:
            self.incoming.put_nowait(message)
        await asyncio.sleep(0.01)

    async def __aenter__(self) -> Page:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.say(LEFT)
        async with asyncio.timeout(5):
            await self.task


def test_as_many_first_messages_are_passed_on_as_there_are_turns() -> None:
    async def crowd() -> None:
        application, turns = Application(), FirstRuns(2, left=0)
        middleware = FirstMessages(application, turns)
        async with AsyncExitStack() as stack:
            for _ in range(5):
                page = await stack.enter_async_context(Page(middleware, "streamlit", "xsrf"))
                await page.say(ASKED)
                assert page.sent == [{"type": "websocket.accept", "subprotocol": "streamlit"}]
            assert [received for _, received in application.sessions] == [[ASKED], [ASKED]]
            with turns.run(application.sessions[0][0]):
                pass
            await asyncio.sleep(0.01)
            assert len(application.sessions) == 3
        await asyncio.sleep(0.01)
        assert turns.running == 0

    asynchronous.run(crowd())


@pytest.mark.parametrize("said", [[LEFT], [ASKED, LEFT], [ASKED, ASKED, LEFT]])
def test_who_leaves_before_the_turn_has_no_session(said: list[Any]) -> None:
    async def leave() -> None:
        application, turns = Application(), FirstRuns(1, left=0)
        middleware = FirstMessages(application, turns)
        async with Page(middleware, "streamlit") as first:
            await first.say(ASKED)
            waiting = Page(middleware, "streamlit")
            await waiting.say(*said)
            async with asyncio.timeout(5):
                await waiting.task
            assert len(application.sessions) == 1
        await asyncio.sleep(0.01)
        async with Page(middleware, "streamlit") as next_one:
            await next_one.say(ASKED)
            assert len(application.sessions) == 2

    asynchronous.run(leave())


def test_messages_keep_their_order() -> None:
    async def talk() -> None:
        application, turns = Application(), FirstRuns(1, left=0)
        middleware = FirstMessages(application, turns)
        more = [{"type": "websocket.receive", "bytes": bytes([number])} for number in range(20)]
        async with Page(middleware, "streamlit") as first, Page(middleware, "streamlit") as second:
            await first.say(ASKED, more[0])
            await second.say(ASKED, *more[:10])
            with turns.run(application.sessions[0][0]):
                pass
            await second.say(*more[10:])
            assert application.sessions[1][1] == [ASKED, *more]
        assert application.sessions[1][1][-1] == LEFT

    asynchronous.run(talk())


def test_a_page_that_comes_back_to_its_session_has_it_at_once_but_waits_for_its_turn() -> None:
    async def come_back() -> None:
        application, turns = Application(), FirstRuns(1, left=0)
        middleware = FirstMessages(application, turns)
        async with Page(middleware, "streamlit") as first, Page(middleware, "streamlit", "", "known") as second:
            await first.say(ASKED)
            await second.say(ASKED)
            assert [received for _, received in application.sessions] == [[], [ASKED]]
            with turns.run(application.sessions[1][0]):
                pass
            await asyncio.sleep(0.01)
            assert application.sessions[0][1] == [ASKED]
        async with Page(middleware, "streamlit") as first, Page(middleware, "streamlit", "", "known") as second:
            await first.say(ASKED)
            await second.say(ASKED, LEFT)
            assert application.sessions[2][1] == [LEFT]

    asynchronous.run(come_back())


@pytest.mark.parametrize("data", [b"", b"\xff" * 9, BackMsg(load_git_info=True).SerializeToString()])
def test_what_asks_for_no_run_takes_no_turn(data: bytes) -> None:
    async def say() -> None:
        application, turns = Application(), FirstRuns(1, left=0)
        middleware = FirstMessages(application, turns)
        other = {"type": "websocket.receive", "bytes": data}
        async with Page(middleware, "streamlit") as first, Page(middleware, "streamlit") as second:
            await first.say(ASKED)
            await second.say(other, ASKED)
            assert [received for _, received in application.sessions] == [[ASKED], [other]]

    asynchronous.run(say())


def test_a_turn_ends_without_a_run_and_when_a_run_takes_too_long() -> None:
    async def take_turns() -> None:
        turns = FirstRuns(1, latest_begin=0.05, longest=0.2)
        async with asyncio.timeout(5):
            await turns.wait("asks for no run")
            await turns.wait("runs")
            with turns.run("runs"):
                turns.leave("runs")
                assert turns.running == 1
                await turns.wait("next")
                assert turns.running == 1

    asynchronous.run(take_turns())
