"""The queries of the API: one frozen, validated class per endpoint.

Parameters that are not set are not sent, and `interactionType` only when it is not the API's default, ``all``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import ClassVar, TypedDict, Unpack

from gridrt_client.errors import InvalidQueryError
from gridrt_client.safe_text import one_line
from gridrt_client.schema import DISTINCT_COLUMNS, EVENT, INTERACTION_TYPES, LATEST_EVENT, SESSION, Schema


class ScopeFilters(TypedDict, total=False):
    """The filters that every endpoint has; each is an exact match, None is no filter."""

    installationId: str | None
    spaceId: str | None
    deviceId: str | None


class EventFilters(ScopeFilters, total=False):
    """The filters of the endpoints for events."""

    eventType: str | None
    interactionType: str


@dataclass(frozen=True, kw_only=True)
class _ScopeQuery:
    """The filters that every endpoint has. Raise InvalidQueryError for a value that the API would refuse."""

    path: ClassVar[str]
    schema: ClassVar[Schema]
    label: ClassVar[str]  # the name of the records, for messages
    shareable: ClassVar[bool] = True  # whether other processes may read the answer, which Redis keeps for a while

    installationId: str | None = None
    spaceId: str | None = None
    deviceId: str | None = None

    def __post_init__(self) -> None:
        for name in ("installationId", "spaceId", "deviceId"):
            _check_text(name, getattr(self, name))

    def to_params(self, style: str = "comma") -> list[tuple[str, str]]:
        """Return names and values for the URL, not yet encoded.

        The API does not document how several `distinctColumns` are written: `style` is ``comma`` (one parameter) or
        ``repeated`` (one for each).
        """
        params: list[tuple[str, str]] = []
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, tuple):
                params += [(field.name, one) for one in (value if style == "repeated" else (",".join(value),))]
            elif value is not None and (field.name, value) != ("interactionType", "all"):
                params.append((field.name, value))
        return params


@dataclass(frozen=True, kw_only=True)
class SessionsQuery(_ScopeQuery):
    """The sessions of the past 24 hours."""

    path: ClassVar[str] = "/v2/realtime/session/tenants"
    schema: ClassVar[Schema] = SESSION
    label: ClassVar[str] = "sessions"


@dataclass(frozen=True, kw_only=True)
class EventsQuery(_ScopeQuery):
    """The events of the past 24 hours. Space, installation and device are those of the event's session."""

    path: ClassVar[str] = "/v2/realtime/event/tenants"
    schema: ClassVar[Schema] = EVENT
    label: ClassVar[str] = "events"

    eventType: str | None = None
    interactionType: str = "all"

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_text("eventType", self.eventType)
        if self.interactionType not in INTERACTION_TYPES:
            advice = f"Use one of {', '.join(INTERACTION_TYPES)}."
            raise InvalidQueryError(f"interactionType can't be {_shown(self.interactionType)}", advice=advice)


@dataclass(frozen=True, kw_only=True)
class LatestEventsQuery(EventsQuery):
    """The newest event per distinct combination of columns: a sequence of names, or one text with commas."""

    path: ClassVar[str] = "/v2/realtime/latest-event/tenants"
    schema: ClassVar[Schema] = LATEST_EVENT
    label: ClassVar[str] = "latest events"

    distinctColumns: tuple[str, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "distinctColumns", _columns(self.distinctColumns))


Query = SessionsQuery | EventsQuery | LatestEventsQuery


def latest_events_query(distinctColumns: Iterable[str], **filters: Unpack[EventFilters]) -> LatestEventsQuery:
    """Return a query for any iterable of column names, or one text with commas."""
    columns = distinctColumns.split(",") if isinstance(distinctColumns, str) else distinctColumns
    return LatestEventsQuery(distinctColumns=tuple(columns), **filters)


def scope_of(query: Query) -> Query:
    """Return the query that is sent for a query: for events without event type and interaction type.

    Latest events depend on the event type and may be older than 24 hours: their query is sent as it is.
    """
    return replace(query, eventType=None, interactionType="all") if type(query) is EventsQuery else query


def _columns(given: object) -> tuple[str, ...]:
    if isinstance(given, str):
        given = [name.strip() for name in given.split(",") if name.strip()]
    if not isinstance(given, (tuple, list, set, frozenset)):
        raise InvalidQueryError(f"distinctColumns can't be {_shown(given)}", advice="Give a list of column names.")
    names = sorted(given, key=str) if isinstance(given, (set, frozenset)) else list(given)
    for name in names:
        if name not in DISTINCT_COLUMNS:
            advice = f"Use {', '.join(DISTINCT_COLUMNS)}."
            raise InvalidQueryError(f"distinctColumns can't hold {_shown(name)}", advice=advice)
    if not names:
        raise InvalidQueryError("distinctColumns is empty", advice="Choose at least one column.")
    return tuple(dict.fromkeys(names))


def _check_text(name: str, value: object) -> None:
    if value is None:
        return
    if not isinstance(value, str):
        raise InvalidQueryError(f"{name} must be text, not {type(value).__name__}")
    if not value.strip():
        raise InvalidQueryError(f"{name} is empty", advice="Leave it out, or give a value.")
    if re.search("[\ud800-\udfff]", value):
        raise InvalidQueryError(f"{name} holds half a character (a lone surrogate), which no URL can carry")


def _shown(value: object) -> str:
    return f"“{one_line(value if isinstance(value, str) else type(value).__name__, 40)}”"
