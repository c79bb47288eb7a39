"""Where stores are, against a search through the raw records in plain Python."""

from __future__ import annotations

from hypothesis import given

from dashboard.analysis.store_places import store_places
from tests.dashboard import frames
from tests.dashboard.analysis import shop
from tests.dashboard.frames import Record, ago, calm


def is_located(session: Record) -> bool:
    latitude, longitude = session.get("latitude"), session.get("longitude")
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return False
    return abs(latitude) <= 85.051129 and abs(longitude) <= 180


@calm
@given(shop.sessions)
def test_a_store_is_at_the_median_of_its_located_sessions(sessions: list[Record]) -> None:
    found = store_places(shop.shop(sessions, []).database)
    located = [one for one in frames.one_each(sessions) if is_located(one)]
    spaces = sorted({one["spaceId"] for one in located if one.get("spaceId") is not None})
    assert found["spaceId"].tolist() == spaces
    for row in found.to_dict("records"):
        own = [one for one in located if one.get("spaceId") == row["spaceId"]]
        assert row["located"] == len(own)
        for column, field in (("lat", "latitude"), ("lon", "longitude")):
            values = sorted(one[field] for one in own)
            # The lower one of the two in the middle, of an even number.
            assert row[column] == values[(len(values) - 1) // 2]


def test_a_store_at_the_antimeridian_stays_there() -> None:
    sessions = [
        {
            "sessionId": name,
            "captureId": name,
            "sessionCreated": ago(hours=1),
            "spaceId": "fiji",
            "latitude": -17.0,
            "longitude": longitude,
        }
        for name, longitude in (("a", 179.99), ("b", -179.99))
    ]
    assert abs(store_places(shop.shop(sessions, []).database)["lon"].iloc[0]) == 179.99
