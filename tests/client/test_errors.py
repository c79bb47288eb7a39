"""Errors: endpoint, reason and advice, also in copies and pickles."""

from __future__ import annotations

import copy
import logging
import pickle
import re
from datetime import UTC, datetime

import pytest

from gridrt_client import RealtimeClient, Settings, errors
from gridrt_client.errors import GridError
from gridrt_client.queries import EventsQuery, LatestEventsQuery, Query, SessionsQuery
from tests.client.conftest import TOKEN
from tests.client.server import Reply, Server, reply

QUERIES = {
    "sessions": SessionsQuery(),
    "events": EventsQuery(),
    "latest events": LatestEventsQuery(distinctColumns=("str1",)),
}


def kinds(kind: type[GridError] = GridError) -> list[type[GridError]]:
    return [kind, *(one for below in kind.__subclasses__() for one in kinds(below))]


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_everything_is_kept(kind: type[GridError]) -> None:
    made = kind(
        "It broke",
        advice="Mend it",
        status=503,
        retry_after=2.5,
        next_try=datetime(2026, 11, 23, tzinfo=UTC),
        endpoint="latest events",
        tries=3,
    )
    for other in (made, made.copy(), copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):  # noqa: S301
        assert type(other) is kind
        assert str(other) == "The request for latest events failed. It broke. Mend it."
        assert vars(other) == vars(made)
    assert made.copy("latest").endpoint == "latest events"
    plain = kind("It broke")
    assert (plain.endpoint, plain.tries) == (None, 0)
    assert str(plain).startswith("It broke. ")


def failed(answer: Reply, query: Query, **changes: object) -> GridError:
    with Server([answer]) as server:
        options: dict[str, object] = {
            "tenant_id": "tenant",
            "access_token": TOKEN,
            "base_url": server.url,
            "retries": 0,
        }
        with RealtimeClient(Settings(**{**options, **changes})) as client, pytest.raises(GridError) as caught:  # type: ignore[arg-type]
            client.fetch(query)
    return caught.value


@pytest.mark.parametrize("words", QUERIES)
@pytest.mark.parametrize(
    "answer", [reply(503), reply(401), reply(body=b"oops"), reply(body=b"{}")], ids=["503", "401", "text", "object"]
)
def test_an_error_names_what_was_asked_for(words: str, answer: Reply) -> None:
    error = failed(answer, QUERIES[words])
    assert error.endpoint == words
    assert error.tries == 1
    assert str(error).startswith(f"The request for {words} failed. The ")
    assert error.__context__ is None


@pytest.mark.parametrize(
    ("answer", "retries", "said"),
    [
        (reply(503), 1, r"2 tries: The API has a problem \(503 Service Unavailable\) \(tried 2 times\)"),
        (reply(401, b'{"message":"%s"}' % TOKEN.encode()), 3, r"1 try: The API does not accept the access token \(401"),
        (reply(body=b'[{"ip":"198.51.100.7"}'), 3, r"1 try: The answer breaks off"),
        (reply(body=b'[{"ip":"198.51.100.7",}]'), 3, r"1 try: The answer is no JSON"),
        (reply(302, Location="/x"), 3, r"1 try: The API sent us on"),
    ],
)
def test_a_failed_fetch_is_one_warning_in_the_log(
    caplog: pytest.LogCaptureFixture, answer: Reply, retries: int, said: str
) -> None:
    with caplog.at_level(logging.INFO, "gridrt_client"):
        failed(answer, EventsQuery(), retries=retries)
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert re.match(rf"The request for events failed after \d\.\d s and {said}", line)
    assert TOKEN not in caplog.text
    assert "198" not in caplog.text
    assert [record.exc_info for record in caplog.records] == [None] * len(caplog.records)


def test_a_good_fetch_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    with Server([reply(503), reply()]) as server:
        options = {"tenant_id": "tenant", "access_token": TOKEN, "base_url": server.url, "retries": 1}
        with caplog.at_level(logging.INFO, "gridrt_client"), RealtimeClient(Settings(**options)) as client:  # type: ignore[arg-type]
            client.events()
    assert [record.levelname for record in caplog.records] == ["INFO", "INFO"]


def test_an_answer_that_broke_off_was_one_and_a_connection_that_could_not_be_made_was_none() -> None:
    cut = reply(body=b"[", length=100)
    assert failed(cut, EventsQuery(), read_timeout=0.2).status == 200
    with Server([reply()]) as server:
        url = server.url
    settings = Settings(tenant_id="t", access_token=TOKEN, base_url=url, retries=0)
    with RealtimeClient(settings) as client, pytest.raises(errors.UnavailableError) as caught:
        client.events()
    assert caught.value.status is None
