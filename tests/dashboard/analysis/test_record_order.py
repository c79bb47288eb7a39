"""The order of records, and a walk through pages of a list that changes, against plain Python over the raw records."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.columns import without_categories
from dashboard.analysis.joined_events import joined
from dashboard.analysis.record_order import Listing, fingerprints, order_of
from dashboard.tables.records import event_keys, page_count, page_span
from gridrt_client.schema import EVENT, SESSION
from tests.dashboard import frames
from tests.dashboard.frames import NOW, Record, ago, calm, decoded, moment_of

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)

# Few times, so that most are equal; ids that begin alike, some that are none.
_times = st.sampled_from([None, ago(seconds=1), ago(seconds=1.000001), ago(hours=3), ago(hours=-3)])
_ids = st.one_of(
    st.sampled_from([None, "", "a", "ab", "abcdefgh", "abcdefgh\x00", "abcdefghi", "abcdefgz", "ä", "日本", "🛒"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
_wild = st.lists(
    st.fixed_dictionaries({"eventTime": _times, "captureId": _ids, "str1": frames.texts, "int1": frames.numbers}),
    max_size=30,
    unique_by=lambda record: record["captureId"] or object(),
)


def sorted_by_hand(records: list[Record]) -> list[Record]:
    """Newest first, undated last; equal times by captureId, records without one last."""
    by_id = sorted(records, key=lambda record: (not record["captureId"], record["captureId"] or ""))
    return sorted(by_id, key=lambda record: moment_of(record, "eventTime") or LONG_AGO, reverse=True)


@calm
@given(_wild, st.randoms())
def test_the_order_is_by_time_then_by_captureId(records: list[Record], chance: random.Random) -> None:
    frame = decoded(EVENT, records)
    found = [records[place] for place in order_of(frame, "eventTime")]
    expected = sorted_by_hand(records)
    assert [(one["eventTime"], one["captureId"] or "") for one in found] == [
        (one["eventTime"], one["captureId"] or "") for one in expected
    ]
    shuffled = chance.sample(records, len(records))
    again = [shuffled[place] for place in order_of(decoded(EVENT, shuffled), "eventTime")]
    # Records without an id that are alike are interchangeable.
    assert [{**one, "captureId": one["captureId"] or ""} for one in again] == [
        {**one, "captureId": one["captureId"] or ""} for one in found
    ]


@calm
@given(frames.sessions, st.randoms())
def test_sessions_are_in_the_same_order_whatever_the_answers_order(
    sessions: list[Record], chance: random.Random
) -> None:
    shuffled = chance.sample(sessions, len(sessions))
    answers = (decoded(SESSION, records) for records in (sessions, shuffled))
    one, other = (joined(answer, EVENT.empty()).sessions.take_rows() for answer in answers)
    pd.testing.assert_frame_equal(one, other)


@calm
@given(frames.events)
def test_a_fingerprint_tells_records_apart_and_equal_ones_not(events: list[Record]) -> None:
    frame = decoded(EVENT, [*events, *events])
    found = fingerprints(frame, "eventTime").tolist()
    assert fingerprints(without_categories(frame), "eventTime").tolist() == found
    assert found[: len(events)] == found[len(events) :]
    different = {repr([event.get(name) for name in EVENT.names if event.get(name) is not None]) for event in events}
    assert len(set(found)) <= len(different)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ({"int1": 1}, {"int1": 1.0}, True),
        ({"int1": 10**22}, {"int1": 1e22}, True),
        ({"int1": 2**53}, {"int1": 2**53 + 1}, False),
        ({"str1": ""}, {}, False),
        ({"str1": "a"}, {"str2": "a"}, False),
        ({"str1": "a", "str2": "b"}, {"str1": "b", "str2": "a"}, False),
        ({"interaction": False}, {}, False),
        ({"public": 0}, {"public": -0.0}, True),
        ({"public": 0}, {}, False),
        ({"eventTime": "2026-11-23T12:00:00Z"}, {"eventTime": "2026-11-23T13:00:00+01:00"}, True),
    ],
)
def test_what_makes_a_fingerprint(one: Record, other: Record, alike: bool) -> None:
    first, second = (fingerprints(decoded(EVENT, [record]), "eventTime")[0] for record in (one, other))
    assert (first == second) == alike


def test_a_key_stays_when_the_session_of_an_event_becomes_known() -> None:
    events = decoded(EVENT, [{"sessionId": "s", "eventType": "X"}])
    (before,) = event_keys(joined(SESSION.empty(), events).events.frame)
    (after,) = event_keys(joined(decoded(SESSION, [{"sessionId": "s", "spaceId": "a"}]), events).events.frame)
    assert before == after


def test_the_worst_case_is_quick() -> None:
    """All times equal and no ids: everything is decided by fingerprints."""
    count = 50_000
    frame = EVENT.empty().reindex(range(count))
    frame["str1"] = pd.Categorical([f"v{place}" for place in range(count)])
    order = order_of(frame, "eventTime")
    turned = order_of(frame.iloc[::-1].reset_index(drop=True), "eventTime")
    assert (order == count - 1 - turned).all()


@calm
@given(_wild, st.integers(0, 29), st.randoms())
def test_a_row_is_found_again_in_another_answer(records: list[Record], place: int, chance: random.Random) -> None:
    if place >= len(records):
        return
    kept = [record for number, record in enumerate(records) if number % 3 or number == place]
    one, other = (listing(answer) for answer in (records, chance.sample(kept, len(kept))))
    order = order_of(decoded(EVENT, records), "eventTime")
    before = {id(records[row]) for row in order[: order.tolist().index(place)]}
    mark = one.mark(order.tolist().index(place))
    assert other.place(mark) == sum(id(record) in before for record in kept)


def listing(records: list[Record]) -> Listing:
    frame = decoded(EVENT, records)
    return Listing(frame, order_of(frame, "eventTime").astype(np.int32), "eventTime")


def test_rows_that_are_alike_have_places_of_their_own() -> None:
    alike = listing([{"eventType": "X"}] * 9)
    assert [alike.place(alike.mark(place)) for place in range(9)] == list(range(9))


def test_how_many_are_newer() -> None:
    found = listing([{"eventTime": ago(seconds=second)} for second in (-5, 0, 0, 5)] + [{}])
    assert [found.newer_than(NOW - pd.Timedelta(seconds=s)) for s in (-6, -5, -1, 0, 5, 9)] == [0, 0, 1, 1, 3, 4]


def test_pages_that_have_been_shown_keep_their_rows() -> None:
    assert page_span(250, 2, 100, {2: 100, 3: 200}) == (100, 200)
    # Ten late rows on page 1, five on page 2, and three are gone from page 3.
    assert page_span(262, 2, 100, {2: 110, 3: 215}) == (110, 215)
    assert page_span(262, 3, 100, {2: 110, 3: 215}) == (215, 262)
    assert page_count(262, {2: 110, 3: 215}, 100) == 3


def test_pages_between_known_ones_share_their_rows() -> None:
    known = {4: 330, 5: 430}
    spans = [page_span(1000, page, 100, known) for page in range(1, page_count(1000, known, 100) + 1)]
    assert spans[:5] == [(0, 110), (110, 220), (220, 330), (330, 430), (430, 530)]
    assert all(one[1] == other[0] for one, other in pairwise(spans))
    assert spans[-1] == (930, 1000)


@calm
@given(
    st.integers(0, 60),
    st.lists(st.tuples(st.integers(2, 9), st.integers(0, 70)), max_size=4),
    st.integers(1, 9),
)
def test_pages_hold_every_row_once(rows: int, known: list[tuple[int, int]], size: int) -> None:
    pages = sorted({page for page, _ in known})
    begins = dict(zip(pages, sorted(min(begin, rows) for _, begin in known), strict=False))
    spans = [page_span(rows, page, size, begins) for page in range(1, page_count(rows, begins, size) + 1)]
    assert [row for span in spans for row in range(*span)] == list(range(rows))
