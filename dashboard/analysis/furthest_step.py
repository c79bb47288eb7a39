"""How far each session got in the funnel, and how exact its position is: what the map of sessions draws on demand."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.store_course import FUNNEL

LARGEST_METRES: Final = 2e7
"""Half the way around the Earth: a larger accuracy says nothing."""

STEPS = """
    select session, max(list_position($steps, eventType))::int from events
    where session is not null and eventType in (select unnest($steps)) and interaction is distinct from false
    group by session
"""


def furthest_steps(database: Database, sessions: int) -> pd.Series:
    """Return the last step of `FUNNEL` that each session has, in whatever order it came there.

    Parameters
    ----------
    sessions
        How many there are; the index is the position of each.

    Returns
    -------
    Texts such as ``3 CART_ADD``; missing for a session without any of the steps. Events that are said to be done by no
    person don't count.
    """
    session, step = database.arrays(STEPS, steps=list(FUNNEL))
    codes = np.full(sessions, -1, dtype=np.int8)
    codes[session] = step - 1
    names = pd.Index([f"{place} {name}" for place, name in enumerate(FUNNEL, start=1)])
    return pd.Series(pd.Categorical.from_codes(codes, names))


def accuracy_circles(located: pd.DataFrame) -> pd.DataFrame:
    """Return the median accuracy at each position, of the sessions that have one; one row per position.

    Parameters
    ----------
    located
        Sessions as `map_points.split_located` returns them: ``latitude``, ``longitude``, ``locationAccuracy`` (metres).

    Returns
    -------
    Columns ``lat``, ``lon`` (degrees, to five decimals as on the map) and ``metres`` (above 0).
    """
    metres = located["locationAccuracy"].astype("float64")
    exact = located[(metres > 0) & (metres <= LARGEST_METRES)]
    place = [exact[name].astype("float64").round(5) + 0.0 for name in ("latitude", "longitude")]
    found = exact["locationAccuracy"].astype("float64").groupby(place).median()
    return found.rename("metres").rename_axis(["lat", "lon"]).reset_index()
