"""The transport against a real server that fails in every expected way."""

from __future__ import annotations

import json
import time
from email.utils import formatdate

import pytest

from gridrt_client import errors
from gridrt_client.settings import Settings
from gridrt_client.transport.transport import LONGEST_WAIT, USER_AGENT, Transport
from tests.client.conftest import PATH, TOKEN, Get
from tests.client.server import Exchange, Reply, Server, drip, reply

HEAD = b"HTTP/1.1 200 OK\r\n"


def test_a_call_is_what_the_contract_says(get: Get) -> None:
    with Server([reply(body=b'[{"captureId": "1"}]')]) as server:
        params = (("spaceId", "Malmö a+b&c"), ("eventType", "A,B"), ("distinctColumns", "str1,deviceId"))
        assert get(server, params=params, tenant_id="ten/ant %") == b'[{"captureId": "1"}]'
    (seen,) = server.seen
    assert seen.line == (
        "GET /reports/v2/realtime/event/tenants/ten%2Fant%20%25"
        "?spaceId=Malm%C3%B6%20a%2Bb%26c&eventType=A%2CB&distinctColumns=str1,deviceId HTTP/1.1"
    )
    assert seen.headers["Authorization"] == f"Bearer {TOKEN}"
    assert seen.headers["User-Agent"] == USER_AGENT
    assert USER_AGENT.startswith("gridrt-client/")
    assert seen.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("path", ["/reports", "/reports/", "/reports//", ""])
def test_a_slash_at_the_end_of_the_address_does_not_matter(get: Get, path: str) -> None:
    with Server([reply()]) as server:
        get(f"http://127.0.0.1:{server.port}{path}")
    assert server.seen[0].target == f"{'/reports' if path else ''}{PATH}/tenant"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.BadQueryError),
        (401, errors.UnauthorizedError),
        (403, errors.ForbiddenError),
        (404, errors.UnknownTenantError),
        (405, errors.UnavailableError),
        (418, errors.UnavailableError),
        (422, errors.BadQueryError),
        (429, errors.RateLimitedError),
        (500, errors.UnavailableError),
        (501, errors.UnavailableError),
        (502, errors.UnavailableError),
        (503, errors.UnavailableError),
        (504, errors.UnavailableError),
        (520, errors.UnavailableError),
        (410, errors.UnavailableError),
    ],
)
def test_each_status_has_its_error_and_only_passing_ones_are_asked_again(
    get: Get, status: int, kind: type[errors.GridError]
) -> None:
    body = json.dumps({"message": f"Why\n it\u0007 failed {TOKEN}" + "x" * 500}).encode()
    with Server([reply(status, body)]) as server, pytest.raises(kind) as caught:
        get(server, retries=2)
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert len(server.seen) == (3 if status in (429, 502, 503, 504) else 1)
    said = str(caught.value)
    assert str(status) in said
    assert said.endswith(caught.value.advice)
    assert "Why it failed •••xxx" in said
    assert "xxx…”" in said
    assert len(caught.value.message) < 350
    assert said.isprintable()
    assert ("(tried 3 times)" in said) == (len(server.seen) == 3)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>sorry</html>", b'{"message": 5}', b"[" * 100_000, b'"\xff"', b'{"error": {"code": 7}}', b"[]"],
)
def test_an_error_without_a_message_has_the_status_alone(get: Get, body: bytes) -> None:
    with Server([reply(403, body)]) as server, pytest.raises(errors.ForbiddenError) as caught:
        get(server)
    assert caught.value.message == "The access token may not read this tenant's data (403 Forbidden)"


@pytest.mark.parametrize(
    "body",
    [
        b'{"message": "no such space"}',
        b'{"error": "no such space"}',
        b'{"error": {"message": "no such space"}}',
        b'{"errors": [{"detail": "no such space"}]}',
        b'{"title": "no such space", "status": 400}',
        b'"no such space"',
    ],
)
def test_the_message_of_the_api_is_passed_on(get: Get, body: bytes) -> None:
    with Server([reply(400, body)]) as server, pytest.raises(errors.BadQueryError, match="“no such space”"):
        get(server)


