"""Search over everything, against plain Python over the raw records."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.joined_events import joined
from dashboard.analysis.names import Names
from dashboard.analysis.search import IDS, MOST_OF_A_FIELD, SHORTEST, VALUES, Hit, search
from gridrt_client.schema import EVENT, SESSION
from tests.dashboard import frames
from tests.dashboard.frames import Record, ago, calm, decoded


@given(frames.sessions, frames.events, st.sampled_from(["PU", "monitor", "=1", "ä", "a ", "ppl", " "]))
@calm
def test_it_finds_what_the_records_hold(sessions: list[Record], events: list[Record], text: str) -> None:
    sessions, events = frames.with_ids(sessions), frames.with_ids(events)
    database = joined(decoded(SESSION, sessions), decoded(EVENT, events)).database
    found = search(database, text, Names())
    wanted = text.strip().lower()
    for field, table in {**VALUES, **IDS}.items():
        records = frames.one_each(sessions) if table == "sessions" else events
        counts = Counter(
            one[field]
            for one in records
            if one.get(field) is not None and wanted in one[field].lower()
            and not (field == "str2" and (one["eventType"] or "").strip().upper().startswith("CONTACT_"))
        )  # fmt: skip
        hits = found.get(field, [])
        if len(wanted) < SHORTEST:
            assert hits == []
        else:
            assert len(hits) == min(len(counts), MOST_OF_A_FIELD)
            assert all(counts[hit.value] == hit.records for hit in hits)


def test_names_are_found_and_equal_values_come_first() -> None:
    sessions = [{"sessionId": str(place), "spaceId": f"s{place}"} for place in range(3)]
    events = [{"eventTime": ago(minutes=1), "eventType": "SEARCH", "str1": text} for text in ("merino", "merino x")] + [
        {"eventTime": ago(minutes=1), "eventType": "SEARCH", "str1": "a merino"} for _ in range(5)
    ]
    database = joined(decoded(SESSION, sessions), decoded(EVENT, events)).database
    names = Names({"spaceId": {"s1": "Merino Street", "gone": "Merino Park"}})
    found = search(database, "MERINO ", names)
    assert [hit.value for hit in found["spaceId"]] == ["s1"]
    assert [(hit.value, hit.records) for hit in found["str1"]] == [("merino", 1), ("a merino", 5), ("merino x", 1)]


@pytest.mark.parametrize("text", ["' or true --", "%", "__", "\\x", "\x00\x00", "a" * 5000])
def test_any_text_is_only_a_text(text: str) -> None:
    database = joined(decoded(SESSION, [{"sessionId": "s"}]), decoded(EVENT, [{"eventType": "A"}])).database
    assert search(database, text, Names()) == {}


def test_what_cameras_detected_is_not_found() -> None:
    events = [{"eventType": "DETECT_MOOD", "str1": "HAPPY"}, {"eventType": " detect_gender", "str1": "HAPPY"}]
    database = joined(decoded(SESSION, []), decoded(EVENT, [*events, {"eventType": "A", "str1": "happy"}])).database
    assert search(database, "happy", Names()) == {"str1": [Hit("str1", "happy", 1)]}
