"""Filters on joined events and sessions, as conditions of SQL statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from dashboard.analysis.columns import Bools, exact_text, passing
from dashboard.filters import FIELDS, OF_EVENT, OF_SESSION, OF_VALUE, Condition, Window

_WITH_SUCH_AN_EVENT = "position in (select session from events where {events})"
_INTERACTION = {"interactive": True, "nonInteractive": False}


@dataclass(frozen=True)
class EventFilter:
    """Which of the joined events and sessions a statement is about.

    A statement names the filter where it applies: ``{events}`` stands for a condition on rows of ``events``,
    ``{sessions}`` for one on rows of ``sessions``. Values are bound parameters.

    Attributes
    ----------
    conditions
        On fields of `FIELDS`: exact matches; those on fields of sessions apply to sessions and to their events. A
        missing value is none of the included ones, and none of the excluded ones. With one on ``str1`` to ``int5`` no
        event matches that says a mood, age or gender: what is counted then could be that of a few persons.
    interactionType
        ``interactive``: ``interaction`` is true; ``nonInteractive``: it is false; ``all``: also where it is missing.
    span
        The ``eventTime`` of events, both ends included; undated events are in none.
    created
        The same of the ``sessionCreated`` of sessions. It says nothing about events.
    """

    conditions: tuple[Condition, ...] = ()
    interactionType: str = "all"
    span: Window | None = None
    created: Window | None = None

    def __post_init__(self) -> None:
        unknown = [one.field for one in self.conditions if one.field not in FIELDS]
        if unknown:
            raise ValueError(f"There is no filter on {unknown[0]!r}.")

    def apply(self, statement: str) -> str:
        """Return the statement with this filter's conditions in place of ``{events}`` and ``{sessions}``."""
        of_session = [*_matching(one for one in self.conditions if one.field in OF_SESSION)]
        of_event = [*self._of_events()]
        events, sessions = _all(of_event + of_session), list(of_session)
        if of_event:
            sessions.append(_WITH_SUCH_AN_EVENT.format(events=events))
        if self.created is not None:
            sessions.append("sessionCreated between $created_start and $created_end")
        return statement.format(events=events, sessions=_all(sessions))

    @property
    def parameters(self) -> dict[str, Any]:
        """The values that the conditions of `apply` refer to."""
        return {
            "interaction_type": _INTERACTION.get(self.interactionType),
            **{name: value for one in self.conditions for name, value in _parameters(one).items()},
            **_ends("span", self.span),
            **_ends("created", self.created),
        }

    def without_event_filters(self) -> EventFilter:
        """Return the filter without its conditions on events; the time range stays."""
        conditions = tuple(one for one in self.conditions if one.field in OF_SESSION)
        return replace(self, conditions=conditions, interactionType="all")

    def within(self, span: Window | None) -> EventFilter:
        """Return the filter with another time range of events."""
        return replace(self, span=span)

    def of_types(self, types: Collection[str]) -> EventFilter:
        """Return the filter that also lets only events of these types through; there has to be at least one."""
        known = next((one for one in self.conditions if one.field == "eventType"), Condition("eventType"))
        others = tuple(one for one in self.conditions if one.field != "eventType")
        # What both name; where that is nothing, the types are left out as well, so that nothing matches.
        both = tuple(name for name in types if not known.included or name in known.included)
        excluded = known.excluded if both else (*known.excluded, *types)
        return replace(self, conditions=(*others, Condition("eventType", both or tuple(types), excluded)))

    def _of_events(self) -> Iterator[str]:
        yield from _matching(one for one in self.conditions if one.field in OF_EVENT)
        if any(one.field in OF_VALUE for one in self.conditions):
            yield "not detected"
        if self.interactionType != "all":
            yield "interaction = $interaction_type"
        if self.span is not None:
            yield "eventTime between $span_start and $span_end"


def matching(column: pd.Series, condition: Condition) -> Bools:
    """Return where a column of a frame matches a condition on it."""

    def matches(value: object) -> bool:
        text = exact_text(value)
        return text not in condition.excluded and (not condition.included or text in condition.included)

    return passing(column, matches) | (column.isna().to_numpy() & (not condition.included))


def _matching(conditions: Iterable[Condition]) -> Iterator[str]:
    for one in conditions:
        names = [f"${name}" for name in _parameters(one)]
        included, excluded = names[: len(one.included)], names[len(one.included) :]
        if included:
            yield f"{one.field} in ({', '.join(included)})"
        if excluded:
            yield f"({one.field} in ({', '.join(excluded)})) is not true"


def _parameters(condition: Condition) -> dict[str, str]:
    """The bound values of a condition by name, the included ones first."""
    values = (*condition.included, *condition.excluded)
    return {f"{condition.field}_{place}": value for place, value in enumerate(values)}


def _ends(name: str, window: Window | None) -> dict[str, Any]:
    return {} if window is None else {f"{name}_start": window.start, f"{name}_end": window.end}


def _all(conditions: list[str]) -> str:
    return " and ".join(conditions) or "true"


EVERYTHING = EventFilter()