def test_a_body_of_an_error_that_breaks_off_or_never_ends_does_not_matter(get: Get) -> None:
    endless = b"HTTP/1.1 401 No\r\n\r\n" + b" " * (1 << 20)
    for answer in (reply(401, b"{", length=10), drip(endless)):
        with Server([answer]) as server, pytest.raises(errors.UnauthorizedError):
            get(server, read_timeout=0.5)


@pytest.mark.parametrize("passing", [reply(503), reply(429), reply(502), reply(504), Exchange.reset])
def test_what_passes_is_overcome(get: Get, passing: Reply) -> None:
    with Server([passing, passing, reply(body=b"[1]")]) as server:
        assert get(server, retries=2) == b"[1]"
    assert len(server.seen) == 3


@pytest.mark.parametrize(
    "broken",
    [
        reply(body=b'[{"captureId"', length=1000),
        lambda exchange: (exchange.send(HEAD + b"Content-Length: 9\r\n\r\n[1"), exchange.reset())[1],
        lambda exchange: (exchange.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n[1,2,\r\n"), exchange.reset())[
            1
        ],
        lambda exchange: exchange.send(HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n"),
        lambda exchange: exchange.send(b"SSH-2.0-OpenSSH\r\n"),
    ],
    ids=["short", "reset", "chunk lost", "bad chunk", "not HTTP"],
)
def test_an_answer_that_breaks_off_is_asked_for_again_and_never_taken_for_whole(get: Get, broken: Reply) -> None:
    def once(exchange: Exchange) -> None:
        broken(exchange)
        exchange.close()

    with Server([once, reply(body=b"[1, 2]")]) as server:
        assert get(server, retries=1) == b"[1, 2]"
    with Server([once]) as server, pytest.raises(errors.UnavailableError, match=r"broke off.*tried 2 times"):
        get(server, retries=1)
    assert len(server.seen) == 2


def test_a_kept_connection_that_the_server_closed_is_no_failure() -> None:
    def answer_and_leave(exchange: Exchange) -> None:
        reply()(exchange)
        exchange.close()

    with Server([answer_and_leave]) as server:
        settings = Settings(tenant_id="t", access_token=TOKEN, base_url=server.url, retries=1)
        transport = Transport(settings, backoff=0.01)
        assert [transport.get(PATH).body.read() for _ in range(3)] == [b"[]"] * 3
        transport.close()
        assert transport.get(PATH).body.read() == b"[]"
        transport.close()


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_waited_for(get: Get, form: str) -> None:
    header = "1" if form == "seconds" else formatdate(time.time() + 2, usegmt=True)
    with Server([reply(429, Retry_After=header), reply()]) as server:
        started = time.monotonic()
        get(server, retries=1)
        assert 0.9 <= time.monotonic() - started < 3


@pytest.mark.parametrize("status", [429, 503])
def test_an_api_that_wants_long_peace_gets_it(get: Get, status: int) -> None:
    impatient = reply(status, Retry_After=str(int(LONGEST_WAIT) + 1))
    with Server([impatient]) as server, pytest.raises(errors.GridError) as caught:
        get(server, retries=5)
    assert caught.value.retry_after == LONGEST_WAIT + 1
    assert len(server.seen) == 1


@pytest.mark.parametrize("header", ["soon", "", "-5", "9" * 5000, "Mon, 99 Foo 2026 99:99:99 GMT"])
def test_a_retry_after_that_cannot_be_read_is_like_none(get: Get, header: str) -> None:
    with Server([reply(429, Retry_After=header), reply()]) as server:
        assert get(server, retries=1) == b"[]"


def test_a_wait_that_the_total_time_does_not_allow_is_not_begun(get: Get) -> None:
    started = time.monotonic()
    with Server([reply(429, Retry_After="5")]) as server, pytest.raises(errors.RateLimitedError) as caught:
        get(server, retries=5, total_timeout=2.0)
    assert caught.value.retry_after == 5
    assert time.monotonic() - started < 1.5
