"""A connection that returns the rows of some spaces only: what a viewer's role permits.

It stands where the connection to the tenant stands, below all that is loaded, so that no view, count, search, export or
link can reach another row.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace

import pandas as pd

from gridrt_client.answer import DecodeReport
from gridrt_client.connection import GridConnection
from gridrt_client.queries import EventsQuery, LatestEventsQuery, SessionsQuery
from gridrt_client.settings import Settings
from gridrt_client.snapshots.snapshot import Progress, Snapshot

Query = SessionsQuery | EventsQuery | LatestEventsQuery


class SpaceLimitedConnection:
    """A `GridConnection` limited to spaces; `clear` is passed on to it.

    A viewer of one space gets what the API answers for that space. For several spaces the answers for the whole tenant
    are narrowed: sessions and newest events by their own ``spaceId``, events by that of their session. An event whose
    session isn't known is left out, and so are the counts of what could not be read, which belong to no space.
    """

    def __init__(self, connection: GridConnection, spaces: frozenset[str]) -> None:
        self._connection, self._spaces = connection, spaces

    @property
    def settings(self) -> Settings:
        return self._connection.settings

    def key(self, query: Query, *, clear: bool = False) -> Hashable:
        """Return what identifies the answer to a query."""
        return self._connection.key(self._permitted(query), clear=clear), self._spaces

    def ask(self, query: Query, ttl: float | None = None, *, clear: bool = False) -> Snapshot | None:
        """Return the newest answer without waiting; see `GridConnection.ask`."""
        return self._limited(query, lambda needed: self._connection.ask(needed, ttl, clear=clear))

    def peek(self, query: Query, *, clear: bool = False) -> Snapshot | None:
        """Return the newest answer without requesting one."""
        return self._limited(query, lambda needed: self._connection.peek(needed, clear=clear))

    def wait(self, queries: Iterable[Query], seconds: float, *, clear: bool = False) -> None:
        """Wait for the first answers to these queries, at most `seconds`."""
        self._connection.wait([needed for query in queries for needed in self._needed(query)], seconds, clear=clear)

    def progress(self, query: Query, *, clear: bool = False) -> Progress | None:
        """Return the progress of the fetch for a query; None when none is queued or running."""
        found = (self._connection.progress(needed, clear=clear) for needed in self._needed(query))
        return next((one for one in found if one is not None), None)

    def retry_now(self, query: Query, *, clear: bool = False) -> None:
        """As `GridConnection.retry_now`."""
        for needed in self._needed(query):
            self._connection.retry_now(needed, clear=clear)

    def _permitted(self, query: Query) -> Query:
        """Return the query to ask the API: never for a space that isn't permitted."""
        if query.spaceId in self._spaces:
            return query
        (only,) = self._spaces if len(self._spaces) == 1 else (None,)
        return replace(query, spaceId=only)

    def _needed(self, query: Query) -> list[Query]:
        """Return the queries whose answers are needed for one."""
        asked: Query = self._permitted(query)
        by_session = isinstance(asked, EventsQuery) and asked.spaceId is None
        return [asked, SessionsQuery()] if by_session else [asked]

    def _limited(self, query: Query, answer: Callable[[Query], Snapshot | None]) -> Snapshot | None:
        answers = [found for needed in self._needed(query) if (found := answer(needed)) is not None]
        if len(answers) < len(self._needed(query)):
            return None
        asked, *sessions = answers
        is_other = query.spaceId is not None and query.spaceId not in self._spaces
        name = ("spaces", self._spaces, is_other, *(one.version for one in sessions))
        frame = asked.memo.get(
            name, lambda: query.schema.empty() if is_other else self._rows(asked, [one.frame for one in sessions])
        )
        report = asked.report
        if is_other or self._permitted(query).spaceId is None:
            report = DecodeReport(len(frame), len(frame), {}, 0, {}, {})
        return replace(asked, frame=frame, report=report, memo=asked.memo.part(name))

    def _rows(self, asked: Snapshot, sessions: list[pd.DataFrame]) -> pd.DataFrame:
        frame = asked.frame
        if "spaceId" in frame.columns:
            rows = frame["spaceId"].isin(self._spaces)
        elif sessions:
            permitted = sessions[0].loc[sessions[0]["spaceId"].isin(self._spaces), "sessionId"]
            rows = frame["sessionId"].isin(permitted.dropna())
        else:
            return frame
        found = frame[rows].reset_index(drop=True)
        categories = [name for name in found.columns if isinstance(found[name].dtype, pd.CategoricalDtype)]
        return found.assign(**{name: found[name].cat.remove_unused_categories() for name in categories})
