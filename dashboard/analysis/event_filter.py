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
        The ``eventTime`` of events, both ends included; undated events are in none.
    created
        The same of the ``sessionCreated`` of sessions. It says nothing about events.
    """

    eventType: str | None = None
    interactionType: str = "all"
    scope: tuple[tuple[str, str], ...] = ()
    span: Window | None = None
    created: Window | None = None

    def apply(self, statement: str) -> str:
        """Return the statement with this filter's conditions in place of ``{events}`` and ``{sessions}``."""
        events = [*self._own_conditions(), *self._scope_conditions()]
        sessions = list(self._scope_conditions())
        if any(self._own_conditions()):
            sessions.append(_WITH_SUCH_AN_EVENT.format(events=_all(events)))
        if self.created is not None:
            sessions.append("sessionCreated between $created_start and $created_end")
        return statement.format(events=_all(events), sessions=_all(sessions))

    @property
    def parameters(self) -> dict[str, Any]:
        """The values that the conditions of `apply` refer to."""
        return {
            "eventType": self.eventType,
            "interaction": _INTERACTION.get(self.interactionType),
            **{f"scope_{name}": value for name, value in self.scope},
            **_ends("span", self.span),
            **_ends("created", self.created),
        }

    def _own_conditions(self) -> Iterator[str]:
        if self.eventType is not None:
            yield "eventType = $eventType"
        if self.interactionType != "all":
            yield "interaction = $interaction"
        if self.span is not None:
            yield "eventTime between $span_start and $span_end"

    def _scope_conditions(self) -> Iterator[str]:
        chosen = dict(self.scope)
        return (f"{name} = $scope_{name}" for name in SCOPE if name in chosen)


def _ends(name: str, window: Window | None) -> dict[str, Any]:
    return {} if window is None else {f"{name}_start": window.start, f"{name}_end": window.end}


def _all(conditions: list[str]) -> str:
    return " and ".join(conditions) or "true"


EVERYTHING = EventFilter()
