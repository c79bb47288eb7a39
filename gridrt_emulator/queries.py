"""Validation of the query parameters of the three endpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gridrt_emulator.rows import DISTINCT_COLUMNS

ENDPOINTS = ("session", "event", "latest-event")
INTERACTION_TYPES = ("interactive", "nonInteractive", "all")
_IDS = ("installationId", "spaceId", "deviceId")
_PARAMETERS = {
    "session": _IDS,
    "event": (*_IDS, "eventType", "interactionType"),
    "latest-event": (*_IDS, "eventType", "interactionType", "distinctColumns"),
}


class BadQueryError(ValueError):
    """The query violates the contract; the message is for the caller."""


@dataclass(frozen=True, slots=True)
class Query:
    """A validated query; None for a filter that is not set. ``interaction``: True, False or None for all."""

    installationId: str | None = None
    spaceId: str | None = None
    deviceId: str | None = None
    eventType: str | None = None
    interaction: bool | None = None
    distinctColumns: tuple[str, ...] = ()

    @property
    def by_place(self) -> bool:
        """Return whether the query filters by an id of a place."""
        return self.installationId is not None or self.spaceId is not None or self.deviceId is not None

    def matches_place(self, spaceId: str | None, installationId: str | None, deviceId: str | None) -> bool:
        """Return whether the query matches records of a place."""
        return (
            (self.spaceId is None or self.spaceId == spaceId)
            and (self.installationId is None or self.installationId == installationId)
            and (self.deviceId is None or self.deviceId == deviceId)
        )


def read_query(endpoint: str, parameters: Sequence[tuple[str, str]]) -> Query:
    """Return the query of decoded parameters in their order; raise BadQueryError with a reason."""
    allowed = _PARAMETERS[endpoint]
    values: dict[str, list[str]] = {}
    for name, value in parameters:
        if name not in allowed:
            raise BadQueryError(f"Unknown parameter {name!r}. {endpoint} takes: {', '.join(allowed)}.")
        if not value:
            raise BadQueryError(f"Parameter {name!r} is empty. Leave it out instead.")
        values.setdefault(name, []).append(value)
    for name, given in values.items():
        if len(given) > 1 and name != "distinctColumns":
            raise BadQueryError(f"Parameter {name!r} was given {len(given)} times.")
    single = {name: given[0] for name, given in values.items()}
    interactionType = single.get("interactionType", "all")
    if interactionType not in INTERACTION_TYPES:
        raise BadQueryError(f"interactionType {interactionType!r} is not one of {', '.join(INTERACTION_TYPES)}.")
    return Query(
        installationId=single.get("installationId"),
        spaceId=single.get("spaceId"),
        deviceId=single.get("deviceId"),
        eventType=single.get("eventType"),
        interaction={"interactive": True, "nonInteractive": False, "all": None}[interactionType],
        distinctColumns=_distinct(values.get("distinctColumns", [])) if endpoint == "latest-event" else (),
    )


def _distinct(given: list[str]) -> tuple[str, ...]:
    """Return the columns, given comma-separated, repeated, or both."""
    columns = [column for value in given for column in value.split(",")]
    if not columns:
        raise BadQueryError(f"distinctColumns is required: one or more of {', '.join(DISTINCT_COLUMNS)}.")
    for column in columns:
        if column not in DISTINCT_COLUMNS:
            raise BadQueryError(f"distinctColumns {column!r} is not one of {', '.join(DISTINCT_COLUMNS)}.")
        if columns.count(column) > 1:
            raise BadQueryError(f"distinctColumns names {column!r} more than once.")
    return tuple(columns)
