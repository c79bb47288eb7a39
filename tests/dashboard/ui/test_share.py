"""Links and API calls that are shared."""

from __future__ import annotations

import pandas as pd

from dashboard.filters import Condition, Filters, Window
from dashboard.ui.share import api_calls, fixed_parameters, link
from gridrt_client.queries import EventsQuery, LatestEventsQuery
from gridrt_client.settings import Settings

NOON = pd.Timestamp("2026-11-23T12:00:00.25Z")
DAY = Window(NOON - pd.Timedelta("24h"), NOON)
SETTINGS = Settings.load(
    {"GRIDRT_TENANT_ID": "a/b", "GRIDRT_ACCESS_TOKEN": "a-token-that-stays", "GRIDRT_REGION": "us"}, {}
)


def test_a_link_repeats_its_parameters() -> None:
    parameters = {"spaceId": ["a b", "-c"], "from": ["now-3h"]}
    assert link("https://dash.example.com/x/events?old=1#part", parameters) == (
        "https://dash.example.com/x/events?spaceId=a+b&spaceId=-c&from=now-3h"
    )


def test_a_fixed_link_depends_neither_on_time_nor_on_place() -> None:
    chosen = Filters((Condition("spaceId", ("a",)),), start=pd.Timedelta("3h"), tz="Asia/Tokyo")
    fixed = fixed_parameters({"spaceId": ["a"], "from": ["now-3h"]}, chosen, DAY)
    assert fixed == {
        "spaceId": ["a"],
        "from": ["2026-11-23T09:00:00Z"],
        "to": ["2026-11-23T12:00:01Z"],
        "tz": ["Asia/Tokyo"],
    }


def test_calls_name_everything_but_the_token() -> None:
    url, curl, python = api_calls(EventsQuery(spaceId="it's & more", eventType="PURCHASE"), SETTINGS)
    assert url == (
        "https://api.omborigrid.com/regions/us/reports/v2/realtime/event/tenants/a%2Fb"
        "?spaceId=it%27s+%26+more&eventType=PURCHASE"
    )
    assert curl == f"curl --header \"Authorization: Bearer $GRIDRT_ACCESS_TOKEN\" '{url}'"
    assert "grid.events(" in python
    assert 'spaceId="it\'s & more"' in python
    assert all("a-token-that-stays" not in text for text in (url, curl, python))


def test_columns_are_one_argument() -> None:
    url, _, python = api_calls(LatestEventsQuery(distinctColumns=("str1", "deviceId")), SETTINGS)
    assert "distinctColumns=str1,deviceId" in url
    assert "grid.latest_events(distinctColumns=['str1', 'deviceId'])" in python
