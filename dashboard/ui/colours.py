"""The colour of each value of a tenant: the same for all viewers, in every figure, with any filters."""

from __future__ import annotations

from collections.abc import Hashable

from dashboard.analysis import joined_events, overview_numbers
from dashboard.analysis.database import Database
from dashboard.data import viewer_state
from dashboard.data.loader import Pending
from dashboard.figures.theme import Colours, category_colours
from dashboard.filters import SCOPE, Filters
from gridrt_client.errors import GridError
from gridrt_client.queries import SessionsQuery

COLUMNS = (*SCOPE, "appId", "country")
"""The columns of a session whose values have colours of their own."""

# The newest colours by tenant and column, of the values of one answer. Values keep their colour in the next answer.
_newest: dict[Hashable, Colours] = {}
_NONE = Colours()


def colours_of(column: str, chosen: Filters) -> Colours:
    """Return the colours of the values of a column in all of the tenant's sessions.

    Where these are unknown, it is the sessions of the scope. A column whose colours are fixed (`theme.value_colours`)
    has none.

    Raises
    ------
    Pending, GridError
        As `Loader.load`.
    """
    if column not in COLUMNS:
        return _NONE
    loader, whole = viewer_state.current().loader, SessionsQuery()
    try:
        (answer,) = loader.load([whole], chosen.refresh)
        complete = True
    except (GridError, Pending):
        (answer,) = loader.load([SessionsQuery(**chosen.api_scope)], chosen.refresh)
        complete = False
    place = (loader.connection.key(whole), column)

    def choose() -> Colours:
        before = _newest.get(place, _NONE)
        unique = joined_events.unique_sessions(answer.frame)
        counts = overview_numbers.value_counts(Database(sessions=unique[[column]]), "sessions", column)
        values = [str(value) for value in counts.index]
        given = category_colours(values if complete else [*before.of, *values], before.of)
        # Figures are memoized by the identity of their colours: equal colours must be the same object.
        _newest[place] = before if given == before.of else Colours(given)
        return _newest[place]

    return answer.memo.get(("colours", column), choose)
