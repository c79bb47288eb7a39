"""Three replicas, Redis and Caddy, as ``docker compose --profile team up`` runs them."""

from __future__ import annotations

import asyncio
import re
import signal
import ssl
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from email.message import Message
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from websockets.asyncio.client import connect
from websockets.typing import Origin

from gridrt_client.sharing._link import Link
from gridrt_client.sharing.replicas import ReplicaNotes
from tests import asynchronous, debian_packages
from tests.benchmarks.plain import PlainViewer
from tests.e2e import compose
from tests.e2e.compose import Service
from tests.e2e.conftest import TOKEN, assert_nothing_wrong
from tests.e2e.viewer import Viewer
from tests.strict_server import StrictServer

INTERVAL = 1.0
PASSWORD = "p4ssword-that-nobody-may-see"
COOKIE_SECRET = "c00kie-secret-that-nobody-may-see"
Team = dict[str, Service]


@pytest.fixture(scope="module")
def api(start_strict: Callable[..., StrictServer]) -> Iterator[StrictServer]:
    with start_strict(sessions=30) as server:
        yield server
        assert server.violations == []


@pytest.fixture(scope="module")
def team(api: StrictServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    for program in debian_packages.PROGRAMS:
        debian_packages.find(program)
    environment = {
        "REDIS_PASSWORD": PASSWORD,
        "COOKIE_SECRET": COOKIE_SECRET,
        "DASHBOARD_HOST": "localhost",
        "DEMO_REPLICAS": "0",
        "GRIDRT_BASE_URL": api.base_url,
        "GRIDRT_TENANT_ID": api.tenant_id,
        "GRIDRT_ACCESS_TOKEN": TOKEN,
        "GRIDRT_REFRESH_SECONDS": str(INTERVAL),
    }
    found = compose.as_processes("team", environment, tmp_path_factory.mktemp("team"))
    assert sorted(found) == ["caddy", "redis", "replica-1", "replica-2", "replica-3"]
    # Shorter than the minute that it is in use, so that the test is.
    found["caddy"].environment |= {"IDLE_TIMEOUT": "1s", "HEALTH_INTERVAL": "1s"}
    try:
        for service in found.values():
            service.start()
        for service in found.values():
            service.wait()
        yield found
    finally:
        for service in found.values():
            service.end(signal.SIGTERM)
    for service in found.values():
        for secret in (TOKEN, PASSWORD, COOKIE_SECRET):
            assert secret not in service.log
        assert "Traceback" not in service.log, service.log


def replicas(team: Team) -> list[Service]:
    return [service for name, service in team.items() if name.startswith("replica")]


def metrics(replica: Service) -> dict[str, float]:
    with urllib.request.urlopen(f"{replica.operations}/metrics", timeout=10) as answer:  # noqa: S310
        found = re.findall(r"^gridrt_(\w+) (\S+)$", answer.read().decode(), re.MULTILINE)
    return {name: float(value) for name, value in found}


def authority(team: Team) -> ssl.SSLContext:
    """Trust what Caddy's own authority has signed, and nothing else."""
    deadline = time.monotonic() + 20
    root = Path(team["caddy"].environment["XDG_DATA_HOME"]) / "caddy/pki/authorities/local/root.crt"
    while not root.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return ssl.create_default_context(cafile=root)


def ask(team: Team, path: str, **headers: str) -> tuple[int, Message]:
    """Return the status and the headers of an answer through Caddy."""
    connection = HTTPSConnection("localhost", team["caddy"].port, context=authority(team), timeout=20)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers
    finally:
        connection.close()


def replica_in(headers: Message) -> str:
    """Return the cookie that chooses a replica; empty where the answer sets none."""
    cookies = (cookie.partition(";")[0] for cookie in headers.get_all("set-cookie") or ())
    return next((cookie for cookie in cookies if cookie.startswith("gridrt_replica=")), "")


def test_the_page_and_its_exports_come_through_the_proxy(team: Team, browser: Browser) -> None:
    context = browser.new_context(ignore_https_errors=True)
    try:
        viewer = Viewer(context, f"https://localhost:{team['caddy'].port}").open("/events")
        expect(viewer.page.locator("[data-testid=stPlotlyChart]").first).to_be_visible()
        viewer.page.get_by_role("button", name="Share").click()
        viewer.settle()
        name, rows = viewer.csv("export_events")
        assert name.endswith(".csv")
        assert rows
        assert "gridrt_replica" in {cookie["name"] for cookie in context.cookies()}
        assert_nothing_wrong(viewer)
    finally:
        context.close()


def test_a_browser_stays_with_its_replica_and_pages_are_compressed(team: Team) -> None:
    chosen = {replica_in(ask(team, "/_stcore/health")[1]) for _ in range(20)}
    assert 2 <= len(chosen) <= 3
    for cookie in chosen:
        for _ in range(5):
            status, headers = ask(team, "/_stcore/health", Cookie=cookie)
            assert status == 200
            assert replica_in(headers) in ("", cookie)
    page = ask(team, "/", Accept="text/html", Accept_Encoding="gzip")
    assert page[0] == 200
    assert page[1]["content-encoding"] == "gzip"
    assert ask(team, "/", Host="evil.test")[1]["content-length"] == "0"


def test_a_replica_knows_that_the_browser_speaks_tls_and_tells_outsiders_no_metrics(team: Team) -> None:
    _, headers = ask(team, "/", Accept="text/html")
    assert f"wss://localhost:{team['caddy'].port}" in headers["content-security-policy"]
    assert "ws://" not in headers["content-security-policy"]
    for path in ("/metrics", "/_stcore/metrics"):
        assert ask(team, path, X_Forwarded_For="127.0.0.1")[0] == 404


def test_a_websocket_outlives_the_idle_timeout(team: Team) -> None:
    place = f"localhost:{team['caddy'].port}"

    async def stay() -> None:
        stream = connect(
            f"wss://{place}/_stcore/stream",
            origin=Origin(f"https://{place}"),
            ssl=authority(team),
            ping_interval=None,
            subprotocols=["streamlit"],  # type: ignore[list-item]
        )
        async with stream as socket:
            await asyncio.sleep(3)
            await asyncio.wait_for(await socket.ping(), 5)

    asynchronous.run(stay())


@asynccontextmanager
async def watching(watched: list[Service], view: str = "/events") -> Any:
    """One viewer of each of these replicas."""
    viewers = [PlainViewer(one.url, view, f"refresh={INTERVAL:g}") for one in watched]
    tasks = [asyncio.create_task(viewer.watch()) for viewer in viewers]
    try:
        async with asyncio.timeout(60):
            while not all(viewer.runs.drawn for viewer in viewers):
                await asyncio.sleep(0.05)
        yield viewers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def calls(api: StrictServer, endpoint: str = "event") -> int:
    return sum(f"/{endpoint}/" in request.path for request in api.requests)


def test_three_replicas_call_the_api_as_often_as_one(team: Team, api: StrictServer) -> None:
    async def count() -> tuple[int, int]:
        async with watching(replicas(team)):
            await asyncio.sleep(INTERVAL)
            before = calls(api, "event"), calls(api, "session")
            await asyncio.sleep(5 * INTERVAL)
            return calls(api, "event") - before[0], calls(api, "session") - before[1]

    for found in asynchronous.run(count()):
        # One more is allowed at the edge.
        assert 2 <= found <= 6
    for replica in replicas(team):
        assert metrics(replica)["redis_up"] == 1
        assert metrics(replica)["shared_reads_total"] > 0
    # Each knows the others, for the page Status.
    link = Link(replicas(team)[0].environment["GRIDRT_REDIS_URL"])
    assert len(ReplicaNotes(link, TOKEN).read() or []) == 3
    link.client.close()


def test_without_redis_each_goes_on_alone_says_so_and_returns(team: Team, api: StrictServer) -> None:
    async def lose_redis() -> None:
        async with watching(replicas(team)) as viewers:
            team["redis"].end()
            before = calls(api)
            async with asyncio.timeout(20):
                while any(metrics(one)["redis_up"] for one in replicas(team)):
                    await asyncio.sleep(0.2)
            await asyncio.sleep(3 * INTERVAL)
            assert calls(api) - before >= 6
            for replica in replicas(team):
                assert replica.log.count("Redis can't be reached: until it works again, this process calls") == 1
            team["redis"].start()
            async with asyncio.timeout(40):
                while not all(metrics(one)["redis_up"] for one in replicas(team)):
                    await asyncio.sleep(0.2)
            before = calls(api)
            await asyncio.sleep(3 * INTERVAL)
            assert calls(api) - before <= 4
            assert [viewer.runs.problems for viewer in viewers] == [[], [], []]
        for replica in replicas(team):
            assert replica.log.count("Redis works again") == 1

    asynchronous.run(lose_redis())


def test_when_the_one_that_fetches_is_killed_another_takes_over(team: Team, api: StrictServer) -> None:
    async def kill() -> None:
        async with watching(replicas(team)):
            before = {one.name: metrics(one)["own_fetches_total"] for one in replicas(team)}
            answered = len(api.requests)
            api.failure = "hang"
            async with asyncio.timeout(20):
                while len(api.requests) < answered + 2:
                    await asyncio.sleep(0.05)
            fetching = [one for one in replicas(team) if metrics(one)["own_fetches_total"] > before[one.name]]
            assert fetching
            fetching[0].end()
            left = [one for one in replicas(team) if one is not fetching[0]]
            api.failure = None
            mark = calls(api)
            async with asyncio.timeout(20):
                while calls(api) < mark + 2:
                    await asyncio.sleep(0.1)
            mark = calls(api)
            await asyncio.sleep(3 * INTERVAL)
            assert 1 <= calls(api) - mark <= 4
            assert all(metrics(one)["redis_up"] for one in left)
            # Those who come to the proxy meet one that works.
            assert {ask(team, "/_stcore/health")[0] for _ in range(10)} == {200}

    asynchronous.run(kill())


def test_a_replica_with_viewers_and_a_running_fetch_stops_within_ten_seconds(team: Team, api: StrictServer) -> None:
    async def stop() -> float:
        replica = next(one for one in replicas(team) if one.runs)
        async with watching([replica] * 10):
            api.failure = "hang"
            await asyncio.sleep(2 * INTERVAL)
            seconds = await asyncio.to_thread(replica.end, signal.SIGTERM)
            api.failure = None
            return seconds

    assert asynchronous.run(stop()) < 10


def test_without_any_replica_the_proxy_says_so(team: Team) -> None:
    for replica in replicas(team):
        replica.end(signal.SIGTERM)
    connection = HTTPSConnection("localhost", team["caddy"].port, context=authority(team), timeout=20)
    connection.request("GET", "/")
    answer = connection.getresponse()
    assert answer.status in (502, 503)
    assert "The dashboard is not ready" in answer.read().decode()
    connection.close()


def test_only_the_proxy_has_a_port_and_nothing_may_write(team: Team) -> None:
    chosen = compose.services("team", {"DEMO_REPLICAS": "0"})
    assert [name for name, service in chosen.items() if "ports" in service] == ["caddy"]
    for service in chosen.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["stop_grace_period"] == "10s"
    assert list(compose.services(None, {})) == ["dashboard"]
