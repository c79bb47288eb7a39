"""Every view works under the Content-Security-Policy, and a browser asks nobody but the dashboard for anything."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import assert_nothing_wrong
from tests.e2e.programs import Program
from tests.e2e.viewer import EVERY, Viewer

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


def test_no_view_asks_anybody_else(on_emulator: Program, browser: Browser) -> None:
    """A proxy gets whatever leaves the machine, whoever sends it: pages, workers, fonts, prefetches."""
    with proxy() as (port, asked):
        context = browser.new_context(
            proxy={"server": f"http://127.0.0.1:{port}", "bypass": urlsplit(on_emulator.url).netloc},
            viewport={"width": 1400, "height": 900},
        )
        context.add_init_script(VIOLATIONS)
        try:
            viewer = Viewer(context, on_emulator.url)
            for path in EVERY.values():
                viewer.open(path).assert_drawn()
                assert viewer.page.evaluate("violations") == []
            viewer.open("/sessions")
            viewer.key("session_map").locator("canvas").hover()
            viewer.opened("share")
            viewer.csv("export_sessions")
            assert viewer.page.evaluate("navigator.serviceWorker.getRegistrations().then(found => found.length)") == 0
            assert viewer.page.evaluate("violations") == []
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
def test_every_response_has_the_headers(on_emulator: Program, path: str, method: str) -> None:
    for host in (urlsplit(on_emulator.url).netloc, "evil.test"):
        headers = headers_of(on_emulator, path, method, host)
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
