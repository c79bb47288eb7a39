"""Proxies in front of the dashboard: the nginx of docs/deployment.md, and such that lack what it has."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests import debian_packages
from tests.e2e import programs
from tests.e2e.conftest import Visit
from tests.e2e.programs import ROOT, Program

# What Debian's own nginx.conf has around the files of sites.
MAIN = """
daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {documented}
    server {{
        listen 127.0.0.1:{plain};
        location / {{ proxy_pass http://127.0.0.1:{replica}; }}
    }}
    server {{
        listen 127.0.0.1:{no_websocket};
        location / {{ proxy_pass http://gridrt; proxy_set_header Host $http_host; }}
    }}
}}
"""


def documented(port: int, replica: int) -> str:
    """Return the configuration of the document, without TLS and with one replica."""
    (text,) = re.findall(
        r"^```nginx\n(.*?)^```", (ROOT / "docs/deployment.md").read_text(encoding="utf-8"), re.M | re.S
    )
    text = re.sub(r"ssl_\w+ .*;", "", text).replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
    text = re.sub(r"server replica-2:\d+;", "", text)
    return re.sub(r"replica-1:\d+", f"127.0.0.1:{replica}", text)


@pytest.fixture(scope="module")
def proxies(on_emulator: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Program]]:
    """Return the documented proxy, one that passes nothing on, and one that passes the host on."""
    folder = tmp_path_factory.mktemp("nginx")
    ports: list[int] = []
    while len(ports) < 3:
        ports = list({*ports, programs.free_port()})
    configured = documented(ports[0], on_emulator.port)
    file = folder / "nginx.conf"
    text = MAIN.format(
        folder=folder, documented=configured, plain=ports[1], no_websocket=ports[2], replica=on_emulator.port
    )
    file.write_text(text, encoding="utf-8")
    command = [debian_packages.find("nginx"), "-c", str(file), "-e", str(folder / "error.log")]
    with subprocess.Popen(command) as nginx:
        try:
            deadline = time.monotonic() + programs.START_SECONDS
            while not all(map(answers, ports)):
                assert nginx.poll() is None, (folder / "error.log").read_text(encoding="utf-8")
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield [Program(nginx, f"http://127.0.0.1:{port}", Path(folder / "error.log")) for port in ports]
        finally:
            nginx.terminate()


def answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def test_the_documented_nginx_lets_all_through_and_a_page_without_its_websocket_says_why(
    proxies: list[Program], on_emulator: Program, browser: Browser, visit: Visit
) -> None:
    good, plain, no_websocket = proxies
    context = browser.new_context()
    try:
        pages = [context.new_page() for _ in range(2)]
        for page, proxy in zip(pages, (plain, no_websocket), strict=True):
            page.goto(f"{proxy.url}/events")
        # While these wait:
        viewer = visit(good, "/events")
        assert viewer.csv("export_events")[1]
        changed, blocked = (page.get_by_role("alert").filter(has_text="can't open a websocket") for page in pages)
        expect(changed).to_contain_text(f"names the host {urlsplit(on_emulator.url).netloc} to it")
        expect(changed).to_contain_text("must pass the Host header on")
        expect(blocked).to_contain_text("doesn't let websockets through")
        assert viewer.page.get_by_role("alert").filter(has_text="websocket").count() == 0
        viewer.assert_drawn()
        viewer.leave()
    finally:
        context.close()
