"""Allowed hosts: this machine, names that are set, and the address at which the connection arrived."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from dashboard.server.allowed_hosts import AllowedHosts, from_env, parse
from gridrt_client.errors import BadSettingError
from tests import asynchronous

ALLOWED = parse("dash.example.com:8443, *.Shops.Example.com., [2001:db8::5]:1, 10.0.0.7")
Pairs = list[tuple[bytes, bytes]]


def asked(
    headers: Pairs, *, kind: str = "http", server: tuple[str, int] | None = ("127.0.0.1", 8501), **options: Any
) -> tuple[int, str]:
    """Return the status and the text of the response; 200 when the request was let through."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        sent.append({"status": 200})

    async def receive() -> dict[str, str]:
        return {"type": f"{kind}.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    middleware = options.pop("middleware", None) or AllowedHosts(app, **{"allowed": ALLOWED, **options})
    scope = {"type": kind, "method": "GET", "path": "/", "headers": headers, "server": server}
    asynchronous.run(middleware(scope, receive, send))
    if sent[0].get("type") == "websocket.close":
        return 403, ""
    return sent[0]["status"], sent[1]["body"].decode() if len(sent) > 1 else ""


def host(name: str, **options: Any) -> int:
    return asked([(b"host", name.encode("latin-1"))], **options)[0]


@pytest.mark.parametrize(
    "name",
    [
        *("localhost", "LOCALHOST:8501", "localhost.", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:8501"),
        *("[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]:8501"),
        *("dash.example.com", "Dash.Example.COM.:443", "dash.example.com:1"),
        *("a.shops.example.com", "a.b.shops.example.com:8501", "10.0.0.7", "[2001:DB8:0::5]:8501"),
    ],
)
def test_allowed(name: str) -> None:
    assert host(name) == 200


@pytest.mark.parametrize(
    "name",
    [
        *("evil.test", "evil.test:8501", "localhost.evil.test", "127.0.0.1.evil.test", "evil.localhost", "xlocalhost"),
        *("shops.example.com", "evilshops.example.com", "example.com", "dash.example.com.evil.test", "10.0.0.70"),
        *(
            "dash-example.com",
            "127.0.0.2",
            "2130706433",
            "127.1",
            "0x7f000001",
            "0.0.0.0",  # noqa: S104
            "[::]",
            "[::2]",
            "192.168.1.5",
        ),
    ],
)
def test_another_name_is_refused(name: str) -> None:
    status, body = asked([(b"host", name.encode())])
    assert status == 421
    assert f"does not answer to the name “{name}”" in body
    assert "GRIDRT_ALLOWED_HOSTS" in body


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            " ",
            "localhost@evil.test",
            "evil.test@localhost",
            "evil.test#localhost",
            "localhost#",
            "localhost/",
            "/",
        ),
        *("localhost?x", "localhost:", "localhost:99999", "localhost:-1", "localhost:80:80", "localhost, localhost"),
        *("localhost localhost", "local host", "localhost\\evil.test", "[::1", "::1", "[localhost]", "[127.0.0.1]"),
        *("[fe80::1%eth0]", "localhost..", ".localhost", "localhost\x00", "l\xf6calhost", "-localhost", "x" * 300),
        *("http://localhost", "%6cocalhost", "<script>", "localhost\tevil.test", "a" * 64, "[v1.x]"),
    ],
)
def test_what_is_no_name_of_a_host_is_refused(name: str) -> None:
    status, body = asked([(b"host", name.encode("latin-1"))])
    assert status == 400
    assert len(body) < 200
    assert "<" not in body
    assert body.isascii()


def test_a_request_has_one_host() -> None:
    assert asked([])[0] == 400
    one, other = (b"host", b"localhost"), (b"host", b"evil.test")
    for headers in ([one, one], [one, other], [other, one]):
        assert asked(headers)[0] == 400
        assert asked([*headers, (b"origin", b"http://localhost")], kind="websocket")[0] == 403


def test_what_others_say_about_the_host_does_not_count() -> None:
    more = [(b"x-forwarded-host", b"localhost"), (b"forwarded", b"host=localhost"), (b"x-host", b"localhost")]
    assert asked([(b"host", b"evil.test"), *more])[0] == 421


@pytest.mark.parametrize(
    ("server", "name", "status"),
    [
        (("192.168.1.5", 8501), "192.168.1.5:8501", 200),
        (("192.168.1.5", 8501), "192.168.1.6", 421),
        (("::ffff:192.168.1.5", 8501), "192.168.1.5", 200),
        (("2001:db8::1", 8501), "[2001:DB8:0:0::1]:8501", 200),
        (("fe80::1%eth0", 8501), "[fe80::1]", 200),
        (("server.lan", 8501), "server.lan", 421),
        (None, "192.168.1.5", 421),
    ],
)
def test_an_address_is_allowed_where_the_connection_arrived_at_it(
    server: tuple[str, int] | None, name: str, status: int
) -> None:
    assert host(name, server=server) == status


