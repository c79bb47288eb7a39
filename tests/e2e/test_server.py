"""The server as seen from the network: allowed hosts, headers, and many requests."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests import asynchronous
from tests.benchmarks.plain import PlainViewer
from tests.e2e import programs
from tests.e2e.conftest import StartDashboard
from tests.e2e.programs import Program
from tests.strict_server import StrictServer

PATHS = (
    "/",
    "/events?spaceId=a",
    "/_stcore/health",
    "/_stcore/host-config",
    "/_stcore/script-health-check",
    "/_stcore/metrics",
    "/_stcore/stream",
    "/static/index.html",
    "/app/static/world.json",
    "/media/0123.csv",
    "/_stcore/upload_file/a/b",
    "/component/x/index.html",
    "/nothing/there",
)


def ask(program: Program, path: str, *headers: str, method: str = "GET") -> tuple[int, str]:
    """Return the status and the body of the response to a request with exactly these headers."""
    place = urlsplit(program.url)
    assert place.hostname is not None
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        lines = [f"{method} {path} HTTP/1.1", *headers, "Connection: close", "", ""]
        connection.sendall("\r\n".join(lines).encode("latin-1"))
        answer = b""
        while part := connection.recv(65536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body.decode(errors="replace")


def shake(program: Program, *headers: str) -> int:
    """Return the status of the response to a handshake for the app's websocket."""
    place = urlsplit(program.url)
    assert place.hostname is not None
    lines = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
    lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: streamlit"]
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        request = ["GET /_stcore/stream HTTP/1.1", *headers, *lines, "", ""]
        connection.sendall("\r\n".join(request).encode("latin-1"))
        return int(connection.recv(65536).split()[1])


@pytest.fixture(scope="module")
def server(start_strict: Callable[..., StrictServer]) -> Iterator[StrictServer]:
    with start_strict(sessions=30) as started:
        yield started


@pytest.fixture(scope="module")
def program(server: StrictServer, start_dashboard: StartDashboard) -> Iterator[Program]:
    hosts = "dash.example.com, *.shops.example.com"
    with start_dashboard(server.base_url, server.tenant_id, GRIDRT_ALLOWED_HOSTS=hosts) as started:
        yield started


@pytest.mark.parametrize("path", PATHS)
def test_no_path_answers_to_another_host(program: Program, path: str) -> None:
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        status, body = ask(program, path, "Host: evil.test", method=method)
        assert status == 421
        assert "stcore" not in body
        if method != "HEAD":
            assert "does not answer to the name “evil.test”" in body
            assert "GRIDRT_ALLOWED_HOSTS" in body
    for wrong in ((), ("Host: localhost@evil.test",), ("Host: evil.test#localhost",)):
        assert ask(program, path, *wrong)[0] == 400


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "dash.example.com", "a.shops.example.com:8443"])
def test_its_own_names_are_answered(program: Program, host: str) -> None:
    assert ask(program, "/_stcore/health", f"Host: {host}") == (200, "ok")
    assert ask(program, "/", f"Host: {host}", "Accept: text/html")[0] == 200
    assert shake(program, f"Host: {host}", f"Origin: http://{host}") == 101


def test_a_websocket_is_for_pages_of_allowed_hosts(program: Program) -> None:
    port = urlsplit(program.url).port
    here, page = f"Host: 127.0.0.1:{port}", f"Origin: http://127.0.0.1:{port}"
    assert shake(program, here, page) == 101
    assert shake(program, here) == 403
    assert shake(program, here, "Origin: null") == 403
    assert shake(program, here, "Origin: http://evil.test") == 403
    assert shake(program, "Host: evil.test", "Origin: http://evil.test") == 403
    assert shake(program, "Host: evil.test", page) == 403
    assert shake(program, here, "Host: evil.test", page) in (400, 403)


def test_refused_hosts_are_few_lines_in_the_log(program: Program) -> None:
    for number in range(200):
        ask(program, "/", f"Host: evil{number % 50}.test")
    refusals = [one for one in lines(program) if one["message"].startswith("A request for the host “evil")]
    assert 1 <= len(refusals) <= 25


def test_a_bad_list_of_hosts_ends_it_with_one_clear_line(tmp_path: Path) -> None:
    environment = {"GRIDRT_ALLOWED_HOSTS": "https://dash.example.com/"}
    with pytest.raises(AssertionError, match=r"ended; it printed") as caught:  # noqa: SIM117
        with programs.dashboard(tmp_path / "log.txt", environment):
            pass
    said = str(caught.value)
    assert "\nGRIDRT_ALLOWED_HOSTS must be names of hosts such as dash.example.com" in said
    assert "Traceback" not in said


def threads_of(program: Program) -> int:
    status = Path(f"/proc/{program.process.pid}/status").read_text(encoding="utf-8")
    found = re.search(r"^Threads:\s+(\d+)", status, re.MULTILINE)
    assert found is not None
    return int(found[1])


async def calls(server: StrictServer, least: int) -> None:
    """Wait until the API has been called this often."""
    async with asyncio.timeout(60):
        while len(server.requests) < least:
            await asyncio.sleep(0.05)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="threads are counted in /proc")
