"""What a server endures from the network: long links, many sessions, unreadable messages, silent websockets."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
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


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read in /proc")
def test_forged_messages_leave_no_memory_behind(program: Program) -> None:
    def resident() -> float:
        status = Path(f"/proc/{program.process.pid}/status").read_text(encoding="utf-8")
        found = re.search(r"VmRSS:\s+(\d+)", status)
        assert found is not None
        return int(found[1]) / 1024

    async def forge(number: int) -> None:
        message = BackMsg()
        message.rerun_script.query_string = f"search={'x' * (14_000_000 + number)}"
        async with socket(program, max_size=None) as connection:
            await connection.send(message.SerializeToString())
            await closing_code(connection)

    async def forge_many() -> None:
        for start in range(0, 36, 6):
            await asyncio.gather(*(forge(start + number) for number in range(6)))

    before = resident()
    asynchronous.run(forge_many())
    assert resident() - before < 150


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
