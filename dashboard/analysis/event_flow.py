"""The flow of events: which event follows which in the first steps of sessions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dashboard.analysis.database import Database
from dashboard.analysis.event_filter import EVERYTHING, EventFilter
from dashboard.analysis.histogram import MISSING, free_label
from dashboard.analysis.people_events import rows

DEPTHS: Final = (2, 3, 4, 5, 6)
MOST_TYPES: Final = 12

# `newest` falls with time: the events with the greatest are a session's first, and one more than the depth tells
# whether it goes on.
STEPS: Final = """
    with paths as materialized (
        select max_by(coalesce(eventType, $missing), newest, {depth} + 1) as path
        from events where {people} group by visitor),
    steps as (select path, unnest(range(1, least(len(path), {depth}) + 1)) as step from paths)
    select step, path[step] as eventType, case when step < {depth} then path[step + 1] end as next,
        len(path) > step as goes_on, count(*)
    from steps group by all
"""


@dataclass(frozen=True)
class FlowNode:
    """The sessions whose event at a step, counted from 1, is of one type.

    ``eventType`` is None for the rest, the types that aren't among the most common ones of the step. ``ended``: the
    sessions that have no further event. At the last step ``went_on`` are those that have more; at the others it is the
    sum of the links from here. ``sessions`` = ``ended`` + ``went_on``.
    """

    step: int
    eventType: str | None
    sessions: int
    ended: int
    went_on: int


@dataclass(frozen=True)
class FlowLink:
    """The sessions that go from a node of ``step`` to one of the next step; None as in `FlowNode`."""

    step: int
    source: str | None
    target: str | None
    sessions: int


@dataclass(frozen=True)
class EventFlow:
    """Nodes by step, most sessions first, the rest last; links in the order of their nodes.

    The links to a node add up to its sessions. ``sessions`` is the number of all; ``missing`` names the events without
    a type.
    """

    nodes: tuple[FlowNode, ...]
    links: tuple[FlowLink, ...]
    sessions: int
    missing: str


def event_flow(database: Database, depth: int, top: int, chosen: EventFilter = EVERYTHING) -> EventFlow:
    """Return the flow through the first ``depth`` events of each session that a person may have done.

    Parameters
    ----------
    depth
        One of `DEPTHS`; ValueError for another.
    top
        How many types each step names, 1 to `MOST_TYPES`: those with the most sessions, then by name.
    """
    if depth not in DEPTHS or not 1 <= top <= MOST_TYPES:
        raise ValueError(f"A flow has {DEPTHS[0]} to {DEPTHS[-1]} steps and names 1 to {MOST_TYPES} types.")
    missing = free_label(MISSING, (name for (name,) in database.rows(TYPES) if name is not None))
    found = rows(database, chosen, STEPS.replace("{depth}", str(depth)), missing=missing)

    totals: Counter[tuple[int, str]] = Counter()
    for step, eventType, _, _, number in found:
        totals[step, eventType] += number
    named = {step: _most_common(totals, step, top) for step in range(1, depth + 1)}

    sessions: Counter[tuple[int, str | None]] = Counter()
    ended: Counter[tuple[int, str | None]] = Counter()
    links: Counter[tuple[int, str | None, str | None]] = Counter()
    for step, eventType, following, goes_on, number in found:
        source = eventType if eventType in named[step] else None
        sessions[step, source] += number
        if not goes_on:
            ended[step, source] += number
        elif step < depth:
            links[step, source, following if following in named[step + 1] else None] += number
    nodes = [
        FlowNode(step, name, number, ended[step, name], number - ended[step, name])
        for step in range(1, depth + 1)
        for name in (*named[step], None)
        if (number := sessions[step, name])
    ]
    place = {(node.step, node.eventType): rank for rank, node in enumerate(nodes)}
    ordered = sorted(links, key=lambda link: (place[link[0], link[1]], place[link[0] + 1, link[2]]))
    return EventFlow(
        tuple(nodes),
        tuple(FlowLink(*link, links[link]) for link in ordered),
        sum(node.sessions for node in nodes if node.step == 1),
        missing,
    )


TYPES: Final = "select distinct eventType from events"


def _most_common(totals: Counter[tuple[int, str]], step: int, top: int) -> list[str]:
    names: Iterable[str] = (name for place, name in totals if place == step)
    return sorted(names, key=lambda name: (-totals[step, name], name))[:top]
