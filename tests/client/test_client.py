"""The client against a real server, and that the token is in no text."""

from __future__ import annotations

import copy
import gzip
import json
import logging
import pickle
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gridrt_client import GridError, RealtimeClient, Settings, errors
from gridrt_client.queries import SessionsQuery
from gridrt_client.schema import EVENT, LATEST_EVENT, SESSION
from tests.client.server import Exchange, Reply, Server, drip, hang, reply

TOKEN = "t0ken/that+nobody=may-see"
IDS = {"installationId": "i", "spaceId": "s", "deviceId": "d"}
IN_URL = "?installationId=i&spaceId=s&deviceId=d"


def client_of(server: Server, **changes: Any) -> RealtimeClient:
    options = {"retries": 0, "read_timeout": 0.5, "total_timeout": 1.0, **changes}
    return RealtimeClient(Settings(tenant_id="tenant", access_token=TOKEN, base_url=server.url, **options))


def test_every_method_asks_its_endpoint_and_answers_with_its_columns() -> None:
    body = json.dumps([{"captureId": "1", "str1": "a", "id": 5}, {"captureId": "2"}, 7]).encode()
    with Server([reply(body=gzip.compress(body), Content_Encoding="gzip")]) as server, client_of(server) as client:
        frames = [
            client.sessions(),
            client.sessions(**IDS),
            client.events(**IDS, eventType="PURCHASE", interactionType="interactive"),
            client.latest_events(["str1", "deviceId"], **IDS, eventType="X", interactionType="nonInteractive"),
            client.latest_events("str1,deviceId"),
            client.fetch(SessionsQuery(spaceId="s")).to_frame(),
        ]
    assert [exchange.target.removeprefix("/reports/v2/realtime/") for exchange in server.seen] == [
        "session/tenants/tenant",
        f"session/tenants/tenant{IN_URL}",
        f"event/tenants/tenant{IN_URL}&eventType=PURCHASE&interactionType=interactive",
        f"latest-event/tenants/tenant{IN_URL}&eventType=X&interactionType=nonInteractive&distinctColumns=str1,deviceId",
        "latest-event/tenants/tenant?distinctColumns=str1,deviceId",
        "session/tenants/tenant?spaceId=s",
    ]
    schemas = [SESSION, SESSION, EVENT, LATEST_EVENT, LATEST_EVENT, SESSION]
    for frame, schema in zip(frames, schemas, strict=True):
        assert dict(frame.dtypes.astype(str)) == schema.dtypes
        assert frame["captureId"].tolist() == ["1", "2"]
        assert frame.attrs["report"].dropped == {"not an object": 1}
        assert frame.attrs["answered_at"].endswith("+00:00")


def test_an_empty_answer_has_every_column() -> None:
    with Server([reply()]) as server, client_of(server) as client:
        assert dict(client.events().dtypes.astype(str)) == EVENT.dtypes
        assert len(client.sessions()) == 0


def test_distinct_columns_can_be_repeated_instead() -> None:
    with Server([reply()]) as server, client_of(server, distinct_columns_style="repeated") as client:
        client.latest_events(("str1", "str2"))
    assert server.seen[0].target.endswith("?distinctColumns=str1&distinctColumns=str2")


def test_a_bad_query_makes_no_request() -> None:
    with Server([reply()]) as server, client_of(server) as client:
        for call in (
            lambda: client.sessions(spaceId=""),
            lambda: client.events(interactionType="every"),
            lambda: client.latest_events([]),
            lambda: client.latest_events(["eventType"]),
        ):
            with pytest.raises(errors.InvalidQueryError):
                call()
    assert server.seen == []


