"""Frames as the views get them, from raw records by the client's own decoding; records that real traffic could hold."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from hypothesis import settings
from hypothesis import strategies as st

from dashboard.analysis.event_filter import EventFilter
from dashboard.filters import Condition, Window
from gridrt_client.personal_data import Pseudonyms
from gridrt_client.schema import Schema
from tests.decoded import decode

PSEUDONYMS = Pseudonyms(b"key")


NOW = pd.Timestamp("2026-11-23T12:20:00Z")
Record = dict[str, Any]

# Frames cost milliseconds, and machines are shared.
calm = settings(max_examples=40, deadline=None)


def decoded(schema: Schema, records: list[Record], pseudonyms: Pseudonyms | None = PSEUDONYMS) -> pd.DataFrame:
    return decode(json.dumps(records).encode(), schema, pseudonyms=pseudonyms)


def ago(**span: float) -> str:
    """ISO 8601 in UTC, that long before `NOW`, to the microsecond."""
    moment = NOW.to_pydatetime() - timedelta(**span)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_of(record: Record, field: str) -> datetime | None:
    """What `ago` wrote, read without the code under test."""
    text = record.get(field)
    return None if text is None else datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


# Near the edges of minutes, hours and the day, in the future, long ago, and none at all.
_seconds = st.one_of(
    st.sampled_from([0, 60, 1740, 1800, 1801, 3599.999999, 3600, 3600.000001, 5400, 7200, 86_400, -0.000001, -7200]),
    st.floats(-10_000, 200_000).map(lambda value: round(value, 6)),
)
times = st.one_of(st.none(), _seconds.map(lambda value: ago(seconds=value)))
ids = st.sampled_from([None, "", "a", "b", "c", "ä", "=1"])
texts = st.one_of(
    st.sampled_from(
        ["", "=1+1", " =x", "＝x", "-", "@a", "\tx", "\rx", "a,b", 'q"q', "a\nb", "eur", "EUR", "sek ", "€"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
)
numbers = st.one_of(
    st.integers(-5, 5),
    st.sampled_from([2**53 + 1, -(2**63), 2**64 + 1, 10**30 + 7, 0.1, 19.99, -0.0, 1e-7, 1e22]),
    st.floats(allow_nan=False, allow_infinity=False),
)
types = st.sampled_from(
    ["PURCHASE", "APP_START", "MONITOR_X", "monitor_y", "MONITOR", "CONTACT_IDENTIFY", "contact_metadata", "Äpple", ""]
)


def _maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(values, st.none())


sessions = st.lists(
    st.fixed_dictionaries(
        {"sessionId": ids, "sessionCreated": times},
        optional={
            "spaceId": _maybe(texts),
            "deviceId": ids,
            "country": ids,
            "ip": _maybe(texts),
            "clientId": _maybe(texts),
            "latitude": st.floats(-90, 90),
        },
    ),
    max_size=12,
)
events = st.lists(
    st.fixed_dictionaries(
        {
            "sessionId": ids,
            "eventTime": times,
            "eventType": _maybe(types),
            "interaction": st.sampled_from([True, False, None]),
        },
        optional={
            **{f"int{n}": _maybe(numbers) for n in range(1, 6)},
            **{f"str{n}": _maybe(texts) for n in range(1, 6)},
            "ip": _maybe(texts),
            "clientId": _maybe(texts),
            "stateful": st.booleans(),
        },
    ),
    max_size=25,
)


def filter_of(interactionType: str = "all", created: Window | None = None, **values: str | None) -> EventFilter:
    """The filter that lets one value of each of these fields through; None: all values."""
    conditions = (Condition(name, (value,)) for name, value in values.items() if value is not None)
    return EventFilter(tuple(conditions), interactionType, created=created)


def named(record: Record) -> str:
    return str(record.get("captureId") or "")


def with_ids(records: list[Record]) -> list[Record]:
    """The records, each with a captureId; their order is not that of the list."""
    return [{**record, "captureId": f"{(7 * place + 3) % 101:03}"} for place, record in enumerate(records)]


def one_each(sessions: list[Record]) -> list[Record]:
    """The last created of each session, of equals the one with the smallest captureId; all without an id."""
    chosen: dict[str, Record] = {}
    for session in sessions:
        name = session["sessionId"]
        if not name:
            continue
        known = chosen.get(name)
        created, before = (one["sessionCreated"] or "" if one else "" for one in (session, known))
        if known is None or created > before or (created == before and named(session) < named(known)):
            chosen[name] = session
    kept = {id(session) for session in chosen.values()}
    return [session for session in sessions if not session["sessionId"] or id(session) in kept]
