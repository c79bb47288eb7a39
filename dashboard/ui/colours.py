"""Which colour each value of a tenant has: the same for everybody, in every figure, whatever is chosen."""

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

# The newest colours by tenant and column: values keep them in the next answer. They hold the values of one answer.
_newest: dict[Hashable, Colours] = {}
_NONE = Colours()


def colours_of(column: str, chosen: Filters) -> Colours:
    """The colours of the values that a column has in all of the tenant's sessions, or in those of the scope where the
    tenant's are unknown. None for a column whose colours are fixed (`theme.value_colours`).

    Raises
    ------
    data.Waiting, GridError
        As `data.ask`.
    """
    if column not in COLUMNS:
        return _NONE
    loader, whole = viewer_state.current().loader, SessionsQuery()
    try:
        (answer,) = loader.load([whole], chosen.refresh)
        complete = True
    except (GridError, Pending):
        (answer,) = loader.load([SessionsQuery(**chosen.scope)], chosen.refresh)
        complete = False
    place = (loader.connection.key(whole), column)

    def give() -> Colours:
        before = _newest.get(place, _NONE)
        unique = joined_events.unique_sessions(answer.shared)
        counts = overview_numbers.value_counts(Database(sessions=unique[[column]]), "sessions", column)
        values = [str(value) for value in counts.index]
        given = category_colours(values if complete else [*before.of, *values], before.of)
        # Figures are known by the colours that they were drawn with: the same ones must be the same object.
        _newest[place] = before if given == before.of else Colours(given)
        return _newest[place]

    return answer.memo.get(("colours", column), give)
