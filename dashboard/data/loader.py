"""Load snapshots of the API's answers: the only caller of the client.

What is derived from a snapshot is computed once per snapshot and filter, is shared by all viewers and must not be
changed; it is dropped with the snapshot.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pandas as pd

from dashboard.data import tenant
from dashboard.data.space_limits import SpaceLimitedConnection
from dashboard.filters import Window
from gridrt_client.connection import GridConnection
from gridrt_client.errors import GridError
from gridrt_client.queries import EventsQuery, LatestEventsQuery, SessionsQuery
from gridrt_client.snapshots.snapshot import Progress, Snapshot

Query = SessionsQuery | EventsQuery | LatestEventsQuery
T = TypeVar("T")

DAY = pd.Timedelta(hours=24)
PATIENCE_SECONDS = 0.4
"""How long a run of the script waits for first answers before it shows progress."""

STEP = timedelta(minutes=1)
"""The interval at which the 24 hours move on while answers bring nothing new."""


class Pending(Exception):  # noqa: N818
    """A query has never been answered and its first fetch is under way. Not an error."""


class Loader:
    """Load the snapshots that one drawing of a view needs, each of them once.

    Parameters
    ----------
    connection
        The connection to the tenant, limited to what the viewer may see.
    patience
        For how many seconds, in total, first answers may be waited for.
    clear
        Whether personal data is loaded in the clear: only for a viewer who may see it.

    Attributes
    ----------
    used
        The snapshots that `load` returned, by query: the view shows these.
    """

    def __init__(
        self, connection: GridConnection | SpaceLimitedConnection, patience: float = 0.0, *, clear: bool = False
    ) -> None:
        self.connection = connection
        self.patience = patience
        self.clear = clear
        self.used: dict[Query, Snapshot] = {}
        self._results: dict[Query, Snapshot | GridError | None] = {}
        self._needed: dict[Query, None] = {}

    def request(self, queries: Iterable[Query], refresh: float | None) -> None:
        """Request snapshots all at once, and wait for first answers as long as the patience lasts.

        Failures are kept and raised by `load`. ``refresh`` is the interval in seconds after which an answer is out of
        date, None while paused.
        """
        # What isn't there is asked for again while there is patience: a fetch may have begun only now, because after a
        # failure one query is tried before the others.
        wanted = [
            query
            for query in dict.fromkeys(queries)
            if query not in self._results or (self.patience > 0 and not isinstance(self._results[query], Snapshot))
        ]
        self._ask(wanted, refresh)
        late = [query for query in wanted if not isinstance(self._results[query], Snapshot)]
        if late and self.patience > 0:
            began = time.monotonic()
            self.connection.wait(late, self.patience, clear=self.clear)
            self.patience -= time.monotonic() - began
            self._ask(late, refresh)

    def load(self, queries: Iterable[Query], refresh: float | None) -> list[Snapshot]:
        """Return the snapshots of these queries; ``refresh`` as in `request`.

        Raises
        ------
        Pending
            When one has never been answered yet.
        GridError
            When one has never been answered and its fetch failed.
        """
        wanted = list(queries)
        self._needed.update(dict.fromkeys(wanted))
        self.request(wanted, refresh)
        results = [self._results[query] for query in wanted]
        for result in results:
            if isinstance(result, GridError):
                # A new one each time: an exception that is raised twice keeps the frames of both.
                raise result.copy()
        snapshots = [result for result in results if isinstance(result, Snapshot)]
        if len(snapshots) < len(wanted):
            raise Pending
        self.used.update(zip(wanted, snapshots, strict=True))
        return snapshots

    def is_pending(self) -> bool:
        """Whether a query of the view has never been answered and may be under way."""
        return any(self._results[query] is None for query in self._needed if query not in self.used)

    def failures(self) -> list[GridError]:
        """Return the errors of the view's queries that have never been answered."""
        results = (self._results[query] for query in self._needed)
        return [result for result in results if isinstance(result, GridError)]

    def progress(self) -> list[Progress]:
        """Return the progress of the fetches that the view waits for."""
        found = (self.connection.progress(query, clear=self.clear) for query in self._needed if query not in self.used)
        return [one for one in found if one is not None]

    def newest(self) -> list[Snapshot]:
        """Return the drawn snapshots with what has become known of them since."""
        return [self.connection.peek(query, clear=self.clear) or drawn for query, drawn in self.used.items()]

    def window(self) -> Window:
        """Return the 24 hours that the answers loaded so far cover, those up to the present without any."""
        now = max(map(now_of, self.used.values()), default=pd.Timestamp.now("UTC"))
        return Window(now - DAY, now)

    def has_changed(self, refresh: float | None) -> bool:
        """Whether the view would be drawn differently now; starts fetches that are due."""
        for query in self._needed:
            drawn, before = self.used.get(query), self._results[query]
            try:
                newest = self.connection.ask(query, ttl=ttl(refresh), clear=self.clear)
            except GridError as error:
                if drawn is not None or not isinstance(before, GridError) or str(error) != str(before):
                    return True
                continue
            if drawn is None or (newest is not None and _drawn_parts(newest) != _drawn_parts(drawn)):
                return True
        return False

    def retry_now(self) -> None:
        """Let failed queries of the view be fetched again at once, except where the API named a time to wait."""
        for query in self._needed:
            self.connection.retry_now(query, clear=self.clear)

    def _ask(self, queries: Iterable[Query], refresh: float | None) -> None:
        for query in queries:
            try:
                self._results[query] = self.connection.ask(query, ttl=ttl(refresh), clear=self.clear)
            except GridError as error:
                self._results[query] = error.copy()


def prefetch(scope: Mapping[str, str], tenant_name: str | None = None) -> None:
    """Start to fetch what a view of this scope needs, where nothing has been fetched yet. Called in any thread.

    Every request for a page can name any scope, so only the whole tenant and queries that a viewer already watches are
    fetched.
    """
    with contextlib.suppress(GridError):
        name = tenant_name if tenant_name in tenant.listed() else tenant.listed()[0]
        # Connections to the same address share their snapshots; `st.connection` works only in a run of the script.
        connection = GridConnection(name, **tenant.address(name))
        for query in dict.fromkeys(queries_of(scope)):
            if query in (SessionsQuery(), EventsQuery()) or connection.is_in_demand(query):
                # An infinite ttl doesn't count as watching, so nothing is renewed for a page that was only opened.
                connection.ask(query, ttl=math.inf)


def queries_of(scope: Mapping[str, str]) -> list[Query]:
    """Return the queries that every view needs: the filters' options are those of the whole tenant."""
    return [SessionsQuery(), SessionsQuery(**scope), EventsQuery(**scope)]


def ttl(refresh: float | None) -> float:
    """Return the age in seconds after which an answer is out of date: infinity while paused."""
    return math.inf if refresh is None else refresh


def now_of(answer: Snapshot) -> pd.Timestamp:
    """Return the end of the 24 hours that an answer covers, by the API's clock.

    It moves on by `STEP` while the API returns nothing new.
    """
    return pd.Timestamp(answer.api_changed_at + STEP * _steps(answer))


def seconds_until(moment: datetime) -> float:
    """Return the seconds from now to a moment, negative when it has passed."""
    return (moment - datetime.now(UTC)).total_seconds()


def _steps(answer: Snapshot) -> int:
    return max(0, (answer.api_time - answer.api_changed_at) // STEP)


def _drawn_parts(answer: Snapshot) -> tuple[Any, ...]:
    """Return what a view shows of an answer, besides its age."""
    return answer.version, _steps(answer), str(answer.error)