def test_pages_of_any_scope_cost_the_api_and_those_who_look_nothing(
    start_strict: Callable[..., StrictServer], start_dashboard: StartDashboard
) -> None:
    with (
        start_strict(sessions=30) as server,
        start_dashboard(server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="1") as program,
    ):

        async def look_and_knock() -> tuple[int, float]:
            viewer = PlainViewer(program.url, "/events", "refresh=1")
            watching = asyncio.create_task(viewer.watch())
            await calls(server, 3)
            loop = asyncio.get_running_loop()
            with ThreadPoolExecutor(20) as pool:
                knocking = [
                    loop.run_in_executor(pool, ask, program, f"/events?spaceId=s{n}", "Host: localhost", HTML)
                    for n in range(300)
                ]
                statuses = {status for status, _ in await asyncio.gather(*knocking)}
            assert statuses == {200}
            threads, started = threads_of(program), time.monotonic()
            await calls(server, len(server.requests) + 6)
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            assert viewer.runs.problems == []
            return threads, time.monotonic() - started

        threads, seconds = asynchronous.run(look_and_knock())
        assert [request for request in server.requests if request.query] == []
    assert threads < 60
    # Three renewals of sessions and events, which are due every second.
    assert seconds < 20


HTML = "Accept: text/html,*/*;q=0.8"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="threads are counted in /proc")
def test_pages_before_anybody_looks_cost_the_api_two_calls(
    start_strict: Callable[..., StrictServer], start_dashboard: StartDashboard
) -> None:
    with start_strict(sessions=30) as server, start_dashboard(server.base_url, server.tenant_id) as program:
        with ThreadPoolExecutor(20) as pool:
            answers = list(
                pool.map(lambda n: ask(program, f"/events?spaceId=s{n}", "Host: localhost", HTML)[0], range(300))
            )
        assert set(answers) == {200}
        time.sleep(1)
        assert 1 <= len(server.requests) <= 10
        assert threads_of(program) < 60


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="threads are counted in /proc")
def test_many_who_look_at_many_scopes_do_not_keep_others_from_being_renewed(
    start_strict: Callable[..., StrictServer], start_dashboard: StartDashboard
) -> None:
    with (
        start_strict(sessions=30) as server,
        start_dashboard(server.base_url, server.tenant_id, GRIDRT_REFRESH_SECONDS="2") as program,
    ):

        async def look() -> tuple[int, int]:
            viewers = [PlainViewer(program.url, "/events", "refresh=2")]
            viewers += [PlainViewer(program.url, "/events", f"refresh=2&spaceId=s{n}") for n in range(30)]
            watching = [asyncio.create_task(viewer.watch(0.0 if not n else 4.0)) for n, viewer in enumerate(viewers)]
            await asyncio.sleep(10)
            before = sum("/event/" in request.path and not request.query for request in server.requests)
            await asyncio.sleep(10)
            after = sum("/event/" in request.path and not request.query for request in server.requests)
            threads = threads_of(program)
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
            assert viewers[0].runs.problems == []
            return after - before, threads

        renewals, threads = asynchronous.run(look())
    assert renewals >= 3
    assert threads < 120


def test_a_failed_fetch_is_one_warning_on_stderr(
    start_strict: Callable[..., StrictServer], start_dashboard: StartDashboard
) -> None:
    with (
        start_strict(sessions=30) as server,
        start_dashboard(server.base_url, server.tenant_id, GRIDRT_RETRIES="1", GRIDRT_FAVOURITE="x") as program,
    ):
        server.failure = "503"
        ask(program, "/", "Host: localhost", HTML)
        end = time.monotonic() + 20
        while len(failures(program)) < 2 and time.monotonic() < end:
            time.sleep(0.1)
        assert sorted(one["endpoint"] for one in failures(program)) == ["events", "sessions"]
        for one in failures(program):
            assert (one["outcome"], one["tries"], one["tenant"]) == ("UnavailableError", 2, server.tenant_id)
            assert re.fullmatch(
                rf"The request for {one['endpoint']} failed after \d+\.\d s and 2 tries: "
                r"The API has a problem \(503 Service Unavailable\) \(tried 2 times\)",
                one["message"],
            )
        assert len(re.findall("503 Service", program.log)) == 2
        assert program.log.count("GRIDRT_FAVOURITE is set, which is no setting and has no effect") == 1
        (start,) = (one for one in lines(program) if one["event"] == "start")
        assert start["sign_in"] == "open"


def lines(program: Program) -> list[dict[str, Any]]:
    """Return the lines of the log that are JSON."""
    return [json.loads(line) for line in program.log.splitlines() if line.startswith("{")]


def failures(program: Program) -> list[dict[str, Any]]:
    return [one for one in lines(program) if one["event"] == "fetch" and one["level"] == "warning"]


def test_scripts_are_compressed_from_the_second_request_on(program: Program) -> None:
    place = urlsplit(program.url)
    name = re.search(r"static/js/index[^\"]+\.js", ask(program, "/", f"Host: {place.netloc}", "Accept: text/html")[1])
    assert name is not None
    connection = HTTPConnection(place.netloc, timeout=30)

    def read() -> tuple[str | None, bytes]:
        connection.request("GET", f"/{name[0]}", headers={"Accept-Encoding": "gzip"})
        response = connection.getresponse()
        return response.headers["Content-Encoding"], response.read()

    encoding, script = read()
    script = script if encoding is None else gzip.decompress(script)
    deadline = time.monotonic() + 20
    while (answer := read())[0] is None and time.monotonic() < deadline:
        time.sleep(0.1)
    connection.close()
    assert answer[0] == "gzip"
    assert gzip.decompress(answer[1]) == script


def test_small_responses_come_at_once(program: Program) -> None:
    connection = HTTPConnection(urlsplit(program.url).netloc, timeout=30)
    began = time.monotonic()
    for _ in range(60):
        connection.request("GET", "/_stcore/health")
        assert connection.getresponse().read() == b"ok"
    connection.close()
    # One whose body waits until its head has been acknowledged takes 40 ms.
    assert time.monotonic() - began < 60 * 0.03
