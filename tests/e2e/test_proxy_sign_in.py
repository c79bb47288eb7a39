"""Signing in at a proxy in front of the dashboard: Caddy names the viewer, and nobody else can."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests import debian_packages
from tests.e2e import programs
from tests.e2e.conftest import StartDashboard, Visit
from tests.e2e.programs import Program
from tests.strict_server import StrictServer

CADDYFILE = """
{
	admin off
	auto_https off
}
http://127.0.0.1:%d {
	bind 127.0.0.1
	reverse_proxy 127.0.0.1:%d {
		header_up X-Forwarded-Email kim@chain.example
		header_up X-Forwarded-Groups managers
	}
}
"""
ROLES = '[[role]]\ngroup = ["managers"]\ntenants = ["*"]\nspaces = ["store-berlin"]\n'


@pytest.fixture(scope="module")
def behind(
    strict: StrictServer, start_dashboard: StartDashboard, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Program, Program]]:
    """Return the proxy and the dashboard behind it."""
    folder = tmp_path_factory.mktemp("proxy")
    (folder / "roles.toml").write_text(ROLES, encoding="utf-8")
    settings = {"GRIDRT_PROXY_ADDRESSES": "127.0.0.1", "GRIDRT_ROLES": str(folder / "roles.toml")}
    with start_dashboard(strict.base_url, strict.tenant_id, **settings) as dashboard:
        port = programs.free_port()
        (folder / "Caddyfile").write_text(CADDYFILE % (port, urlsplit(dashboard.url).port), encoding="utf-8")
        command = [debian_packages.find("caddy"), "run", "--config", str(folder / "Caddyfile")]
        environment = {"HOME": str(folder), "XDG_DATA_HOME": str(folder)}
        with (
            (folder / "log.txt").open("wb") as log,
            subprocess.Popen(command, env=environment, stdout=log, stderr=log) as caddy,
        ):
            proxy = Program(caddy, f"http://127.0.0.1:{port}", folder / "log.txt")
            deadline = time.monotonic() + programs.START_SECONDS
            while status(proxy, "/_stcore/health") != 200:
                assert time.monotonic() < deadline, proxy.log
                time.sleep(0.1)
            yield proxy, dashboard
            caddy.terminate()


def status(program: Program, path: str, **headers: str) -> int:
    connection = HTTPConnection(urlsplit(program.url).netloc, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def test_the_proxy_says_who_the_viewer_is(behind: tuple[Program, Program], visit: Visit) -> None:
    proxy, dashboard = behind
    assert "Sign-in at the proxy at 127.0.0.1/32, header x-forwarded-email" in dashboard.log
    viewer = visit(proxy, "/stores")
    viewer.at("Stores")
    expect(viewer.key("account")).to_contain_text("Signed in as kim")
    expect(viewer.key("store_table")).to_be_visible()
    received = viewer.received()
    assert b"store-berlin" in received
    assert b"store-stockholm" not in received
    # The role may not export.
    viewer.go("Events")
    assert viewer.page.locator("[data-testid=stDownloadButton]").count() == 0
    viewer.leave()


def test_without_the_proxy_nobody_is_let_in(behind: tuple[Program, Program]) -> None:
    proxy, dashboard = behind
    assert status(dashboard, "/") == 401
    assert status(dashboard, "/media/1.csv", **{"X-Gridrt-Email": "kim@chain.example"}) == 401
    # What a browser says itself is replaced by the proxy.
    assert status(proxy, "/", **{"X-Forwarded-Email": "boss@chain.example", "X-Gridrt-Email": "boss@x"}) == 200