def test_a_client_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDRT_TENANT_ID", "from-env")
    monkeypatch.setenv("GRIDRT_ACCESS_TOKEN", TOKEN)
    with Server([reply()]) as server, RealtimeClient.from_env(base_url=server.url) as client:
        client.sessions()
    assert server.seen[0].target.endswith("/session/tenants/from-env")
    assert server.seen[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert repr(client) == f"RealtimeClient(base_url='{server.url}', tenant_id='from-env')"


def test_nothing_imports_streamlit_but_the_connection() -> None:
    code = (
        "import sys, pkgutil, importlib, gridrt_client\n"
        "for found in pkgutil.walk_packages(gridrt_client.__path__, 'gridrt_client.'):\n"
        "    if found.name != 'gridrt_client.connection':\n"
        "        importlib.import_module(found.name)\n"
        "print('streamlit' in sys.modules, 'gridrt_client.transport' in sys.modules)\n"
    )
    root = Path(__file__).parent.parent.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


ECHO = json.dumps({"message": f"bad token Bearer {TOKEN}", "error": TOKEN}).encode()


def echo_of_headers(exchange: Exchange) -> None:
    """What a debugging server does: everything that came, back to the client, everywhere."""
    told = " ".join(f"{name}: {value}" for name, value in exchange.headers.items())
    reply(400, json.dumps({"message": told}).encode(), reason=TOKEN, X_Echo=TOKEN)(exchange)


FAULTS: dict[str, Reply] = {
    **{str(status): reply(status, ECHO, reason=TOKEN) for status in (400, 401, 403, 404, 418, 429, 500, 503)},
    "echo": echo_of_headers,
    "object": reply(200, ECHO),
    "escaped": reply(200, ECHO.replace(b"/", b"\\/")),
    "text": reply(200, b"You sent " + TOKEN.encode() * 20),
    "html": reply(200, f"<html>{TOKEN}".encode()),
    "cut": reply(200, f'[{{"{TOKEN}": "'.encode()),
    "redirect": reply(302, Location=f"https://{TOKEN.replace('/', '-')}.example.com/{TOKEN}"),
    "large": reply(200, length=10**12),
    "short": reply(200, length=1000),
    "damaged": reply(200, TOKEN.encode(), Content_Encoding="gzip"),
    "bad retry-after": reply(429, Retry_After=TOKEN),
    "no http": lambda exchange: exchange.send(TOKEN.encode() + b"\r\n\r\n"),
    "bad header": lambda exchange: exchange.send(b"HTTP/1.1 200 OK\r\n" + TOKEN.encode() + b"\r\n\r\n"),
    "bad chunk": lambda exchange: exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"),
    "reset": Exchange.reset,
    "hang": hang,
    "drip": drip(b"HTTP/1.1 200 OK\r\n\r\n"),
}


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


@pytest.mark.parametrize("fault", FAULTS)
def test_the_token_appears_nowhere_whatever_goes_wrong(fault: str, log: pytest.LogCaptureFixture) -> None:
    with Server([FAULTS[fault]]) as server, client_of(server, retries=int(fault == "503")) as client:
        try:
            client.events(eventType="X")
        except GridError as caught:
            error = caught
        else:
            pytest.fail("no error")
        shown = [str(error), repr(error), repr(error.args), repr(vars(error)), repr(client), repr(client.settings)]
    shown += [repr(copy.copy(error)), str(pickle.loads(pickle.dumps(error)))]  # noqa: S301
    shown += traceback.format_exception(error)
    # What error reporters write down: the local variables of every frame.
    trace = error.__traceback__
    assert trace is not None
    ours = traceback.TracebackException(type(error), error, trace.tb_next, capture_locals=True)
    shown += ours.format()
    shown += [log.text, *(repr(vars(record)) for record in log.records)]
    assert error.__cause__ is None
    assert error.__context__ is None
    assert [text for text in shown if TOKEN in text] == []
    assert [text for text in shown if TOKEN[:12] in text and fault != "redirect"] == []
    assert str(error).isprintable()
    assert len(str(error)) < 500
    assert pickle.loads(pickle.dumps(error)).__dict__ == error.__dict__  # noqa: S301


def test_a_good_call_logs_what_it_did_and_no_token(log: pytest.LogCaptureFixture) -> None:
    with Server([reply(body=b'[{"captureId": "1"}]')]) as server, client_of(server) as client:
        client.events()
    assert "Fetched events: 1 records" in log.text
    assert TOKEN not in log.text


@pytest.mark.parametrize(
    "kind", [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, GridError)]
)
def test_every_error_says_what_to_do(kind: type[GridError]) -> None:
    error = kind("Something happened", status=1, retry_after=2.0)
    assert str(error).startswith("Something happened. ")
    assert str(error).endswith(error.advice)
    assert error.advice.endswith(".")
    assert str(kind("What?", advice="Do this!")) == "What? Do this!"
    assert kind.__name__ in (errors.__doc__ or "")
    again = error.copy("happened")
    assert (type(again), again.message, again.status, again.retry_after) == (kind, "Something •••", 1, 2.0)
