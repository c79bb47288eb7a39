"""Where stores are: the middle of the positions of their sessions."""

from __future__ import annotations

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter
from dashboard.analysis.map_points import MAP_EDGE

# What the map can draw, as `map_points.split_located` has it. The median is a value that occurs: the mean of the two in
# the middle may be on the other side of the world.
PLACES = """
    select spaceId, quantile_disc(latitude, 0.5), quantile_disc(longitude, 0.5), count(*)
    from sessions
    where spaceId is not null and latitude between -$edge and $edge and longitude between -180 and 180
        and not (latitude = 0 and longitude = 0) and {sessions}
    group by spaceId order by spaceId
"""


def store_places(database: Database, chosen: EventFilter = EVERYTHING) -> pd.DataFrame:
    """Return the position of each store that has a located session, at any time and without the filters on events.

    Columns ``spaceId`` (text), ``lat``, ``lon`` (degrees: the medians of its located sessions, each of them a value
    that occurs), ``located`` (int64, how many these are); ordered by ``spaceId``.
    """
    scope = chosen.without_event_filters().within(None)
    found = database.rows(scope.apply(PLACES), **scope.parameters, edge=MAP_EDGE)
    spaces, latitudes, longitudes, located = zip(*found, strict=True) if found else ((), (), (), ())
    return pd.DataFrame(
        {
            "spaceId": pd.Series(spaces, dtype="str"),
            "lat": pd.Series(latitudes, dtype="float64"),
            "lon": pd.Series(longitudes, dtype="float64"),
            "located": pd.Series(located, dtype="int64"),
        }
    )
