"""The log: each event is one line of JSON with its fields, or one line for people; nothing hostile gets out of it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.data import audit
from dashboard.server import log_format
from dashboard.server.log_format import EventsAndWarnings
from dashboard.ui import messages
from gridrt_client import RealtimeClient, Settings
from gridrt_client.errors import BadSettingError, GridError
from gridrt_client.queries import EventsQuery, LatestEventsQuery, SessionsQuery
from gridrt_client.safe_text import traceback_of
from gridrt_client.sharing._link import Link
from gridrt_client.snapshots.store import SnapshotStore
from tests.client.conftest import TOKEN
from tests.client.server import Reply, Server, reply
from tests.client.source import until

Lines = Callable[[], list[str]]
SESSION = b'[{"id":"1","tenantId":"t","sessionId":"s","dateCreated":"2026-11-23T12:00:00Z"}]'


@pytest.fixture
def written(request: pytest.FixtureRequest) -> Iterator[Lines]:
    """What our loggers have written since, in the format of the parameter, JSON without one."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(log_format.formatter(getattr(request, "param", "json")))
    handler.addFilter(EventsAndWarnings())
    loggers = [logging.getLogger(name) for name in ("dashboard", "gridrt_client")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    yield lambda: stream.getvalue().splitlines()
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


def said(written: Lines) -> dict[str, Any]:
    """Return the fields of the only line, besides its time and its logger."""
    (line,) = written()
    fields: dict[str, Any] = json.loads(line)
    assert datetime.fromisoformat(fields.pop("time")).tzinfo is not None
    assert fields.pop("logger").startswith(("dashboard.", "gridrt_client."))
    return fields


def fetch(answers: list[Reply], query: SessionsQuery | EventsQuery | LatestEventsQuery) -> None:
    with Server(answers) as server:
        settings = Settings(tenant_id="tenant", access_token=TOKEN, base_url=server.url, retries=1)
        with RealtimeClient(settings) as client:
            client.fetch(query)


def test_a_fetch_says_what_came_how_fast_and_after_how_many_tries(written: Lines) -> None:
    scope = {"spaceId": f"a\n\u202e{TOKEN}", "deviceId": "d"}
    fetch([reply(503), reply(body=SESSION)], SessionsQuery(**scope))
    fields = said(written)
    assert 0 < fields.pop("seconds") < 30
    assert fields.pop("message").startswith("Fetched sessions: 1 records, ")
    assert fields == {
        "event": "fetch",
        "level": "info",
        "tenant": "tenant",
        "endpoint": "sessions",
        "outcome": "ok",
        "scope": {"spaceId": "a •••", "deviceId": "d"},
        "records": 1,
        "bytes": len(SESSION),
        "tries": 2,
    }


@pytest.mark.parametrize(
    ("answer", "outcome", "tries", "size"),
    [
        (reply(503), "UnavailableError", 2, 0),
        (reply(401, b'{"message":"%s \\u001b[31m"}' % TOKEN.encode()), "UnauthorizedError", 1, 0),
        (reply(body=b"oops"), "NotJSONError", 1, 4),
    ],
)
def test_a_failed_fetch_says_its_class(written: Lines, answer: Reply, outcome: str, tries: int, size: int) -> None:
    with pytest.raises(GridError):
        fetch([answer], LatestEventsQuery(distinctColumns=("str1", "str2")))
    fields = said(written)
    assert (fields["event"], fields["level"], fields["endpoint"]) == ("fetch", "warning", "latest events")
    assert (fields["outcome"], fields["tries"], fields["records"], fields["bytes"]) == (outcome, tries, 0, size)
    assert fields["scope"] == {"distinctColumns": "str1,str2"}
    assert TOKEN not in "".join(written())


WHO = "ann\x1b[2J\n\u202e@example.com"
SHOWN = r'"ann\u001b[2J\n\u202e@example.com"'
END = datetime(2026, 11, 23, 12, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("note", "fields"),
    [
        (lambda: audit.signed_in(WHO, "one", 60), {"event": "sign_in", "outcome": "ok"}),
        (lambda: audit.refused(WHO, "b\x00"), {"event": "sign_in", "outcome": "no_role", "tenant": r'"b\u0000"'}),
        (lambda: audit.refused(WHO, ""), {"event": "sign_in", "outcome": "no_role", "tenant": ""}),
        (
            lambda: audit.sign_in_failed("refused", "x\ny"),
            {"event": "sign_in", "outcome": "refused", "who": "", "address": r'"x\ny"'},
        ),
        (
            lambda: audit.exported(WHO, "events", "csv", 7, "Events", personal_data=False),
            {
                "event": "export",
                "report": "events",
                "format": "csv",
                "rows": 7,
                "view": "Events",
                "personal_data": False,
            },
        ),
        (
            lambda: audit.unmasked(WHO, "Events", END),
            {"event": "unmasking", "view": "Events", "until": END.isoformat()},
        ),
    ],
    ids=["signed in", "no role", "no role at all", "refused", "export", "unmasking"],
)
def test_each_act_of_a_viewer_is_an_event(written: Lines, note: Callable[[], None], fields: dict[str, Any]) -> None:
    note()
    found = said(written)
    assert found.pop("level") == ("info" if fields.get("outcome", "ok") == "ok" else "warning")
    message = found.pop("message")
    assert message.isprintable()
    assert found == {"who": SHOWN, **fields}
    audit.VISITS.end("one")


def test_a_sign_in_is_said_once_and_who_signs_out_is_known(written: Lines) -> None:
    for _ in range(3):
        audit.signed_in("ann", "session-1", 60)
    audit.signed_in("bob", "session-2", 60)
    audit.signed_out("session-1")
    audit.signed_out("session-3")
    audit.signed_in("ann", "session-1", 60)
    audit.VISITS.end("session-1")
    audit.VISITS.end("session-2")
    found = [(fields["event"], fields["who"]) for fields in map(json.loads, written())]
    assert found == [
        *(("sign_in", "ann"), ("sign_in", "bob"), ("sign_out", "ann"), ("sign_out", "somebody"), ("sign_in", "ann")),
    ]


def test_who_cannot_sign_in_does_not_fill_the_log(written: Lines) -> None:
    for number in range(100):
        audit.sign_in_failed("refused", f"192.0.2.{number}")
        audit.sign_in_failed("refused", "192.0.2.0")
    assert 1 < len(written()) <= 20


def raised(error: Exception) -> Exception:
    try:
        raise error
    except type(error) as caught:
        return caught


@pytest.mark.parametrize("written", ["json", "text"], indirect=True)
def test_a_view_that_fails_has_its_traceback_and_no_data(written: Lines) -> None:
    messages.script_failed(raised(ValueError("anna@example.com\n2026-11-23 fake")))
    text = "\n".join(written())
    assert "Traceback (most recent call last):" in text
    assert "anna" not in text
    assert "fake" not in text
    if len(written()) == 1:
        fields = said(written)
        assert (fields["event"], fields["what"], fields["error"]) == ("fault", "view", "ValueError")
        assert fields["message"] == "A view failed"
        assert fields["traceback"].endswith("\nValueError")


def test_a_fetch_that_fails_by_a_mistake_of_ours_is_a_fault(written: Lines) -> None:
    store = SnapshotStore()

    def fail(_progress: object) -> Any:
        raise KeyError("-".join(("anna", "example")))

    store.ask("key", fail, 30)
    until(lambda: bool(written()))
    fields = said(written)
    assert (fields["event"], fields["what"], fields["error"]) == ("fault", "fetch", "KeyError")
    assert fields["message"] == "A fetch failed unexpectedly"
    assert "Traceback" in fields["traceback"]
    assert "anna-example" not in "".join(written())
    store.close()


def test_redis_gone_and_back_are_faults_without_its_password(written: Lines) -> None:
    link = Link("redis://:s3cr3t-w0rd@127.0.0.1:1/0")
    for _ in range(2):
        link.failed(raised(ConnectionError("redis://:s3cr3t-w0rd@")))
    link.worked()
    began, ended = map(json.loads, written())
    assert (began["event"], began["what"], began["state"], began["error"]) == (
        *("fault", "redis", "began", "ConnectionError"),
    )
    assert (ended["event"], ended["what"], ended["state"]) == ("fault", "redis", "ended")
    assert "s3cr3t" not in "".join(written())


def record(message: str, *, error: Exception | None = None, **extra: Any) -> logging.LogRecord:
    logger = logging.getLogger("dashboard.test")
    exception = (type(error), error, error.__traceback__) if error else None
    return logger.makeRecord(logger.name, logging.WARNING, __file__, 1, message, (), exception, extra=extra or None)


@given(message=st.text(), value=st.text(), name=st.text())
def test_any_text_stays_on_its_line(message: str, value: str, name: str) -> None:
    one = record(message, kind="export", who=value, scope={name: value})
    line = log_format.formatter("json").format(one)
    assert line.isascii()
    assert line.isprintable()
    fields = json.loads(line)
    assert (fields["message"], fields["who"], fields["scope"]) == (message, value, {name: value})
    assert (fields["event"], fields["level"], fields["logger"]) == ("export", "warning", "dashboard.test")
    text = log_format.formatter("text").format(one)
    assert text.isprintable()
    assert len(text.splitlines()) == 1
    assert not message.isprintable() or text.endswith(f" WARNING dashboard.test: {message}")


def test_exceptions_of_libraries_are_shown_without_their_text() -> None:
    error = raised(ValueError("anna@example.com"))
    line = log_format.formatter("json").format(record("It broke", error=error))
    assert json.loads(line)["traceback"] == traceback_of(error)
    lines = log_format.formatter("text").format(record("It broke", error=error)).splitlines()
    assert lines[0].endswith("dashboard.test: It broke")
    assert lines[1:] == traceback_of(error).splitlines()


def test_what_is_no_event_is_written_from_warnings_on(written: Lines) -> None:
    logging.getLogger("gridrt_client.decoding").info("Careful")
    logging.getLogger("gridrt_client.decoding").warning("Slow")
    assert said(written) == {"event": "note", "level": "warning", "message": "Slow"}


@pytest.mark.parametrize(
    ("value", "terminal", "form"),
    [
        (None, True, "text"),
        (None, False, "json"),
        (" ", False, "json"),
        ("TEXT", False, "text"),
        ("json", True, "json"),
    ],
)
def test_the_format_is_chosen(value: str | None, terminal: bool, form: str) -> None:
    env = {} if value is None else {"GRIDRT_LOG_FORMAT": value}
    assert log_format.from_env(env, is_terminal=terminal) == form


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(BadSettingError, match="GRIDRT_LOG_FORMAT must be one of json, text, not “xml”"):
        log_format.from_env({"GRIDRT_LOG_FORMAT": "xml"}, is_terminal=False)
