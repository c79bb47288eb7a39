"""The funnel: how many sessions went through a list of event types in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter
from dashboard.analysis.people_events import rows

EXAMPLE: Final = ("CATEGORY_VIEW", "PRODUCT_VIEW", "CART_ADD", "CHECKOUT", "PURCHASE")
"""The vendor's example."""

MOST_STEPS: Final = 10

EVENTS = """
    steps as materialized (
        select visitor, spaceId, eventTime, list_position($steps, eventType) as step
        from events where list_contains($steps, eventType) and {people})
"""
FIRST = """
    reached_1 as (
        select visitor, any_value(spaceId) as spaceId, min(eventTime) as moment, null::timestamp as previous
        from steps where step = 1 group by visitor)
"""
NEXT = """
    reached_{step} as (
        select visitor, any_value(before.spaceId) as spaceId, min(eventTime) as moment, any_value(moment) as previous
        from steps join reached_{before} as before using (visitor)
        where step = {step} and eventTime >= moment group by visitor)
"""
REACHED = """
    select {step} as step, {space} as space, count(*), median(epoch_us(moment) - epoch_us(previous))
    from reached_{step} group by space
"""
OF_MACHINES = """
    select eventType, count(*) from events
    where list_contains($steps, eventType) and interaction = false and {events} group by eventType
"""


@dataclass(frozen=True)
class FunnelStep:
    """One step of a funnel.

    Attributes
    ----------
    eventType
        The type of event that makes the step.
    sessions
        The sessions that got here, in order.
    seconds
        The median time from the step before, over these sessions; None at the first step and where nobody got here.
    of_machines
        Events of the type that no person did; they take no part.
    """

    eventType: str
    sessions: int
    seconds: float | None
    of_machines: int


def funnel(database: Database, steps: Sequence[str], chosen: EventFilter = EVERYTHING) -> list[FunnelStep]:
    """Return how many sessions went through the steps in their order.

    A session is at the first step with its first event of that type, and at each further one with its first event of
    that type at or after the moment of the step before: other events may lie between, and events of one moment count as
    in order. Only events that a person may have done take part (`people_events.PEOPLE`).

    Parameters
    ----------
    steps
        At most `MOST_STEPS` different event types; ValueError otherwise.
    """
    found = {step: (sessions, median) for step, _, sessions, median in _reached(database, steps, chosen, "null")}
    of_machines = dict(rows(database, chosen, OF_MACHINES, steps=list(steps)))
    return [
        FunnelStep(eventType, *_numbers(found.get(place)), of_machines.get(eventType, 0))
        for place, eventType in enumerate(steps, start=1)
    ]


def funnel_by_space(database: Database, steps: Sequence[str], chosen: EventFilter = EVERYTHING) -> pd.DataFrame:
    """Return the sessions of `funnel` at each step by ``spaceId``.

    Columns: the steps; int64. Index ``spaceId`` (text), missing for sessions whose space isn't known; most sessions at
    the first step come first, then by name.
    """
    counts: dict[str | None, list[int]] = {}
    for step, space, sessions, _ in _reached(database, steps, chosen, "spaceId"):
        counts.setdefault(space, [0] * len(steps))[step - 1] = sessions
    ordered = sorted(counts, key=lambda space: (-counts[space][0], space is None, space or ""))
    index = pd.Index(ordered, dtype="str", name="spaceId")
    return pd.DataFrame([counts[space] for space in ordered], index=index, columns=list(steps), dtype="int64")


def _reached(database: Database, steps: Sequence[str], chosen: EventFilter, space: str) -> list[tuple[Any, ...]]:
    if not 0 < len(set(steps)) == len(steps) <= MOST_STEPS:
        raise ValueError(f"A funnel has 1 to {MOST_STEPS} different steps.")
    numbers = range(1, len(steps) + 1)
    parts = [EVENTS, FIRST, *(NEXT.replace("{step}", str(n)).replace("{before}", str(n - 1)) for n in numbers[1:])]
    counts = [REACHED.replace("{step}", str(n)).replace("{space}", space) for n in numbers]
    return rows(database, chosen, f"with {', '.join(parts)} {' union all '.join(counts)}", steps=list(steps))


def _numbers(found: tuple[int, float | None] | None) -> tuple[int, float | None]:
    if found is None:
        return 0, None
    sessions, median = found
    return sessions, None if median is None else median / 1_000_000
