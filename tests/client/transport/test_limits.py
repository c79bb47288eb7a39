"""Limits of the transport: slowness, size, redirects, foreign certificates and credentials."""

from __future__ import annotations

import gzip
import json
import socket
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gridrt_client import errors
from gridrt_client.settings import Settings
from gridrt_client.transport.transport import Transport
from tests.client.conftest import PATH, TOKEN, Get
from tests.client.server import CERTIFICATE, Exchange, Server, drip, hang, reply

HEAD = b"HTTP/1.1 200 OK\r\n"


def test_a_server_that_hangs_times_out_and_is_not_asked_again(get: Get) -> None:
    with Server([hang]) as server, pytest.raises(errors.GridTimeoutError, match=r"sent nothing for 0\.2 s") as caught:
        get(server, retries=3, read_timeout=0.2)
    assert len(server.seen) == 1
    assert isinstance(caught.value, TimeoutError)


def test_a_body_that_stops_times_out(get: Get) -> None:
    def half(exchange: Exchange) -> None:
        exchange.send(HEAD + b"Content-Length: 100\r\n\r\n[1, 2")
        hang(exchange)

    with Server([half]) as server, pytest.raises(errors.GridTimeoutError, match="sent nothing"):
        get(server, read_timeout=0.2)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        HEAD + b"Content-Length: 100000\r\n\r\n[",
        HEAD + b"Connection: close\r\n\r\n[",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n[1,2,\r\n1",
    ],
    ids=["status line", "header", "body", "body until the end", "chunk size"],
)
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_a_server_that_drips_is_left_when_the_total_time_is_up(
    get: Get, head: bytes, tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    with Server([drip(head)], tls=tls) as server:
        started = time.monotonic()
        with pytest.raises(errors.GridTimeoutError, match=r"longer than 0\.4 s in all"):
            get(server, total_timeout=0.4, retries=3)
        assert time.monotonic() - started < 1.5


def test_a_port_where_nobody_listens(get: Get) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(errors.UnavailableError, match=r"can't be reached \(Connection refused\) \(tried 2 times\)"):
        get(f"http://127.0.0.1:{port}/reports", retries=1)


def test_a_name_that_does_not_exist(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    with pytest.raises(errors.GridError, match=r"nowhere\.invalid"):
        get("https://nowhere.invalid/reports", connect_timeout=2.0, total_timeout=5.0)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(get: Get, status: int) -> None:
    with Server([reply()]) as elsewhere:
        location = f"http://user:secret@127.0.0.1:{elsewhere.port}/login?code=secret"
        server = Server([reply(status, Location=location)])
        with server, pytest.raises(errors.RedirectedError, match=r"sent us on to 127\.0\.0\.1, which") as caught:
            get(server, retries=3)
    assert "secret" not in str(caught.value)
    assert (len(server.seen), len(elsewhere.seen)) == (1, 0)


@pytest.mark.parametrize("location", ["http://[", "//", "?" + TOKEN, "\x01\x02", "mailto:a@b"])
def test_a_redirect_to_nonsense(get: Get, location: str) -> None:
    with Server([reply(302, Location=location)]) as server, pytest.raises(errors.RedirectedError) as caught:
        get(server)
    assert TOKEN not in str(caught.value)


def test_a_redirect_with_an_endless_body_is_not_read(get: Get) -> None:
    with Server([drip(b"HTTP/1.1 302 Found\r\nLocation: https://example.com/\r\n\r\n")]) as server:
        started = time.monotonic()
        with pytest.raises(errors.RedirectedError, match=r"example\.com"):
            get(server)
        assert time.monotonic() - started < 2


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_of_exactly_the_limit_is_taken_and_one_byte_more_is_not(get: Get, packed: bool) -> None:
    body = b"[" + b" " * 99_998 + b"]"
    answer = reply(body=gzip.compress(body), Content_Encoding="gzip") if packed else reply(body=body)
    with Server([answer]) as server:
        assert get(server, max_bytes=100_000) == body
        with pytest.raises(errors.TooLargeError, match=r"larger than 97\.7 KiB") as caught:
            get(server, max_bytes=99_999, retries=3)
    assert len(server.seen) == 2
    assert "GRIDRT_MAX_BYTES" in str(caught.value)


@pytest.mark.parametrize("length", [10**9, 10**30])
def test_a_length_beyond_the_limit_is_refused_before_the_body_is_read(get: Get, length: int) -> None:
    with Server([reply(length=length)]) as server, pytest.raises(errors.TooLargeError):
        get(server, max_bytes=1000)


def test_an_endless_body_ends_at_the_limit(get: Get) -> None:
    def endless(exchange: Exchange) -> None:
        exchange.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        while True:
            exchange.send(b"2710\r\n" + b" " * 10_000 + b"\r\n")

    with Server([endless]) as server, pytest.raises(errors.TooLargeError):
        get(server, max_bytes=1_000_000)


@pytest.mark.parametrize("layers", [1, 2])
def test_a_bomb_is_not_unpacked_beyond_the_limit(get: Get, layers: int) -> None:
    bomb = b"[" + b" " * 60_000_000
    for _ in range(layers):
        bomb = gzip.compress(bomb, compresslevel=1 if len(bomb) > 10_000_000 else 9)
    encoding = ", ".join(["gzip"] * layers)
    with Server([reply(body=bomb, Content_Encoding=encoding)]) as server:
        tracemalloc.start()
        with pytest.raises(errors.TooLargeError):
            get(server, max_bytes=2_000_000)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 20_000_000


def test_a_packed_answer_is_unpacked(get: Get) -> None:
    body = json.dumps([{"captureId": str(n)} for n in range(1000)]).encode()
    with Server([reply(body=gzip.compress(body), Content_Encoding="gzip")]) as server:
        assert get(server) == body


def test_a_damaged_packed_answer_says_so(get: Get) -> None:
    damaged = reply(body=b"not gzip at all", Content_Encoding="gzip")
    with Server([damaged]) as server, pytest.raises(errors.NotJSONError, match="damaged"):
        get(server)


def test_cookies_are_not_kept(get: Get) -> None:
    with Server([reply(503, Set_Cookie="sid=1; Path=/"), reply()]) as server:
        get(server, retries=1)
    assert "Cookie" not in server.seen[1].headers


def test_a_netrc_does_not_replace_the_token(get: Get, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\ndefault login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with Server([reply()]) as server:
        get(server)
    assert server.seen[0].headers["Authorization"] == f"Bearer {TOKEN}"


def test_a_proxy_of_the_environment_is_used_but_not_for_this_machine(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy", "http_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Server([reply(body=b"[1]")]) as proxy, Server([reply(body=b"[2]")]) as server:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        assert get("http://grid.internal/reports") == b"[1]"
        assert get(server) == b"[2]"
    assert proxy.seen[0].target == f"http://grid.internal/reports{PATH}/tenant"
    assert proxy.seen[0].headers["Authorization"] == f"Bearer {TOKEN}"


def test_a_proxy_that_refuses_is_named_as_such(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Server([reply(407)]) as proxy:
        monkeypatch.setenv("https_proxy", f"http://me:{'pass'}word@127.0.0.1:{proxy.port}")
        with pytest.raises(errors.UnavailableError, match=r"The proxy on the way to grid\.example\.com") as caught:
            get("https://grid.example.com/reports")
    assert "password" not in str(caught.value)
    assert "Authorization" not in proxy.seen[0].headers


def test_a_certificate_that_nobody_trusts_is_refused(get: Get) -> None:
    with Server([reply()], tls=True) as server, pytest.raises(errors.TLSError, match="can't be trusted") as caught:
        get(server, retries=3)
    assert server.seen == []
    assert "REQUESTS_CA_BUNDLE" in str(caught.value)


def test_a_certificate_that_is_named_is_trusted(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    with Server([reply(body=b"[3]")], tls=True) as server:
        assert get(server) == b"[3]"


def test_no_encryption_where_it_is_expected(get: Get) -> None:
    with Server([reply()]) as server, pytest.raises(errors.TLSError, match="No encrypted connection"):
        get(server.url.replace("http:", "https:"))


def test_several_threads_share_a_transport() -> None:
    with Server([reply(body=b"[1]")]) as server:
        transport = Transport(Settings(tenant_id="t", access_token=TOKEN, base_url=server.url))
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda _: transport.get(PATH).body.read(), range(40))) == [b"[1]"] * 40
        transport.close()
