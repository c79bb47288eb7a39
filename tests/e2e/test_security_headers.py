"""Every view works under the Content-Security-Policy, and a browser asks nobody but the dashboard for anything."""

from __future__ import annotations

import re
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser

from dashboard.filters import write_value
from tests.e2e.conftest import TOKEN, StartDashboard, assert_nothing_wrong
from tests.e2e.programs import Program
from tests.e2e.viewer import Viewer
from tests.strict_server import StrictServer
from tests.strict_server.hostile import MARK, STEERING, TEXTS, hostile

# Every view, with texts wherever a link may have some.
WALK = (
    f"/?search={MARK}",
    f"/sessions?colour=country&deviceId={quote(write_value(TEXTS[10]))}",
    "/events?breakdown=str1",
    f"/events?captureId={uuid.UUID(int=10_001, version=4)}-1&spaceId={quote(TEXTS[1])}",
    "/latest",
    "/stores",
    f"/store?spaceId={quote(write_value(TEXTS[40]))}",
    f"/analytics?panel=Counts&countType={quote(TEXTS[1])}",
    f"/session?sessionId={quote(TEXTS[1])}",
)
FROM_DATA = "img[src*=zq7], iframe, math, .katex, [onerror], [onload], [onmouseover], [style*=zq7], svg a"
STEERS = re.compile("[" + "".join(re.escape(one) for one in STEERING if one not in "\u2060\u2028") + "]")
# Chromium asks its maker how to fill forms, whatever the page.
OF_BROWSER = "CONNECT content-autofill.googleapis.com:443 HTTP/1.1"
VIOLATIONS = """
window.violations = []
document.addEventListener("securitypolicyviolation", e => violations.push(`${e.effectiveDirective} ${e.blockedURI}`))
"""


@contextmanager
def proxy() -> Iterator[tuple[int, list[str]]]:
    """Listen as a proxy that answers nothing; yield its port and the first lines of what reached it."""
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def listen() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(5)
                    line = connection.recv(4096).decode(errors="replace").partition("\r\n")[0]
                    if line != OF_BROWSER:
                        asked.append(line)

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield listening.getsockname()[1], asked
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


@pytest.fixture(scope="module")
def hostile_server() -> Iterator[StrictServer]:
    with StrictServer(hostile(datetime.now(UTC)), TOKEN) as server:
        yield server
        assert server.violations == []


@pytest.fixture(scope="module")
def on_hostile(hostile_server: StrictServer, start_dashboard: StartDashboard) -> Iterator[Program]:
    """A dashboard on records whose every field would be markup, a script, a request or a formula."""
    base = hostile_server.base_url
    with start_dashboard(base, hostile_server.tenant_id, GRIDRT_REFRESH_SECONDS="600") as started:
        yield started


def test_no_view_asks_anybody_else_or_makes_elements_of_data(on_hostile: Program, browser: Browser) -> None:
    """A proxy gets whatever leaves the machine, whoever sends it: pages, workers, fonts, prefetches."""
    with proxy() as (port, asked):
        context = browser.new_context(
            proxy={"server": f"http://127.0.0.1:{port}", "bypass": urlsplit(on_hostile.url).netloc},
            viewport={"width": 1400, "height": 900},
        )
        context.add_init_script(VIOLATIONS)
        try:
            viewer = Viewer(context, on_hostile.url)
            for path in WALK:
                before = len(viewer.received())
                viewer.open(path).assert_drawn()
                assert MARK.encode() in viewer.received()[before:]
                assert_text_only(viewer)
            viewer.open("/sessions")
            viewer.key("session_map").locator("canvas").hover()
            viewer.opened("share")
            name, rows = viewer.csv("export_sessions")
            assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
            assert MARK in str(rows)
            assert not [value for row in rows for value in row.values() if value and value[0] in "=+@\t\r"]
            assert viewer.page.evaluate("navigator.serviceWorker.getRegistrations().then(found => found.length)") == 0
            assert_text_only(viewer)
            assert_nothing_wrong(viewer)
            assert asked == []
            # What a script on the page asks for elsewhere is stopped by the policy; elsewhere the proxy would get it.
            assert "violates" in leaving(viewer)
            assert asked == []
            viewer.page.goto("about:blank")
            leaving(viewer)
            assert [line.split()[1] for line in asked] == ["http://outside.test/x.png"]
        finally:
            context.close()


def assert_text_only(viewer: Viewer) -> None:
    """Assert that no element is made of data, that nothing steers the text, and that the policy stopped nothing."""
    assert viewer.page.evaluate("violations") == []
    assert viewer.page.locator(FROM_DATA).count() == 0
    elsewhere = "[...document.links].map(a => a.href).filter(href => new URL(href).origin !== location.origin)"
    assert viewer.page.evaluate(elsewhere) == []
    shown = viewer.page.title() + viewer.text()
    assert not STEERS.search(shown)


def leaving(viewer: Viewer) -> str:
    """Load a picture of another host, and return what the console says about it."""
    said: list[str] = []
    viewer.page.on("console", lambda message: said.append(message.text))
    viewer.page.evaluate(
        """new Promise(end => { const i = new Image(); i.onerror = end; i.src = 'http://outside.test/x.png' })
        .then(() => 0)"""
    )
    viewer.page.wait_for_timeout(200)
    return " ".join(said)


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/events", "/_stcore/health", "/_stcore/host-config", "/app/static/world.json", "/nothing/there"),
        *("/static/index.html", "/media/0123.csv", "/_stcore/metrics", "/component/x/y"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_every_response_has_the_headers(on_hostile: Program, path: str, method: str) -> None:
    for host in (urlsplit(on_hostile.url).netloc, "evil.test"):
        headers = headers_of(on_hostile, path, method, host)
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"].partition("style-src")[0]


def headers_of(program: Program, path: str, method: str, host: str) -> Any:
    connection = HTTPConnection(urlsplit(program.url).netloc, timeout=10)
    try:
        connection.request(method, path, headers={"Host": host, "Accept": "text/html"})
        return connection.getresponse().headers
    finally:
        connection.close()
