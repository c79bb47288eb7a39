"""The client: one method per endpoint, each returning a DataFrame."""

import logging
import time
from collections.abc import Iterable
from typing import Any, Final, Self, Unpack

import pandas as pd

from gridrt_client import _memory_limit
from gridrt_client._resources import Closing, MemoryBudget
from gridrt_client.answer import Answer, OnProgress
from gridrt_client.decoding.decoder import decode
from gridrt_client.errors import GridError, OutOfMemoryError
from gridrt_client.personal_data import PersonalData, Pseudonyms
from gridrt_client.queries import EventFilters, EventsQuery, Query, ScopeFilters, SessionsQuery, latest_events_query
from gridrt_client.safe_text import format_bytes, one_line
from gridrt_client.settings import Settings
from gridrt_client.transport.transport import Transport

_log = logging.getLogger(__name__)

DECODED_TOGETHER: Final = 512 << 20  # bytes of answers, or one answer: decoding takes memory
_decoding = MemoryBudget()


class RealtimeClient(Closing):
    """The real-time reports API of one tenant. Thread-safe; a context manager that closes its connections.

    Every method makes one call and returns one row per record of the past 24 hours in the order received, with the
    columns and dtypes of `schema` and the attributes of `Answer.to_frame`, or raises a `GridError`. Filters are exact
    matches; None is no filter. The past 24 hours are counted by the API's clock.

    `personal_data` says whether personal data is returned as it came or as pseudonyms, see the module of that name.
    """

    def __init__(self, settings: Settings, *, personal_data: PersonalData = "clear") -> None:
        self.settings = settings
        self.personal_data = personal_data
        self._transport = Transport(settings)

    @classmethod
    def from_env(cls, *, personal_data: PersonalData = "clear", **arguments: Any) -> Self:
        """Return a client with settings from environment variables; `arguments` of `Settings` take precedence."""
        return cls(Settings.load(**arguments), personal_data=personal_data)

    def sessions(self, **filters: Unpack[ScopeFilters]) -> pd.DataFrame:
        """Return the sessions of the past 24 hours; columns `schema.SESSION`."""
        return self.fetch(SessionsQuery(**filters)).to_frame()

    def events(self, **filters: Unpack[EventFilters]) -> pd.DataFrame:
        """Return the events of the past 24 hours; columns `schema.EVENT`."""
        return self.fetch(EventsQuery(**filters)).to_frame()

    def latest_events(self, distinctColumns: Iterable[str], **filters: Unpack[EventFilters]) -> pd.DataFrame:
        """Return the newest event per combination of `schema.DISTINCT_COLUMNS`; columns `schema.LATEST_EVENT`."""
        return self.fetch(latest_events_query(distinctColumns, **filters)).to_frame()

    def fetch(
        self, query: Query, on_progress: OnProgress | None = None, *, personal_data: PersonalData | None = None
    ) -> Answer:
        """Return the answer to a query; `personal_data` is the client's own when None.

        `on_progress` is called in this thread while the answer arrives, see `Transport.get`.
        """
        started = time.monotonic()
        outcome, size, tries = self._fetch(query, on_progress, personal_data or self.personal_data)
        took = time.monotonic() - started
        facts = {
            "kind": "fetch",
            "tenant": self.settings.tenant_id,
            "endpoint": query.label,
            "scope": self._scope(query),
            "bytes": size,
            "seconds": round(took, 3),
            "tries": tries,
        }
        if isinstance(outcome, Answer):
            records = len(outcome.frame)
            text = "Fetched %s: %d records, %s in %.2f s"
            facts |= {"records": records, "outcome": "ok"}
            _log.info(text, query.label, records, format_bytes(size), took, extra=facts)
            return outcome
        # Raised here without its traceback, whose frames hold the token and the whole answer.
        outcome.endpoint = query.label
        text = f"The request for %s failed after %.1f s and %d {'try' if tries == 1 else 'tries'}: %s"
        facts |= {"records": 0, "outcome": type(outcome).__name__}
        _log.warning(text, query.label, took, tries, outcome.message, extra=facts)
        raise outcome

    def _scope(self, query: Query) -> dict[str, str]:
        """Return the filters of a query, for the log: values may come from a link."""
        hide = self.settings.access_token
        return {name: one_line(value, 100, hide) for name, value in query.to_params()}

    def _fetch(
        self, query: Query, on_progress: OnProgress | None, personal_data: PersonalData
    ) -> tuple[Answer | GridError, int, int]:
        """Return the outcome, the bytes of the body, unpacked, and the number of requests that were made."""
        params = query.to_params(self.settings.distinct_columns_style)
        tries, size = None, 0
        try:
            response = self._transport.get(query.path, params, on_progress)
            tries, size = response.tries, response.body.size
            clear = personal_data == "clear"
            pseudonyms = None if clear else Pseudonyms.of_day(self.settings, response.api_time)
            with response.body as body, _decoding.reserve(body.size, DECODED_TOGETHER):
                _memory_limit.require(body.size)
                frame, report = decode(
                    body.content, query.schema, hide=self.settings.access_token, pseudonyms=pseudonyms
                )
        except GridError as error:
            failure = error.copy()
            failure.tries = tries or failure.tries
            return failure, size, failure.tries
        except MemoryError:
            failure = OutOfMemoryError("There was too little memory to read the answer", tries=tries or 0)
            return failure, size, failure.tries
        return Answer(frame, report, response.answered_at, response.api_time), size, response.tries

    def close(self) -> None:
        """Close idle connections. The client stays usable."""
        self._transport.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.settings.base_url!r}, tenant_id={self.settings.tenant_id!r})"
