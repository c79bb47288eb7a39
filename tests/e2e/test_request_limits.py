"""What a server endures from the network: long links, many sessions, unreadable messages, silent websockets."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from tests import asynchronous
from tests.e2e.conftest import StartDashboard
from tests.e2e.programs import Program

if sys.platform != "win32":
    import resource

SESSIONS = 12


@pytest.fixture(scope="module")
def program(start_dashboard: StartDashboard) -> Iterator[Program]:
    """A dashboard whose provider of data is not needed: nothing answers there."""
    with start_dashboard(
        "http://127.0.0.1:9",
        "5f0000000000000000000abc",
        GRIDRT_MAX_SESSIONS_PER_ADDRESS=str(SESSIONS),
        STREAMLIT_SERVER_WEBSOCKET_PING_INTERVAL="1",
    ) as started:
        yield started


def socket(program: Program, **options: object) -> connect:
    place = f"{program.url.replace('http', 'ws', 1)}/_stcore/stream"
    return connect(place, origin=Origin(program.url), subprotocols=["streamlit"], **options)  # type: ignore[arg-type, list-item]


def ask(program: Program, path: str, method: str = "GET", body: bytes | None = None) -> tuple[int, str]:
    connection = HTTPConnection(urlsplit(program.url).netloc, timeout=10)
    try:
        connection.request(method, path, body=body, headers={"Accept": "text/html"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


async def closing_code(connection: ClientConnection) -> int:
    """Return the code with which the server closes a websocket."""
    async with asyncio.timeout(20):
        try:
            while True:
                await connection.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd is not None else 1006


def test_long_links_and_requests_with_a_body_are_refused(program: Program) -> None:
    assert "8,000 are the most" in ask(program, f"/events?spaceId={'x' * 9_000}")[1]
    assert ask(program, "/_stcore/agent/interact", "POST", b"{}")[0] == 405
    assert ask(program, "/_stcore/upload_file/a/b", "PUT", b"x" * 1_000)[0] == 405
    assert ask(program, f"/_stcore/health?{'a&' * 300}")[0] == 400


def test_sessions_of_an_address_are_limited_with_a_sentence(program: Program) -> None:
    async def fill() -> None:
        async with AsyncExitStack() as stack:
            for _ in range(SESSIONS):
                await stack.enter_async_context(socket(program))
            with pytest.raises(InvalidStatus) as refused:
                await socket(program)
            assert refused.value.response.status_code == 403
            status, words = await asyncio.to_thread(ask, program, "/events")
            assert status == 503
            assert words.startswith(f"{SESSIONS} pages of this dashboard are open from your address")
            assert (await asyncio.to_thread(ask, program, "/_stcore/health"))[0] == 200
        async with asyncio.timeout(10):
            while (await asyncio.to_thread(ask, program, "/events"))[0] != 200:
                await asyncio.sleep(0.1)

    asynchronous.run(fill())


def test_messages_that_are_too_large_or_cannot_be_read_close_the_websocket(program: Program) -> None:
    async def send() -> None:
        huge, large, broken, text = 20_000_000, 3_000_000, b"\xff" * 100, "text"
        for message, code in ((b"x" * huge, 1009), (b"x" * large, 1009), (broken, 1002), (text, 1003)):
            async with socket(program, max_size=None) as connection:
                with suppress(ConnectionClosed):
                    await connection.send(message)
                assert await closing_code(connection) == code

    for _ in range(3):
        asynchronous.run(send())
    assert "Traceback" not in program.log
    assert len(re.findall("deserializ", program.log)) == 1


def handshake(program: Program, *changed: str) -> bytes:
    """Return the request that opens a websocket, with these lines in place of its own of the same name."""
    place = urlsplit(program.url).netloc
    lines = ["GET /_stcore/stream HTTP/1.1", f"Host: {place}", f"Origin: {program.url}", "Connection: Upgrade"]
    lines += ["Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
    names = [line.partition(":")[0] for line in changed]
    lines = [line for line in lines if line.partition(":")[0] not in names]
    return "\r\n".join((*lines, "Sec-WebSocket-Protocol: streamlit", *changed, "", "")).encode("latin-1")


def frame(code: int, data: bytes, *, ends: bool = True, length: int | None = None, reserved: int = 0) -> bytes:
    """Return a frame of a websocket as a browser sends it; ``length`` is another one than its own."""
    size = len(data) if length is None else length
    head = bytes([(0x80 if ends else 0) | reserved << 4 | code])
    head += bytes([0x80 | size]) if size < 126 else b"\xff" + size.to_bytes(8, "big")
    return head + b"\0\0\0\0" + data


def test_what_no_browser_sends_is_a_few_short_lines_in_the_log(program: Program) -> None:
    opened = handshake(program)
    sent = [
        *(opened + frame(1, text) for text in (b"text", b"\xff\xfe")),
        opened + frame(1, b"\xff", ends=False) + frame(0, b"\xfe"),
        *(opened + frame(2, data) for data in (b"\xff" * 100, b"", b"\x0a\xff\xff\xff\xff\x7f")),
        opened + frame(2, b"half of it", length=100),
        *(opened + frame(2, b"", length=length) for length in (1 << 40, (1 << 64) - 1)),
        *(opened + frame(2, b"\xff\xff", reserved=reserved) for reserved in (1, 4, 7)),
        *(opened + frame(code, b"\x00\x01") for code in (0, 5, 8)),
        opened + frame(8, b"\x03\xe8\xff\xff"),
        opened + frame(9, b"x" * 130),
        opened + bytes(range(256)),
        opened + b"\0" * 200,
        *(
            handshake(program, line)
            for line in (
                "Sec-WebSocket-Key: x",
                "Sec-WebSocket-Version: 12",
                "Sec-WebSocket-Extensions: ;;=,",
                "Sec-WebSocket-Protocol: ,,\x80",
                "Upgrade: other",
                "Cookie: a=\xff; ;=; _streamlit_user=x",
            )
        ),
        *(line + b"\r\n\r\n" for line in (b"\x16\x03\x01\x02\x00", b"HELLO", b"PRI * HTTP/2.0", b"GET /\xff HTTP/1.1")),
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET http://elsewhere/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ]

    async def say(number: int) -> None:
        place = urlsplit(program.url)
        # No address opens more than it may.
        own = (f"127.0.1.{1 + number // 10}", 0)
        reader, writer = await asyncio.open_connection(place.hostname, place.port, local_addr=own)
        with suppress(ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            head, end, more = sent[number].partition(b"\r\n\r\n")
            writer.write(head + end)
            async with asyncio.timeout(0.3):
                # What comes along with the handshake is not read.
                if more:
                    await reader.readuntil(end)
            writer.write(more)
            async with asyncio.timeout(0.3):
                while await reader.read(65_536):
                    pass
        writer.close()

    async def say_all() -> None:
        await asyncio.gather(*map(say, range(len(sent))))

    before = len(program.log)
    for _ in range(3):
        asynchronous.run(say_all())
    lines = program.log[before:].splitlines()
    assert "Traceback" not in program.log
    assert 1 <= len(lines) <= 20, lines
    assert max(map(len, lines), default=0) < 250
    assert ask(program, "/_stcore/health") == (200, "ok")


@pytest.mark.skipif(sys.platform != "linux", reason="the system tells about other processes")
def test_viewers_who_leave_before_their_page_is_drawn_hold_up_nobody(program: Program) -> None:
    message = BackMsg()
    message.rerun_script.query_string = ""
    began = threading.Event()
    answered_in: list[float] = []
    threads: list[int] = []

    async def leave(number: int) -> None:
        # No address opens more than it may.
        async with socket(program, max_size=None, local_addr=(f"127.0.0.{2 + number // 10}", 0)) as connection:
            await connection.send(message.SerializeToString())
            began.set()
            await asyncio.sleep(0.3)
            connection.transport.abort()

    async def leave_all() -> None:
        await asyncio.gather(*map(leave, range(100)))

    def watch() -> None:
        while not has_ended.is_set():
            since = time.monotonic()
            ask(program, "/_stcore/health")
            answered_in.append(time.monotonic() - since)
            threads.append(number_of(program, "task"))
            time.sleep(0.02)

    has_ended = threading.Event()
    before, descriptors = number_of(program, "task"), number_of(program, "fd")
    with ThreadPoolExecutor(1) as executor:
        watching = executor.submit(watch)
        asynchronous.run(leave_all())
        time.sleep(2)
        has_ended.set()
        watching.result()
    assert max(answered_in) < 2
    # Each run has a thread, and each session three descriptors.
    assert max(threads) < before + 30
    assert number_of(program, "fd") < descriptors + 200


@pytest.mark.skipif(sys.platform != "linux", reason="limits of other processes are set")
def test_with_few_descriptors_left_viewers_are_refused_with_a_sentence(program: Program) -> None:
    limit, before = resource.prlimit(program.process.pid, resource.RLIMIT_NOFILE), len(program.log)
    # Raised at the start.
    assert limit[0] == min(limit[1], 65_536) or limit[1] == resource.RLIM_INFINITY
    few = number_of(program, "fd") + 40
    resource.prlimit(program.process.pid, resource.RLIMIT_NOFILE, (few, limit[1]))
    try:
        for _ in range(3):
            status, words = ask(program, "/events")
            assert (status, words[:26]) == (503, "This dashboard has nearly ")
            with pytest.raises(InvalidStatus):
                asynchronous.run(open_and_leave(program))
        assert ask(program, "/_stcore/health") == (200, "ok")
    finally:
        resource.prlimit(program.process.pid, resource.RLIMIT_NOFILE, limit)
    assert program.log[before:].count("Viewers are refused") == 1
    assert ask(program, "/events")[0] == 200
    asynchronous.run(open_and_leave(program))


async def open_and_leave(program: Program) -> None:
    async with socket(program):
        pass


def number_of(program: Program, kind: str) -> int:
    """Return how many threads (task) or open files (fd) a program has."""
    return len(os.listdir(f"/proc/{program.process.pid}/{kind}"))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read in /proc")
def test_forged_messages_leave_no_memory_behind(program: Program) -> None:
    def megabytes(name: str) -> float:
        status = Path(f"/proc/{program.process.pid}/status").read_text(encoding="utf-8")
        found = re.search(rf"{name}:\s+(\d+)", status)
        assert found is not None
        return int(found[1]) / 1024

    async def forge(size: int) -> None:
        message = BackMsg()
        message.rerun_script.query_string = f"search={'x' * size}"
        # It is packed, so that it is unpacked before its size is known.
        async with socket(program, max_size=None) as connection:
            with suppress(ConnectionClosed):
                await connection.send(message.SerializeToString())
            await closing_code(connection)

    async def forge_many() -> None:
        # Below and above what the library takes.
        for size in (3_000_000, 14_000_000, 20_000_000):
            for _ in range(2):
                await asyncio.gather(*(forge(size + number) for number in range(6)))

    before = megabytes("VmRSS")
    asynchronous.run(forge_many())
    assert megabytes("VmHWM") - before < 180
    # What is left over is freed a second later.
    deadline = time.monotonic() + 5
    while megabytes("VmRSS") - before > 70 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert megabytes("VmRSS") - before <= 70


def test_a_websocket_that_is_never_read_is_closed(program: Program) -> None:
    async def neglect() -> None:
        place = urlsplit(program.url)
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        lines = ["GET /_stcore/stream HTTP/1.1", f"Host: {place.netloc}", f"Origin: {program.url}"]
        lines += ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
        lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: streamlit", "", ""]
        writer.write("\r\n".join(lines).encode())
        assert b"101" in await reader.readline()
        # It answers no ping, as one that isn't read does.
        async with asyncio.timeout(20):
            while await reader.read(65_536):
                pass
        writer.close()

    asynchronous.run(neglect())
