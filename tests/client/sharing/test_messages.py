"""Headers of answers and notes of failures are authenticated, and checked all the same."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gridrt_client import errors
from gridrt_client.answer import DecodeReport
from gridrt_client.schema import EVENT
from gridrt_client.sharing._frames import UnusableError
from gridrt_client.sharing._messages import Header, Sealer, failure_note, read_failure, read_header

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
REPORT = DecodeReport(8, 5, {"not an object": 2}, 1, {"int1": 3}, {"id": 5}, 4)
HEADER = Header("0123456789abcdef", 10, 20, REPORT, NOW, NOW, 1.5)


def content() -> Any:
    return json.loads(json.dumps(HEADER.to_json()))


def test_a_header_comes_back_equal() -> None:
    assert read_header(content(), EVENT, 1000) == HEADER
    for wrong in (replace(HEADER, stored=1001), replace(HEADER, unpacked=1001)):
        with pytest.raises(UnusableError, match="GRIDRT_MAX_BYTES"):
            read_header(json.loads(json.dumps(wrong.to_json())), EVENT, 1000)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("generation", "../../other"),
        ("generation", 5),
        ("stored", -1),
        ("stored", 1.5),
        ("stored", True),
        ("unpacked", "20"),
        ("unpacked", 1 << 60),
        ("answered_at", "2026-11-23T12:00:00"),
        ("answered_at", "2026-11-23T12:00:00+01:00"),
        ("answered_at", 5),
        ("api_time", "0001-01-01T00:00:00+00:00"),
        ("took", -1),
        ("took", "1"),
        ("took", float("nan")),
        ("took", float("inf")),
        ("report", None),
        ("report", []),
        ("report", {**HEADER.to_json()["report"], "records": 6}),
        ("report", {**HEADER.to_json()["report"], "unreadable": {"no field": 1}}),
        ("report", {**HEADER.to_json()["report"], "dropped": {str(n): 0 for n in range(2000)}}),
        ("report", {**HEADER.to_json()["report"], "unannounced": {str(n): 0 for n in range(2000)}}),
        ("report", {**HEADER.to_json()["report"], "duplicates": [1]}),
        ("report", {}),
    ],
)
def test_a_wrong_header_is_refused(name: str, value: object) -> None:
    with pytest.raises(UnusableError):
        read_header({**content(), name: value}, EVENT, 1000)
    with pytest.raises(UnusableError):
        read_header({one: other for one, other in content().items() if one != name}, EVENT, 1000)


def test_a_seal_is_valid_for_its_name_content_and_token_alone() -> None:
    sealer, name = Sealer("token"), "gridrt:1:answer:0"
    sealed = sealer.sealed_json(name, {"a": 1})
    assert sealer.opened_json(name, sealed) == {"a": 1}
    assert b'"a"' not in sealed
    assert sealer.sealed_json(name, {"a": 1}) != sealed
    attempts = [(name + "1", sealed), (name, sealed[:-1]), (name, sealed + b" "), (name, b""), (name, b"x" * 300_000)]
    for other_name, data in attempts:
        with pytest.raises(UnusableError):
            sealer.opened_json(other_name, data)
    with pytest.raises(UnusableError):
        Sealer("other").opened_json(name, sealed)
    assert sealer.name("answer", ("a", "b")) != sealer.name("answer", ("ab",)) != Sealer("x").name("answer", ("ab",))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("error", "KeyboardInterrupt"),
        ("error", "GridError"),
        ("error", ["x"]),
        ("endpoint", "<b>events</b>"),
        ("message", 5),
        ("advice", None),
        ("status", "429"),
        ("tries", -1),
        ("retry_after", "5"),
        ("retry_after", -5),
        ("failed_at", "yesterday"),
    ],
)
def test_a_wrong_note_of_a_failure_is_refused(name: str, value: object) -> None:
    failure = errors.RateLimitedError("Too many", status=429, retry_after=30, endpoint="events")
    note = failure_note(failure, NOW)
    assert note is not None
    assert str(read_failure(note, NOW)) == str(failure)
    with pytest.raises(UnusableError):
        read_failure({**note, name: value}, NOW)


def test_texts_of_a_note_are_one_printable_line() -> None:
    note = failure_note(errors.BadQueryError("a\n\u202eb" + "c" * 5000, advice="d\x00e"), NOW)
    assert note is not None
    found = read_failure({**note, "message": "x\n\u202ey" * 900}, NOW)
    assert found.message.isprintable()
    assert len(found.message) <= 500
    assert found.advice == "d e"