@pytest.mark.parametrize(
    ("address", "name", "status"),
    [
        ("Server.Lan", "server.lan:8501", 200),
        ("192.168.1.5", "192.168.1.5", 200),
        ("0.0.0.0", "0.0.0.0", 421),  # noqa: S104
        ("::", "[::]", 421),
        ("", "evil.test", 421),
        (None, "evil.test", 421),
    ],
)
def test_what_the_server_listens_on_is_allowed(address: str | None, name: str, status: int) -> None:
    assert host(name, address=lambda: address) == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:8501", 200),
        ("https://dash.example.com", 200),
        ("HTTP://LOCALHOST", 200),
        ("http://[::1]:8501", 200),
        ("http://evil.test", 403),
        ("http://localhost.evil.test", 403),
        ("http://localhost@evil.test", 403),
        ("http://evil.test#localhost", 403),
        ("http://evil.test\\@localhost", 403),
        ("http://localhost/", 403),
        ("file://localhost", 403),
        ("chrome-extension://localhost", 403),
        ("localhost", 403),
        ("null", 403),
        ("", 403),
        ("http://localhost http://localhost", 403),
    ],
)
def test_a_websocket_needs_a_page_of_an_allowed_host(origin: str, status: int) -> None:
    headers = [(b"host", b"localhost:8501"), (b"origin", origin.encode())]
    assert asked(headers, kind="websocket")[0] == status
    assert asked([(b"host", b"evil.test"), *headers[1:]], kind="websocket")[0] == 403
    assert asked([*headers, headers[1]], kind="websocket")[0] == 403


@pytest.mark.parametrize(
    ("origin", "named", "status"),
    [
        ("https://dash.example.org", "127.0.0.1:8501", 403),
        ("https://dash.example.com", "127.0.0.1:8501", 200),  # Streamlit refuses it
        ("https://dash.example.com", "dash.example.com:443", 200),
    ],
)
def test_a_proxy_that_changes_the_host_is_named_in_the_log(
    origin: str, named: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    assert asked([(b"host", named.encode()), (b"origin", origin.encode())], kind="websocket")[0] == status
    (line,) = caplog.messages
    assert f"a page of “{origin[8:]}” names the host “{named}”: the proxy" in line
    assert "must pass the Host header on" in line


def test_a_page_of_the_same_host_is_no_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    for origin, named in (("https://dash.example.com", "Dash.example.com"), ("http://localhost:1", "127.0.0.1:8501")):
        assert asked([(b"host", named.encode()), (b"origin", origin.encode())], kind="websocket")[0] == 200
    assert caplog.messages == []


def test_a_websocket_without_a_page_is_refused() -> None:
    assert asked([(b"host", b"localhost")], kind="websocket")[0] == 403


def test_the_log_has_a_line_for_each_host_now_and_then(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    middleware = AllowedHosts(lambda *_: None, clock=lambda: now)  # type: ignore[arg-type,return-value]
    for _ in range(50):
        asked([(b"host", b"evil.test\r\nx")], middleware=middleware)
    assert len(caplog.records) == 1
    assert caplog.records[0].levelno == logging.WARNING
    assert "“evil.test??x”" in caplog.text
    for number in range(1000):
        asked([(b"host", b"evil%d.test" % number)], middleware=middleware)
    assert len(caplog.records) == 20
    now = 600.0
    asked([(b"host", b"evil.test\r\nx")], middleware=middleware)
    assert len(caplog.records) == 21


@pytest.mark.parametrize(
    "text",
    [
        *("*", "*.com", "**.example.com", "a.*.com", "https://dash.example.com", "dash.example.com/x", "user@host"),
        *("a b", "*.10.0.0.1", "-x", "x" * 64, "[::1", "a:99999", "evil\x00", "localhost,https://x", "é" * 70),
    ],
)
def test_a_bad_value_names_the_variable(text: str) -> None:
    with pytest.raises(BadSettingError, match=r"^GRIDRT_ALLOWED_HOSTS must be names of hosts such as dash") as caught:
        from_env({"GRIDRT_ALLOWED_HOSTS": text})
    assert str(caught.value).isprintable()


def test_what_may_be_set() -> None:
    assert from_env({}) == from_env({"GRIDRT_ALLOWED_HOSTS": " , "}) == ()
    assert parse("a, B.:80,*.C.example ,::1,[::1]:5,bücher.example") == (
        "a",
        "b",
        "*.c.example",
        "::1",
        "::1",
        "xn--bcher-kva.example",
    )
