"""Whether a process can take another viewer, by its descriptors and sessions."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

import pytest

from dashboard.data.replica import HERE
from dashboard.server import capacity
from dashboard.server.capacity import DescriptorReserve
from tests import asynchronous

resource = pytest.importorskip("resource")


class Application:
    """What is behind the middleware; the end of a session frees the descriptors of those whose time is up."""

    def __init__(self, forgets: bool = False) -> None:
        self.paths: list[str] = []
        self.forgets = forgets

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.paths.append(scope["path"])
        if scope["type"] == "websocket":
            while (await receive())["type"] != "websocket.disconnect":
                pass
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"fine"})

    def are_few(self) -> bool:
        return not (self.forgets and "/_stcore/stream" in self.paths)


def ask(
    are_few: Callable[[], bool],
    application: Application,
    path: str = "/events",
    kind: str = "http",
    clock: Callable[[], float] = lambda: 0.0,
    times: int = 1,
) -> list[Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def ask_all() -> None:
        middleware = DescriptorReserve(application, are_few, clock)
        for _ in range(times):
            incoming: asyncio.Queue[Any] = asyncio.Queue()
            incoming.put_nowait({"type": "websocket.connect"})
            scope = {"type": kind, "method": "GET", "path": path, "headers": [(b"accept", b"text/html")]}
            await middleware(scope, incoming.get, send)

    asynchronous.run(ask_all())
    return sent


def test_with_few_descriptors_pages_and_websockets_are_refused_and_the_log_says_it_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    application = Application()
    sent = ask(lambda: True, application, times=3)
    assert [one["status"] for one in sent if "status" in one] == [503] * 3
    assert b"ulimit -n" in sent[1]["body"]
    assert [one["type"] for one in ask(lambda: True, application, "/_stcore/stream", "websocket")] == [
        "websocket.close"
    ]
    assert set(application.paths) == {"/_stcore/stream"}
    assert caplog.text.count("Viewers are refused") == 2  # one of each server


def test_what_open_pages_need_is_answered() -> None:
    application = Application()
    ask(lambda: True, application, "/_stcore/health")
    assert application.paths == ["/_stcore/health"]
    application = Application()
    ask(lambda: False, application)
    assert application.paths == ["/events"]


def test_sessions_whose_time_is_up_are_forgotten_before_a_viewer_is_refused() -> None:
    application = Application(forgets=True)
    sent = ask(application.are_few, application)
    assert [one["status"] for one in sent if "status" in one] == [200]
    assert application.paths == ["/_stcore/stream", "/events"]


@pytest.fixture
def limit() -> Any:
    """The limit of this process, given back afterwards."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_limit_is_raised_as_far_as_the_system_permits(limit: tuple[int, int]) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, limit[1]))
    capacity.raise_descriptor_limit()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard == limit[1]
    assert soft == (capacity.ENOUGH if hard == resource.RLIM_INFINITY else min(hard, capacity.ENOUGH))


def test_a_process_without_descriptors_can_take_no_viewer(limit: tuple[int, int]) -> None:
    assert capacity.can_take_viewer()
    free = capacity.free_descriptors()
    assert free is not None
    in_use = limit[0] - free
    resource.setrlimit(resource.RLIMIT_NOFILE, (in_use + capacity.RESERVED // 2, limit[1]))
    assert not capacity.can_take_viewer()
    # Also when there is none left to count them.
    spent = [os.open("/dev/null", os.O_RDONLY) for _ in range(capacity.free_descriptors() or 0)]
    try:
        with pytest.raises(OSError, match="Too many open files"):
            spent += [os.open("/dev/null", os.O_RDONLY) for _ in range(8)]
        assert not capacity.can_take_viewer()
    finally:
        for one in spent:
            os.close(one)


def test_a_process_with_as_many_sessions_as_may_be_can_take_no_viewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDRT_MAX_SESSIONS", "2")
    assert capacity.can_take_viewer()
    HERE.sessions["192.0.2.1"] += 2
    try:
        assert not capacity.can_take_viewer()
    finally:
        HERE.sessions.clear()
