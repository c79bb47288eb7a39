"""The client: one method per endpoint, each answering with a DataFrame."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Final, Self

import pandas as pd

from gridrt_client._memory_budget import Budget
from gridrt_client.decoding.decoder import decode
from gridrt_client.errors import GridError
from gridrt_client.queries import EventsQuery, LatestEventsQuery, Query, SessionsQuery
from gridrt_client.settings import Settings
from gridrt_client.transport import Progress, Transport

_log = logging.getLogger(__name__)

DECODED_TOGETHER: Final = 512 << 20
"""So many bytes of answers are decoded at the same time in this process, or one answer: each takes memory for it."""
_decoding = Budget()


class RealtimeClient:
    """The real-time reports API of one tenant.

    Every method makes one call and returns one row per record of the past 24 hours in the order received, with the
    columns and dtypes of `schema` whether there are records or not. Filters are exact matches; None is no filter.

    Each frame says in ``frame.attrs["report"]`` what was left out and why (`DecodeReport`), in
    ``frame.attrs["answered_at"]`` when the API answered by this computer's clock (UTC, ISO 8601), and in
    ``frame.attrs["api_time"]`` when that was by the API's own clock, which the past 24 hours are counted by: the same
    where both clocks agree.

    May be used by several threads at once. ``with RealtimeClient(...) as client:`` closes its connections at the end.

    Raises
    ------
    GridError
        From every method, when there is no answer; see `errors` for the tree.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._transport = Transport(settings)

    @classmethod
    def from_env(cls, **arguments: Any) -> Self:
        """A client from environment variables, where `arguments`, by the names of `Settings`, win."""
        return cls(Settings.load(**arguments))

    def sessions(
        self, *, installationId: str | None = None, spaceId: str | None = None, deviceId: str | None = None
    ) -> pd.DataFrame:
        """The sessions of the past 24 hours; columns `schema.SESSION`."""
        return self.fetch(SessionsQuery(installationId=installationId, spaceId=spaceId, deviceId=deviceId))

    def events(
        self,
        *,
        installationId: str | None = None,
        spaceId: str | None = None,
        deviceId: str | None = None,
        eventType: str | None = None,
        interactionType: str = "all",
    ) -> pd.DataFrame:
        """The events of the past 24 hours; columns `schema.EVENT`.

        An event names no space, installation or device: those filters go through its session.
        """
        return self.fetch(
            EventsQuery(
                installationId=installationId,
                spaceId=spaceId,
                deviceId=deviceId,
                eventType=eventType,
                interactionType=interactionType,
            )
        )

    def latest_events(
        self,
        distinctColumns: Iterable[str],
        *,
        installationId: str | None = None,
        spaceId: str | None = None,
        deviceId: str | None = None,
        eventType: str | None = None,
        interactionType: str = "all",
    ) -> pd.DataFrame:
        """The newest event for each distinct combination of columns; columns `schema.LATEST_EVENT`.

        `distinctColumns` is one or more of `schema.DISTINCT_COLUMNS`.
        """
        columns = distinctColumns.split(",") if isinstance(distinctColumns, str) else distinctColumns
        return self.fetch(
            LatestEventsQuery(
                distinctColumns=tuple(columns),
                installationId=installationId,
                spaceId=spaceId,
                deviceId=deviceId,
                eventType=eventType,
                interactionType=interactionType,
            )
        )

    def fetch(self, query: Query, on_progress: Progress | None = None) -> pd.DataFrame:
        """The answer to a query, as the method of its endpoint gives it.

        ``on_progress(received_bytes, announced_bytes)`` is called in this thread while the answer arrives, at most ten
        times a second and at its end; the second is None when the length isn't known. After a try that failed it
        begins again.
        """
        params = query.to_params(self.settings.distinct_columns_style)
        started = time.monotonic()
        outcome = self._fetched(query, params, on_progress)
        # Raised here and without its traceback: the frames below hold the token and the whole answer.
        if isinstance(outcome, GridError):
            outcome.endpoint = query.words
            took = time.monotonic() - started
            tries = f"{outcome.tries} {'try' if outcome.tries == 1 else 'tries'}"
            _log.warning("The request for %s failed after %.1f s and %s: %s", query.words, took, tries, outcome.message)
            raise outcome
        return outcome

    def _fetched(
        self, query: Query, params: Sequence[tuple[str, str]], on_progress: Progress | None
    ) -> pd.DataFrame | GridError:
        try:
            answer = self._transport.get(query.path, params, on_progress)
        except GridError as error:
            return error.again()
        started = time.monotonic()
        try:
            with answer.body as body, _decoding.waiting(body.size, DECODED_TOGETHER):
                frame = decode(body.content, query.schema, hide=self.settings.access_token)
        except GridError as error:
            failed = error.again()
            failed.tries = answer.tries
            return failed
        frame.attrs["answered_at"] = answer.answered_at.isoformat()
        frame.attrs["api_time"] = answer.api_time.isoformat()
        took = time.monotonic() - started
        _log.info("%s: %d records, decoded in %.2f s", query.schema.name, len(frame), took)
        return frame

    def close(self) -> None:
        """Close idle connections. The client stays usable."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.settings.base_url!r}, tenant_id={self.settings.tenant_id!r})"
