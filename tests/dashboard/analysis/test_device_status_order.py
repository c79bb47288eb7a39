"""The order of the latest events and what stays the same of them, whatever the answer's order."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dashboard.analysis.test_device_status import report, rows_of
from tests.dashboard.frames import Record, ago, calm


@pytest.mark.parametrize("minutes", [10, -10, None])
def test_equals_are_sorted_by_thing_and_captureId_whatever_the_answers_order(minutes: float | None) -> None:
    made = None if minutes is None else ago(minutes=minutes)
    latest = [
        report(0, 1, eventTime=made, str4=thing, captureId=capture)
        for thing, capture in (("b", "1"), ("a", "9"), ("c", "5"), ("a", "2"), ("a", "4"), (None, "0"))
    ]
    others = [
        {"eventType": "SEARCH", "eventTime": made, "str1": "gate", "captureId": capture} for capture in ("y", "x", "z")
    ]
    expected = ["0", "2", "4", "9", "1", "5", "x", "y", "z"]
    for order in (latest + others, others + latest[::-1], [*latest[2:], *others, *latest[:2]]):
        assert rows_of(order, [])["captureId"].tolist() == expected


@calm
@given(
    st.lists(st.tuples(st.sampled_from([5, -5, None]), st.sampled_from([0, 1]), st.booleans()), max_size=8),
    st.randoms(),
)
def test_the_order_is_total_also_without_a_captureId(
    kinds: list[tuple[float | None, int, bool]], chance: random.Random
) -> None:
    latest: list[Record] = [
        {
            **report(0, int1, eventTime=None if minutes is None else ago(minutes=minutes), str5=str(place)),
            **({} if monitored else {"eventType": "SEARCH"}),
        }
        for place, (minutes, int1, monitored) in enumerate(kinds)
    ]
    shuffled = chance.sample(latest, len(latest))
    assert rows_of(shuffled, [])["str5"].tolist() == rows_of(latest, [])["str5"].tolist()


def test_a_combination_is_the_same_in_every_answer() -> None:
    contact = {"eventType": "CONTACT_IDENTIFY", "str1": "email", "str2": "me@example.com"}
    before = rows_of([report(9, 1), contact, {**contact, "str2": None}, {**contact, "str2": ""}], [])
    after = rows_of([{**contact, "eventTime": ago(minutes=1)}, report(1, 0)], [])
    assert before["combination"].nunique() == 4
    assert set(after["combination"]) < set(before["combination"])
