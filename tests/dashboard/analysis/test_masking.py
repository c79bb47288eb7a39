"""No personal value gets through, nothing else is touched."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given

from dashboard.analysis.columns import without_categories
from dashboard.analysis.joined_events import joined
from dashboard.analysis.masking import MASK, is_personal, masked
from gridrt_client.schema import EVENT, LATEST_EVENT, SESSION, Schema
from tests.dashboard import frames
from tests.dashboard.frames import Record, calm, decoded


@pytest.mark.parametrize("schema", [EVENT, LATEST_EVENT])
@pytest.mark.parametrize("eventType", ["CONTACT_IDENTIFY", "contact_metadata", "Contact_Own"])
def test_contacts_are_masked_in_any_case(schema: Schema, eventType: str) -> None:
    records = [
        {"eventType": eventType, "str1": "email", "str2": "me@example.com", "ip": "::1", "clientId": "c"},
        {"eventType": "PURCHASE", "str1": "t", "str2": "EUR"},
        {"str2": "who knows"},
        {"eventType": eventType},
    ]
    shown = masked(decoded(schema, records))
    assert shown["str2"].fillna("-").tolist() == [MASK, "EUR", "who knows", "-"]
    assert shown["str1"].fillna("-").tolist() == ["email", "t", "-", "-"]
    assert shown["ip"].fillna("-").tolist() == [MASK, "-", "-", "-"]
    assert shown["clientId"].fillna("-").tolist() == [MASK, "-", "-", "-"]


def test_sessions_are_masked() -> None:
    shown = masked(decoded(SESSION, [{"sessionId": "a", "ip": "192.0.2.1", "clientId": "c", "deviceId": "d"}]))
    assert shown.loc[0, ["sessionId", "ip", "clientId", "deviceId"]].tolist() == ["a", MASK, MASK, "d"]


def test_without_the_type_every_str2_could_be_a_contact() -> None:
    frame = decoded(EVENT, [{"eventType": "PURCHASE", "str2": "EUR"}])
    assert masked(frame[["str2"]])["str2"].tolist() == [MASK]


def test_categories_are_masked_too() -> None:
    frame = decoded(EVENT, [{"eventType": "CONTACT_X", "str2": "me", "ip": "::1"}, {"eventType": "A", "str2": "b"}])
    categories = frame.astype(dict.fromkeys(("eventType", "str2", "ip"), "category"))
    assert masked(categories)["str2"].tolist() == [MASK, "b"]
    assert masked(categories)["ip"].iloc[0] == MASK


@pytest.mark.parametrize("schema", [SESSION, EVENT, LATEST_EVENT])
def test_an_empty_frame_keeps_columns_and_dtypes(schema: Schema) -> None:
    pd.testing.assert_frame_equal(masked(schema.empty()), without_categories(schema.empty()))


def test_which_fields_are_personal() -> None:
    assert is_personal("ip")
    assert is_personal("clientId", "PURCHASE")
    assert is_personal("str2", "contact_own")
    assert not is_personal("str2", "PURCHASE")
    assert not is_personal("str2", None)
    assert not is_personal("str1", "CONTACT_IDENTIFY")


@calm
@given(frames.events)
def test_only_what_is_personal_changes(records: list[Record]) -> None:
    frame = joined(SESSION.empty(), decoded(EVENT, records)).events.frame
    before = frame.copy()
    shown = masked(frame)
    pd.testing.assert_frame_equal(frame, before)
    assert shown.dtypes.astype(str).tolist() == without_categories(frame).dtypes.astype(str).tolist()
    for place, record in enumerate(records):
        for name in frame.columns:
            contact = name == "str2" and (record.get("eventType") or "").upper().startswith("CONTACT_")
            if (name in ("ip", "clientId") or contact) and record.get(name) is not None:
                assert shown[name].array[place] == MASK
            elif not pd.isna(frame[name].array[place]):
                assert shown[name].array[place] == frame[name].array[place]
    pd.testing.assert_frame_equal(shown.isna(), frame.isna())
