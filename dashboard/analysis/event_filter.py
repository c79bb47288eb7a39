"""Filters on joined events and sessions, as conditions of SQL statements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dashboard.filters import SCOPE, Window

_WITH_SUCH_AN_EVENT = "position in (select session from events where {events})"
_INTERACTION = {"interactive": True, "nonInteractive": False}


@dataclass(frozen=True)
class EventFilter:
    """Which of the joined events and sessions a statement is about.

    A statement names the filter where it applies: ``{events}`` stands for a condition on rows of ``events``,
    ``{sessions}`` for one on rows of ``sessions``. Values are bound parameters.

    Attributes
    ----------
    eventType
        Exact match; None for all.
    interactionType
        ``interactive``: ``interaction`` is true; ``nonInteractive``: it is false; ``all``: also where it is missing.
    scope
        Columns of `SCOPE` and the values that sessions and events must have in them.
    span
        Both ends included; undated events are in none.
    """

    eventType: str | None = None
    interactionType: str = "all"
    scope: tuple[tuple[str, str], ...] = ()
    span: Window | None = None

    def apply(self, statement: str) -> str:
        """Return the statement with this filter's conditions in place of ``{events}`` and ``{sessions}``."""
        events = [*self._own_conditions(), *self._scope_conditions()]
        sessions = list(self._scope_conditions())
        if any(self._own_conditions()):
            sessions.append(_WITH_SUCH_AN_EVENT.format(events=_all(events)))
        return statement.format(events=_all(events), sessions=_all(sessions))

    @property
    def parameters(self) -> dict[str, Any]:
        """The values that the conditions of `apply` refer to."""
        span = {} if self.span is None else {"start": self.span.start, "end": self.span.end}
        own = {"eventType": self.eventType, "interaction": _INTERACTION.get(self.interactionType)}
        return {**own, **span, **{f"scope_{name}": value for name, value in self.scope}}

    def _own_conditions(self) -> Iterator[str]:
        if self.eventType is not None:
            yield "eventType = $eventType"
        if self.interactionType != "all":
            yield "interaction = $interaction"
        if self.span is not None:
            yield "eventTime between $start and $end"

    def _scope_conditions(self) -> Iterator[str]:
        for name in SCOPE:
            if name in dict(self.scope):
                yield f"{name} = $scope_{name}"


def _all(conditions: list[str]) -> str:
    return " and ".join(conditions) or "true"


EVERYTHING = EventFilter()
