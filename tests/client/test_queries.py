"""Queries: validation, and the parameters that are sent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridrt_client.errors import GridError, InvalidQueryError
from gridrt_client.queries import EventsQuery, LatestEventsQuery, SessionsQuery
from gridrt_client.schema import DISTINCT_COLUMNS, INTERACTION_TYPES, is_contact


def test_what_is_not_set_is_not_sent() -> None:
    assert SessionsQuery().to_params() == []
    assert EventsQuery().to_params() == []
    assert EventsQuery(interactionType="all").to_params() == []
    assert LatestEventsQuery(distinctColumns=("str1",)).to_params() == [("distinctColumns", "str1")]


def test_every_parameter_of_the_contract() -> None:
    ids = {"installationId": "i", "spaceId": "s", "deviceId": "d"}
    assert SessionsQuery(**ids).to_params() == list(ids.items())
    more = {**ids, "eventType": "PURCHASE", "interactionType": "nonInteractive"}
    assert EventsQuery(**more).to_params() == list(more.items())
    latest = LatestEventsQuery(distinctColumns=("str1", "int2", "deviceId"), **more)
    assert latest.to_params() == [*more.items(), ("distinctColumns", "str1,int2,deviceId")]
    assert latest.to_params("repeated") == [
        *more.items(),
        ("distinctColumns", "str1"),
        ("distinctColumns", "int2"),
        ("distinctColumns", "deviceId"),
    ]


def test_paths_and_schemas() -> None:
    assert [(query.path, query.schema.name) for query in (SessionsQuery, EventsQuery, LatestEventsQuery)] == [
        ("/v2/realtime/session/tenants", "session"),
        ("/v2/realtime/event/tenants", "event"),
        ("/v2/realtime/latest-event/tenants", "latest-event"),
    ]


@pytest.mark.parametrize("name", ["installationId", "spaceId", "deviceId", "eventType"])
@pytest.mark.parametrize("value", ["", "  ", "\n", 5, b"x", ["x"], True, "\ud800", "é\udfff"])
def test_an_id_is_text_that_says_something(name: str, value: Any) -> None:
    with pytest.raises(InvalidQueryError, match=name) as caught:
        EventsQuery(**{name: value})
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, GridError)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("value", ["", "Interactive", "ALL", None, 5, "x\n" * 500])
def test_an_interaction_type_is_one_of_three(value: Any) -> None:
    with pytest.raises(InvalidQueryError, match="Use one of interactive, nonInteractive, all") as caught:
        EventsQuery(interactionType=value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "value", [(), [], "", ",", None, 5, ("str6",), ("Str1",), ("str1", "eventType"), (1,), ["str1", []]]
)
def test_distinct_columns_are_at_least_one_and_known(value: Any) -> None:
    with pytest.raises(InvalidQueryError, match="distinctColumns"):
        LatestEventsQuery(distinctColumns=value)


@pytest.mark.parametrize(
    "value", [("str1", "deviceId"), ["str1", "deviceId"], "str1, deviceId", ("str1", "deviceId", "str1")]
)
def test_distinct_columns_may_be_given_in_several_forms(value: Any) -> None:
    query = LatestEventsQuery(distinctColumns=value)
    assert query.distinctColumns == ("str1", "deviceId")
    assert query == LatestEventsQuery(distinctColumns=("str1", "deviceId"))
    assert LatestEventsQuery(distinctColumns={"str1"}).distinctColumns == ("str1",)  # type: ignore[arg-type]


def test_distinct_columns_of_the_contract() -> None:
    assert " ".join(DISTINCT_COLUMNS) == "str1 str2 str3 str4 str5 int1 int2 int3 int4 int5 deviceId"


def test_queries_of_different_endpoints_are_different_keys() -> None:
    assert len({SessionsQuery(), EventsQuery(), EventsQuery(), LatestEventsQuery(distinctColumns=("str1",))}) == 3


ids = st.none() | st.text().filter(str.strip)


@given(ids, ids, ids, ids, st.sampled_from(INTERACTION_TYPES), st.lists(st.sampled_from(DISTINCT_COLUMNS), min_size=1))
def test_what_is_set_is_sent_unchanged(
    installation: str | None,
    space: str | None,
    device: str | None,
    kind: str | None,
    interaction: str,
    columns: list[str],
) -> None:
    query = LatestEventsQuery(
        distinctColumns=tuple(columns),
        installationId=installation,
        spaceId=space,
        deviceId=device,
        eventType=kind,
        interactionType=interaction,
    )
    hash(query)
    sent = dict(query.to_params())
    unique = list(dict.fromkeys(columns))
    assert sent.pop("distinctColumns").split(",") == unique
    assert [value for _, value in query.to_params("repeated")][-len(unique) :] == unique
    given_values = {"installationId": installation, "spaceId": space, "deviceId": device, "eventType": kind}
    expected = {name: value for name, value in given_values.items() if value is not None}
    assert sent == expected | ({} if interaction == "all" else {"interactionType": interaction})


@pytest.mark.parametrize(
    ("value", "expected"),
    [("CONTACT_IDENTIFY", True), ("contact_metadata", True), (" \tContact_X", True), ("CONTACT", False),
     ("MY_CONTACT_X", False), (None, False), (float("nan"), False)],
)  # fmt: skip
def test_events_with_contact_data(value: object, expected: bool) -> None:
    assert is_contact(value) is expected
