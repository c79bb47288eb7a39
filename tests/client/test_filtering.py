"""Events filtered from those of their scope are those that the API would answer with."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridrt_client.filtering import filter_events
from gridrt_client.schema import EVENT
from tests.decoded import decode

TYPES = ["PURCHASE", "purchase", "PURCHASE ", "MONITOR_X", "nan", "é"]
RECORDS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "eventType": st.sampled_from([*TYPES, None, ""]),
            "interaction": st.sampled_from([True, False, None]),
            "int1": st.one_of(st.none(), st.integers(), st.floats(allow_nan=False, allow_infinity=False)),
            "str1": st.sampled_from(["a", "b", None]),
            "eventTime": st.just("2026-11-23T11:20:00Z"),
        },
    ),
    max_size=30,
)


def answer(records: list[dict[str, Any]]) -> pd.DataFrame:
    return decode(json.dumps(records).encode(), EVENT)


def told_by_the_api(records: list[dict[str, Any]], eventType: str | None, interactionType: str) -> list[dict[str, Any]]:
    wanted = {"interactive": (True,), "nonInteractive": (False,), "all": (True, False, None)}[interactionType]
    return [
        one
        for one in records
        if (eventType is None or one.get("eventType") == eventType) and one.get("interaction") in wanted
    ]


@given(RECORDS, st.sampled_from([*TYPES, None, "UNKNOWN"]), st.sampled_from(["all", "interactive", "nonInteractive"]))
def test_it_is_the_answer_that_the_api_would_give(
    records: list[dict[str, Any]], eventType: str | None, interactionType: str
) -> None:
    records = [{"captureId": str(number), **record} for number, record in enumerate(records)]
    whole = answer(records)
    before = whole.copy()
    found = filter_events(whole, eventType, interactionType)
    expected = answer(told_by_the_api(records, eventType, interactionType))
    assert found.columns.tolist() == expected.columns.tolist()
    assert found.index.equals(pd.RangeIndex(len(expected)))
    for name in found.columns:
        # As plain values: the categories of a column may stand in another order.
        pd.testing.assert_series_equal(found[name].astype(object), expected[name].astype(object))
        assert found[name].value_counts().to_dict() == expected[name].value_counts().to_dict()
    assert found.attrs["report"] == whole.attrs["report"]
    pd.testing.assert_frame_equal(whole, before)


@pytest.mark.parametrize("name", ["eventType", "str1"])
def test_a_column_of_categories_counts_only_what_is_there(name: str) -> None:
    whole = answer(
        [{"captureId": "1", "eventType": "A", "str1": "a"}, {"captureId": "2", "eventType": "B", "str1": "b"}]
    )
    whole[name] = whole[name].astype("category")
    found = filter_events(whole, "A", "all")
    assert found["captureId"].tolist() == ["1"]
    assert found[name].value_counts().to_dict() in ({"A": 1}, {"a": 1})
    assert len(filter_events(whole, "C", "all")) == 0
